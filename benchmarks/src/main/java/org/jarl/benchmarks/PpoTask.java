package org.jarl.benchmarks;

import java.util.List;
import java.util.Map;
import org.jarl.agents.Ppo;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.nn.Initialization;

/// An environment and how PPO learns it: what a learner is compared on.
///
/// @param environment its id
/// @param options of the environment
/// @param count copies of the environment
record PpoTask(String environment, Map<String, Object> options, int count, Ppo.Config config) {
  private static final PolicyConfig.Noise GAUSSIAN = new PolicyConfig.Noise.Gaussian(0);
  private static final PolicyConfig.Memory NONE = new PolicyConfig.Memory.None();

  /// How much is learned from one rollout.
  ///
  /// @param horizon steps of each copy
  /// @param minibatches parts of the rollout
  /// @param epochs times that it is learned from
  /// @param learningRate of Adam
  record Effort(int horizon, int minibatches, int epochs, float learningRate) {
    /// Of CleanRL's `ppo.py` and `ppo_atari.py`.
    static final Effort CLEAN_RL = new Effort(128, 4, 4, 2.5e-4f);
  }

  /// CartPole with CleanRL's two networks of 64 and 64 units.
  static PpoTask cartPole(Effort effort) {
    return vector("classic/cartpole-v1", effort);
  }

  /// Pendulum, whose action is a number, with the same networks.
  static PpoTask pendulum(Effort effort) {
    return vector("classic/pendulum-v1", effort);
  }

  private static PpoTask vector(String environment, Effort effort) {
    var network = new NetworkConfig.Mlp(List.of(64, 64), NetworkConfig.Activation.TANH);
    return new PpoTask(environment, Map.of(), 4, config(effort, 0.2f, policy(network, false)));
  }

  /// Our own Atari cartridge with CleanRL's one network for policy and value.
  static PpoTask wallball(int count, Effort effort) {
    var network = new NetworkConfig.NatureCnn(List.of(512));
    Map<String, Object> options = Map.of("protocol", "cleanrl");
    return new PpoTask(
        "atari/wallball-v1", options, count, config(effort, 0.1f, policy(network, true)));
  }

  private static PolicyConfig policy(NetworkConfig network, boolean shared) {
    return new PolicyConfig(network, shared, Initialization.ORTHOGONAL, GAUSSIAN, NONE);
  }

  private static Ppo.Config config(Effort effort, float clipRange, PolicyConfig policy) {
    return new Ppo.Config(
        0.99f,
        0.95f,
        effort.horizon(),
        effort.minibatches(),
        effort.epochs(),
        new OptimizerConfig.Adam(new Schedule.Constant(effort.learningRate()), 1e-5f),
        new Schedule.Constant(clipRange),
        clipRange,
        true,
        0.01f,
        0.5f,
        0.5f,
        0,
        1,
        policy);
  }

  /// Steps of the optimizer on one rollout.
  int rounds() {
    return config.epochs() * config.minibatches();
  }

  /// Steps of a rollout of all copies.
  int steps() {
    return config.horizon() * count;
  }
}
