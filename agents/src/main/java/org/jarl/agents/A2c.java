package org.jarl.agents;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;

/// Advantage actor-critic: Mnih et al. (2016), "Asynchronous methods for deep reinforcement
/// learning", algorithm S3, with copies that step together instead of threads that race (A2C).
///
/// Deviations from the paper:
/// - Advantages are generalized estimates (Schulman et al. 2016); `lambda` 1, the default, gives
///   the paper's n-step ones.
/// - One gradient of all copies is a mean over their steps, not a sum.
/// - A step that was cut by a time limit bootstraps from its final observation.
///
/// Sizes: `N` copies, `T` steps of a rollout.
public final class A2c implements Agent {
  private final Config config;
  private final EnvironmentSpec spec;
  private final int count;
  final PolicyGradient learned;
  final Program learner;
  final Rollout rollout;
  private final float[] advantages;
  private final float[] returns;
  private long agentSteps;
  private long updates;

  /// Settings of [A2c]; the defaults are those of Stable-Baselines3's `A2C`.
  public record Config(
      @Setting(meaning = "discount per agent step", defaultValue = "0.99") float gamma,
      @Setting(
              meaning = "weight of longer estimates of the advantage; 1 as in Mnih et al. (2016)",
              defaultValue = "1.0")
          float lambda,
      @Setting(meaning = "steps of each copy between updates", defaultValue = "5") int horizon,
      @Setting(
              meaning = "rmsprop as in Mnih et al. (2016), or adam",
              defaultValue =
                  "{type: rmsprop, learningRate: 7.0e-4, decay: 0.99, epsilon: 1.0e-5, centered:"
                      + " false}")
          OptimizerConfig optimizer,
      @Setting(
              meaning = "scale the advantages of a rollout to mean 0 and deviation 1",
              defaultValue = "false")
          boolean normalizeAdvantages,
      @Setting(meaning = "weight of the entropy in the loss", defaultValue = "0.0")
          float entropyCoefficient,
      @Setting(
              meaning = "weight of half the squared error of values in the loss",
              defaultValue = "1.0")
          float valueCoefficient,
      @Setting(
              meaning = "norm that the whole gradient is scaled down to; 0 for none",
              defaultValue = "0.5")
          float maxGradientNorm,
      @Setting(
              meaning =
                  "networks of policy and value; a memory learns from sequences of horizon steps",
              defaultValue = "{}")
          PolicyConfig policy)
      implements PolicyGradient.Config {
    public Config {
      Require.unitInterval("gamma", gamma);
      Require.unitInterval("lambda", lambda);
      Require.positive("horizon", horizon);
      Require.notNegative("entropyCoefficient", entropyCoefficient);
      Require.notNegative("valueCoefficient", valueCoefficient);
      Require.notNegative("maxGradientNorm", maxGradientNorm);
    }

    @Override
    public void check(int count) {
      Require.that(
          !normalizeAdvantages || horizon * count > 1,
          "horizon",
          "so great that a rollout has 2 steps at least, where normalizeAdvantages is true",
          horizon);
    }

    @Override
    public Agent create(EnvironmentSpec spec, int count, Engine engine, long seed) {
      return new A2c(this, spec, count, engine, seed);
    }
  }

  /// A new agent; see [Config#create].
  public A2c(Config config, EnvironmentSpec spec, int count, Engine engine, long seed) {
    config.check(count);
    this.config = config;
    this.spec = spec;
    this.count = count;
    learned = new PolicyGradient("a2c", config, spec, count, engine, seed);
    learner = engine.compile("a2c.learn", this::learn);
    rollout = new Rollout(learner, spec, learned.actor, config.horizon(), count, config.horizon());
    advantages = new float[steps()];
    returns = new float[steps()];
  }

  /// Steps of a rollout of all copies, `T N`.
  private int steps() {
    return config.horizon() * count;
  }

  @Override
  public void train(Run run) {
    do {
      float learningRate = config.optimizer().learningRate().at(agentSteps);
      rollout.collect(run.environment(), agentSteps / count);
      agentSteps += steps();
      rollout.advantages(config.gamma(), config.lambda(), advantages, returns);
      learn(learningRate);
      report(run);
    } while (run.proceed());
  }

  private void learn(float learningRate) {
    Rollout.write(advantages, learner.input("advantages"));
    Rollout.write(returns, learner.input("returns"));
    learner.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
    learner.run();
    updates++;
    float loss = learner.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
    DivergedException.check("a2c", updates, loss, learned.parameters);
  }

  /// One step of the optimizer on one rollout.
  private void learn(Graph graph) {
    Rollout.Batch batch =
        Rollout.Batch.input(
            graph, spec, learned.network, config.horizon(), count, config.horizon());
    Tensor advantage = graph.input("advantages", steps());
    Tensor target = graph.input("returns", steps());
    if (config.normalizeAdvantages()) {
      advantage = Advantages.normalized(advantage);
    }
    ActorCritic.Output now =
        learned.network.apply(batch.observations(), batch.legal(), batch.past());
    Tensor logProbability = now.actions().logProbability(batch.actions());
    Tensor policyLoss = logProbability.times(advantage).mean().negate(); //  log pi(a|s) (R - V)
    Tensor valueLoss = now.values().minus(target).square().mean().times(0.5f); //  (R - V)^2
    Tensor entropy = now.actions().entropy().mean();
    Tensor whole =
        policyLoss
            .plus(valueLoss.times(config.valueCoefficient()))
            .minus(entropy.times(config.entropyCoefficient()));
    graph.output("loss", learned.optimizer.minimize(whole, graph.input("learningRate")));
    graph.output("policyLoss", policyLoss);
    graph.output("valueLoss", valueLoss);
    graph.output("entropy", entropy);
  }

  private void report(Run run) {
    if (!run.wantsMetrics()) {
      return;
    }
    for (String name : List.of("policyLoss", "valueLoss", "entropy")) {
      run.metric("a2c/" + name, learner.output(name).get(ValueLayout.JAVA_FLOAT, 0));
    }
    run.metric("a2c/learningRate", config.optimizer().learningRate().at(agentSteps - steps()));
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
    DivergedException.check("a2c", updates, learned.parameters);
    to.section("a2c");
    to.putLong(agentSteps);
    to.putLong(updates);
    learned.save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("a2c");
    agentSteps = from.getLong();
    updates = from.getLong();
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
