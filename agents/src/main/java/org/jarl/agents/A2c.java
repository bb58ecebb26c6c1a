package org.jarl.agents;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;
import org.jarl.agents.maths.Advantages;
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
  private static final List<String> REPORTED = List.of("policyLoss", "valueLoss", "entropy");

  private final Config config;
  private final AgentState state;
  private final RolloutBuffer.Size size;
  final ActorCriticLearner learner;
  final Program update;
  final RolloutBuffer rollout;

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
      implements ActorCriticLearner.Config {
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
      RolloutBuffer.checkSteps(horizon, count);
      Require.that(
          !normalizeAdvantages || horizon * count > 1,
          "horizon",
          "so great that a rollout has 2 steps at least, where normalizeAdvantages is true",
          horizon);
    }

    @Override
    public Agent create(Task task) {
      return new A2c(this, task);
    }
  }

  /// A new agent; see [Config#create].
  public A2c(Config config, Task task) {
    config.check(task.count());
    this.config = config;
    state = new AgentState("a2c", task);
    learner = new ActorCriticLearner(state, config, task);
    size = new RolloutBuffer.Size(config.horizon(), task.count(), config.horizon());
    state.countOffHeap((long) size.steps() * task.spec().observationSpace().bytes());
    update = state.compile("learn", this::update);
    rollout = new RolloutBuffer(update, learner.actor, task.spec(), size);
  }

  @Override
  public void train(Run run) {
    do {
      float learningRate = config.optimizer().learningRate().at(state.agentSteps());
      rollout.collect(run.environment(), state.agentSteps() / size.count());
      state.stepped(size.steps());
      rollout.estimate(config.gamma(), config.lambda());
      update.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
      state.update(update);
      state.report(run, update, REPORTED);
      state.report(run, "learningRate", learningRate);
    } while (run.proceed());
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return learner.policy(copies, choice);
  }

  /// One step of the optimizer on one rollout.
  private void update(Graph graph) {
    RolloutBuffer.Batch batch = RolloutBuffer.Batch.input(graph, learner.network, size);
    Tensor advantage = graph.input("advantages", size.steps());
    Tensor target = graph.input("returns", size.steps());
    if (config.normalizeAdvantages()) {
      advantage = Advantages.normalized(advantage);
    }
    ActorCritic.Output now =
        learner.network.apply(batch.observations(), batch.legal(), batch.past());
    Tensor logProbability = now.actions().logProbability(batch.actions());
    Tensor policyLoss = logProbability.times(advantage).mean().negate(); //  log pi(a|s) (R - V)
    Tensor valueLoss = now.values().minus(target).square().mean().times(0.5f); //  (R - V)^2
    Tensor entropy = now.actions().entropy().mean();
    learner.minimize(policyLoss, valueLoss, entropy);
  }

  @Override
  public AgentState state() {
    return state;
  }
}
