package org.jarl.benchmarks;

import java.util.Locale;
import java.util.SplittableRandom;

/// What is timed: a forward pass whose result is read, a whole DQN update, or all that PPO learns
/// from a rollout.
///
/// A DQN update is the target network forward, the online network forward, the mean squared error,
/// the gradient and one step of Adam. PPO takes 16 such steps, on minibatches drawn from the
/// rollout. Inputs already lie in the engine's memory.
enum Workload {
  CNN_FORWARD_1(Network.NATURE_CNN, 1, Kind.FORWARD, 3.5),
  CNN_FORWARD_8(Network.NATURE_CNN, 8, Kind.FORWARD, 1.35),
  CNN_FORWARD_32(Network.NATURE_CNN, 32, Kind.FORWARD, 1.15),
  CNN_UPDATE_32(Network.NATURE_CNN, 32, Kind.UPDATE, 1.35),
  MLP_120_84_FORWARD_1(Network.MLP_120_84, 1, Kind.FORWARD, 20),
  MLP_120_84_UPDATE_128(Network.MLP_120_84, 128, Kind.UPDATE, 3),
  MLP_64_64_FORWARD_1(Network.MLP_64_64, 1, Kind.FORWARD, 20),
  MLP_64_64_UPDATE_128(Network.MLP_64_64, 128, Kind.UPDATE, 4),
  MLP_64_64_PPO_128(Network.MLP_64_64, 128, Kind.PPO, 0),
  CNN_PPO_256(Network.NATURE_CNN, 256, Kind.PPO, 0);

  /// Of Adam; small, so that rounding in near-zero gradients does not grow into the next losses.
  static final float LEARNING_RATE = 1e-4f;

  static final float EPSILON = 1e-5f;

  private static final long SEED = 20_260_101;

  private final Network network;
  private final int batch;
  private final Kind kind;
  private final double goal;

  Workload(Network network, int batch, Kind kind, double goal) {
    this.network = network;
    this.batch = batch;
    this.kind = kind;
    this.goal = goal;
  }

  /// What a call does.
  enum Kind {
    FORWARD("forward"),
    UPDATE("update"),
    PPO("PPO 16 x");

    private final String title;

    Kind(String title) {
      this.title = title;
    }
  }

  /// One batch of transitions in Jarl's order, images as `[N, H, W, C]`.
  ///
  /// @param observations `[N, observation]`
  /// @param actions `[N]`
  record Data(
      float[] observations,
      float[] nextObservations,
      int[] actions,
      float[] rewards,
      float[] discounts) {}

  /// Name on the command line.
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Name in the table.
  String title() {
    return network.title() + " " + kind.title + " " + batch;
  }

  Network network() {
    return network;
  }

  int batch() {
    return batch;
  }

  Kind kind() {
    return kind;
  }

  /// What PPO learns.
  ///
  /// @throws IllegalStateException if this is not about PPO
  PpoTask ppoTask() {
    return switch (this) {
      case MLP_64_64_PPO_128 -> PpoTask.cartPole(PpoTask.Effort.CLEAN_RL);
      case CNN_PPO_256 -> PpoTask.wallball(8, PpoTask.Effort.CLEAN_RL);
      default -> throw new IllegalStateException(this + " is no task of PPO");
    };
  }

  /// ND4J would need half a minute for one call of PPO.
  boolean runsOn(String engine) {
    return kind != Kind.PPO || !engine.equals("nd4j");
  }

  /// How many times as fast as libtorch we want to be, one thread each; 0 for no goal.
  double goal() {
    return goal;
  }

  long onlineSeed() {
    return SEED;
  }

  long targetSeed() {
    return SEED + 1;
  }

  /// The same numbers for every engine.
  Data data() {
    SplittableRandom random = new SplittableRandom(SEED + 2);
    int elements = batch * network.input().elements();
    int[] actions = new int[batch];
    float[] observations = Network.uniform(random, elements, 0, 1);
    float[] next = Network.uniform(random, elements, 0, 1);
    float[] rewards = Network.uniform(random, batch, -1, 1);
    float[] discounts = new float[batch];
    for (int i = 0; i < batch; i++) {
      actions[i] = random.nextInt(network.actions());
      discounts[i] = random.nextInt(10) == 0 ? 0 : 0.99f;
    }
    return new Data(observations, next, actions, rewards, discounts);
  }
}
