package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;

/// Proximal policy optimization with the clipped objective: Schulman et al. (2017), "Proximal
/// policy optimization algorithms", algorithm 1 and equations 7 and 9, with the details that Huang
/// et al. (2022), "The 37 implementation details of proximal policy optimization", found to matter.
///
/// Deviations from the paper, and from libraries:
/// - A step that was cut by a time limit bootstraps from its final observation, as in
///   Stable-Baselines3; CleanRL and baselines take it for an end of the task.
/// - The value loss is half the squared error, as in equation 9 of the paper's code and in CleanRL;
///   Stable-Baselines3 has no half, so its `vf_coef` of 0.5 is a `valueCoefficient` of 1 here.
/// - With `targetKl` a minibatch whose approximate divergence is beyond 1.5 times the target ends
///   the update before its step is taken, as in Stable-Baselines3.
/// - Policies with a memory learn from sequences whose first state is the one they had in the
///   rollout.
///
/// The learner's whole work for one rollout, all minibatches of all epochs, is one program.
///
/// Sizes: `N` copies, `T` steps of a rollout, `B = T N / minibatches` rows of a minibatch, `L`
/// steps of a sequence (1 without a memory).
public final class Ppo implements Agent {
  /// Divergence that ends an update, in units of the target (Stable-Baselines3).
  private static final float KL_SLACK = 1.5f;

  private final Config config;
  private final EnvironmentSpec spec;
  private final int count;
  private final int sequenceLength;
  final PolicyGradient learned;
  final Program learner;
  final Rollout rollout;
  private final float[] advantages;
  private final float[] returns;
  private final int[] sequences;
  private final RandomStream shuffling;
  private long agentSteps;
  private long updates;

  /// Settings of [Ppo]; the defaults are those of CleanRL's `ppo.py`.
  public record Config(
      @Setting(meaning = "discount per agent step", defaultValue = "0.99") float gamma,
      @Setting(
              meaning =
                  "weight of longer estimates of the advantage (Schulman et al. 2016); 1 trusts"
                      + " rewards only, 0 the next value only",
              defaultValue = "0.95")
          float lambda,
      @Setting(meaning = "steps of each copy between updates", defaultValue = "128") int horizon,
      @Setting(
              meaning = "parts that a rollout is learned in; must divide horizon x copies",
              defaultValue = "4")
          int minibatches,
      @Setting(meaning = "times that a rollout is learned from", defaultValue = "4") int epochs,
      @Setting(
              meaning = "adam or rmsprop; epsilon 1e-5 as in Huang et al. (2022), detail 3",
              defaultValue = "{type: adam, learningRate: 2.5e-4, epsilon: 1.0e-5}")
          OptimizerConfig optimizer,
      @Setting(
              meaning = "how far the ratio of new to old probability may leave 1, over agent steps",
              defaultValue = "{type: constant, value: 0.2}")
          Schedule clipRange,
      @Setting(
              meaning = "how far a value may leave the old one in its loss; 0 for no bound",
              defaultValue = "0.2")
          float valueClipRange,
      @Setting(
              meaning = "scale the advantages of a minibatch to mean 0 and deviation 1",
              defaultValue = "true")
          boolean normalizeAdvantages,
      @Setting(meaning = "weight of the entropy in the loss", defaultValue = "0.01")
          float entropyCoefficient,
      @Setting(
              meaning = "weight of half the squared error of values in the loss",
              defaultValue = "0.5")
          float valueCoefficient,
      @Setting(
              meaning = "norm that the whole gradient is scaled down to; 0 for none",
              defaultValue = "0.5")
          float maxGradientNorm,
      @Setting(
              meaning =
                  "an update ends when the approximate KL divergence from the policy that played is"
                      + " above 1.5 times this; 0 for never",
              defaultValue = "0")
          float targetKl,
      @Setting(
              meaning =
                  "steps of the sequences that a policy with a memory learns from; must divide"
                      + " horizon",
              defaultValue = "16")
          int sequenceLength,
      @Setting(meaning = "networks of policy and value", defaultValue = "{}") PolicyConfig policy)
      implements PolicyGradient.Config {
    public Config {
      Require.unitInterval("gamma", gamma);
      Require.unitInterval("lambda", lambda);
      Require.positive("horizon", horizon);
      Require.positive("minibatches", minibatches);
      Require.positive("epochs", epochs);
      Require.that(clipRange.least() >= 0, "clipRange", "0 or more", clipRange);
      Require.notNegative("valueClipRange", valueClipRange);
      Require.notNegative("entropyCoefficient", entropyCoefficient);
      Require.notNegative("valueCoefficient", valueCoefficient);
      Require.notNegative("maxGradientNorm", maxGradientNorm);
      Require.notNegative("targetKl", targetKl);
      Require.positive("sequenceLength", sequenceLength);
      Require.that(
          !policy.remembers() || horizon % sequenceLength == 0,
          "sequenceLength",
          "a divisor of horizon (" + horizon + ")",
          sequenceLength);
    }

    /// Steps of a sequence, `L`: 1 without a memory.
    int stepsOfSequence() {
      return policy.remembers() ? sequenceLength : 1;
    }

    @Override
    public void check(int count) {
      int parts = horizon / stepsOfSequence() * count;
      Require.that(
          parts % minibatches == 0,
          "minibatches",
          policy.remembers()
              ? "a divisor of the sequences of a rollout (horizon %d / sequenceLength %d x environment.count %d = %d)"
                  .formatted(horizon, sequenceLength, count, parts)
              : "a divisor of the steps of a rollout (horizon %d x environment.count %d = %d)"
                  .formatted(horizon, count, parts),
          minibatches);
      Require.that(
          !normalizeAdvantages || horizon * count / minibatches > 1,
          "minibatches",
          "so few that each has 2 steps at least, where normalizeAdvantages is true",
          minibatches);
    }

    @Override
    public Agent create(EnvironmentSpec spec, int count, Engine engine, long seed) {
      return new Ppo(this, spec, count, engine, seed);
    }
  }

  /// A new agent; see [Config#create].
  public Ppo(Config config, EnvironmentSpec spec, int count, Engine engine, long seed) {
    config.check(count);
    this.config = config;
    this.spec = spec;
    this.count = count;
    sequenceLength = config.stepsOfSequence();
    learned = new PolicyGradient("ppo", config, spec, count, engine, seed);
    learner =
        engine.compile("ppo.learn", config.epochs() * config.minibatches(), this::learnMinibatch);
    rollout = new Rollout(learner, spec, learned.actor, config.horizon(), count, sequenceLength);
    advantages = new float[steps()];
    returns = new float[steps()];
    sequences = new int[steps() / sequenceLength];
    shuffling = RandomStream.of(seed, "ppo/minibatches");
  }

  /// Steps of a rollout of all copies, `T N`.
  private int steps() {
    return config.horizon() * count;
  }

  @Override
  public void train(Run run) {
    do {
      float learningRate = config.optimizer().learningRate().at(agentSteps);
      float clipRange = config.clipRange().at(agentSteps);
      rollout.collect(run.environment(), agentSteps / count);
      agentSteps += steps();
      rollout.advantages(config.gamma(), config.lambda(), advantages, returns);
      learn(learningRate, clipRange);
      report(run);
    } while (run.proceed());
  }

  /// All epochs over one rollout.
  private void learn(float learningRate, float clipRange) {
    Rollout.write(rollout.logProbabilities, learner.input("logProbabilities"));
    Rollout.write(rollout.values(), learner.input("values"));
    Rollout.write(advantages, learner.input("advantages"));
    Rollout.write(returns, learner.input("returns"));
    learner.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
    learner.input("clipRange").set(ValueLayout.JAVA_FLOAT, 0, clipRange);
    deal();
    learner.run();
    updates += learner.rounds();
    checkLosses();
  }

  /// Deals the sequences of the rollout to the minibatches of every epoch anew.
  private void deal() {
    MemorySegment rows = learner.input("rows");
    MemorySegment chosen =
        config.policy().remembers() ? learner.input("sequences") : MemorySegment.NULL;
    int perMinibatch = sequences.length / config.minibatches();
    long row = 0;
    for (int epoch = 0; epoch < config.epochs(); epoch++) {
      shuffle();
      for (int first = 0; first < sequences.length; first += perMinibatch) {
        for (int step = 0; step < sequenceLength; step++) {
          for (int s = first; s < first + perMinibatch; s++) {
            rows.setAtIndex(ValueLayout.JAVA_INT, row++, row(sequences[s], step));
          }
        }
      }
      if (chosen.byteSize() > 0) {
        int at = epoch * sequences.length;
        MemorySegment.copy(sequences, 0, chosen, ValueLayout.JAVA_INT, 4L * at, sequences.length);
      }
    }
  }

  /// All sequences in a new order, built from the inside out (Durstenfeld 1964).
  private void shuffle() {
    for (int i = 0; i < sequences.length; i++) {
      int j = shuffling.nextInt(i + 1);
      sequences[i] = sequences[j];
      sequences[j] = i;
    }
  }

  /// Row of a rollout that holds step `step` of sequence `sequence`, where sequence `k N + i` is
  /// the `k`-th of copy `i`.
  private int row(int sequence, int step) {
    int part = sequence / count;
    int copy = sequence % count;
    return (part * sequenceLength + step) * count + copy;
  }

  /// One step of the optimizer on one minibatch.
  void learnMinibatch(Graph graph) {
    int size = steps() / config.minibatches();
    Tensor rows = graph.inputOfRound("rows", DType.I32, size);
    Tensor chosen =
        config.policy().remembers()
            ? graph.inputOfRound("sequences", DType.I32, size / sequenceLength)
            : null;
    Rollout.Batch batch =
        Rollout.Batch.input(graph, spec, learned.network, config.horizon(), count, sequenceLength)
            .take(rows, chosen);
    Tensor oldLogProbabilities = graph.input("logProbabilities", steps()).takeRows(rows);
    Tensor oldValues = graph.input("values", steps()).takeRows(rows);
    Tensor advantage = graph.input("advantages", steps()).takeRows(rows);
    if (config.normalizeAdvantages()) {
      advantage = Advantages.normalized(advantage);
    }
    Tensor target = graph.input("returns", steps()).takeRows(rows);
    Tensor clipRange = graph.input("clipRange");

    ActorCritic.Output now =
        learned.network.apply(batch.observations(), batch.legal(), batch.past());
    Tensor logRatio = now.actions().logProbability(batch.actions()).minus(oldLogProbabilities);
    Tensor ratio = logRatio.exp(); //                                        r(theta), equation 6
    Tensor policyLoss = policyLoss(ratio, advantage, clipRange);
    Tensor valueLoss = valueLoss(now.values(), oldValues, target);
    Tensor entropy = now.actions().entropy().mean();
    Tensor loss = //                                                         equation 9, negated
        policyLoss
            .plus(valueLoss.times(config.valueCoefficient()))
            .minus(entropy.times(config.entropyCoefficient()));
    Tensor kl = ratio.minus(1).minus(logRatio).mean(); //                    Schulman (2020), k3
    if (config.targetKl() > 0) {
      graph.stopWhen(kl.minus(KL_SLACK * config.targetKl()));
    }
    graph.output("loss", learned.optimizer.minimize(loss, graph.input("learningRate")));
    graph.output("policyLoss", policyLoss);
    graph.output("valueLoss", valueLoss);
    graph.output("entropy", entropy);
    graph.output("kl", kl);
    graph.output("clipFraction", clipRange.less(ratio.minus(1).abs()).mean());
  }

  /// `-E[min(r A, clip(r, 1 - c, 1 + c) A)]`, equation 7.
  static Tensor policyLoss(Tensor ratio, Tensor advantage, Tensor clipRange) {
    Tensor one = ratio.graph().constant(1);
    Tensor clipped = ratio.maximum(one.minus(clipRange)).minimum(one.plus(clipRange));
    return ratio.times(advantage).minimum(clipped.times(advantage)).mean().negate();
  }

  /// Half the squared error, of a value kept near the old one where that is worse (Huang et al.
  /// 2022, detail 9).
  private Tensor valueLoss(Tensor value, Tensor oldValue, Tensor target) {
    Tensor error = value.minus(target).square();
    if (config.valueClipRange() > 0) {
      float range = config.valueClipRange();
      Tensor clipped = oldValue.plus(value.minus(oldValue).clip(-range, range));
      error = error.maximum(clipped.minus(target).square());
    }
    return error.mean().times(0.5f);
  }

  private void checkLosses() {
    MemorySegment losses = learner.output("loss");
    for (int round = 0; round < learner.rounds(); round++) {
      long update = updates - learner.rounds() + round + 1;
      float loss = losses.getAtIndex(ValueLayout.JAVA_FLOAT, round);
      DivergedException.check("ppo", update, loss, learned.parameters);
    }
  }

  private void report(Run run) {
    if (!run.wantsMetrics()) {
      return;
    }
    for (String name : List.of("policyLoss", "valueLoss", "entropy", "kl", "clipFraction")) {
      run.metric("ppo/" + name, meanOfRounds(name));
    }
    run.metric("ppo/rounds", learner.rounds());
    double explained = rollout.explainedVariance(returns);
    if (Double.isFinite(explained)) {
      run.metric("ppo/explainedVariance", explained);
    }
    run.metric("ppo/learningRate", config.optimizer().learningRate().at(agentSteps - steps()));
  }

  private double meanOfRounds(String output) {
    MemorySegment values = learner.output(output);
    int rounds = Math.max(1, learner.rounds());
    double sum = 0;
    for (int round = 0; round < rounds; round++) {
      sum += values.getAtIndex(ValueLayout.JAVA_FLOAT, round);
    }
    return sum / rounds;
  }

  @Override
  public long agentSteps() {
    return agentSteps;
  }

  @Override
  public long updates() {
    return updates;
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return learned.policy(copies, choice);
  }

  @Override
  public void saveWeights(Path file) {
    learned.saveWeights(file);
  }

  /// Writes the state.
  ///
  /// @throws DivergedException if a parameter is not finite
  @Override
  public void save(StateWriter to) {
    DivergedException.check("ppo", updates, learned.parameters);
    to.section("ppo");
    to.putLong(agentSteps);
    to.putLong(updates);
    shuffling.save(to);
    learned.save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("ppo");
    agentSteps = from.getLong();
    updates = from.getLong();
    shuffling.load(from);
    learned.load(from);
  }

  @Override
  public long offHeapBytes() {
    return (long) steps() * spec.observationSpace().bytes() + learned.bytes();
  }

  @Override
  public void close() {
    learned.close();
    learner.close();
  }
}
