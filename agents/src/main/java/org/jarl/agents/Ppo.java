package org.jarl.agents;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Schedule;
import org.jarl.agents.config.Setting;
import org.jarl.agents.maths.Advantages;
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

  private static final List<String> REPORTED =
      List.of("policyLoss", "valueLoss", "entropy", "kl", "clipFraction");

  private final Config config;
  private final AgentState state;
  private final RolloutBuffer.Size size;
  final ActorCriticLearner learner;
  private final Minibatches minibatches;
  final Program update;
  final RolloutBuffer rollout;

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
      implements ActorCriticLearner.Config {
    public Config {
      Require.unitInterval("gamma", gamma);
      Require.unitInterval("lambda", lambda);
      Require.positive("horizon", horizon);
      Require.positive("minibatches", minibatches);
      Require.positive("epochs", epochs);
      Require.that(clipRange.min() >= 0, "clipRange", "0 or more", clipRange);
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
      RolloutBuffer.checkSteps(horizon, count);
      Require.that(
          (long) horizon * count * epochs <= Integer.MAX_VALUE,
          "epochs",
          "so few that an update takes at most 2147483647 steps (horizon %d x environment.count %d in each)"
              .formatted(horizon, count),
          epochs);
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
    public Agent create(Task task) {
      return new Ppo(this, task);
    }
  }

  /// A new agent; see [Config#create].
  public Ppo(Config config, Task task) {
    config.check(task.count());
    this.config = config;
    state = new AgentState("ppo", task);
    size = new RolloutBuffer.Size(config.horizon(), task.count(), config.stepsOfSequence());
    minibatches =
        new Minibatches(size, config.minibatches(), config.epochs(), state.stream("minibatches"));
    learner = new ActorCriticLearner(state, config, task);
    update = state.compile("learn", minibatches.rounds(), this::update);
    rollout = new RolloutBuffer(update, learner.actor, task.spec(), size);
    state.countOffHeap((long) size.steps() * task.spec().observationSpace().bytes());
  }

  @Override
  public void train(Run run) {
    do {
      float learningRate = config.optimizer().learningRate().at(state.agentSteps());
      float clipRange = config.clipRange().at(state.agentSteps());
      rollout.collect(run.environment(), state.agentSteps() / size.count());
      state.stepped(size.steps());
      rollout.estimate(config.gamma(), config.lambda());
      rollout.writeEstimatesOfActing();
      update.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
      update.input("clipRange").set(ValueLayout.JAVA_FLOAT, 0, clipRange);
      minibatches.deal(update, config.policy().remembers());
      state.update(update); //                                               all epochs
      report(run, learningRate);
    } while (run.proceed());
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return learner.policy(copies, choice);
  }

  /// One step of the optimizer on one minibatch.
  void update(Graph graph) {
    Tensor rows = minibatches.rows(graph);
    RolloutBuffer.Batch batch =
        RolloutBuffer.Batch.input(graph, learner.network, size)
            .take(rows, minibatches.sequences(graph, learner.network));
    Tensor oldLogProbabilities = graph.input("logProbabilities", size.steps()).indexSelect(rows);
    Tensor oldValues = graph.input("values", size.steps()).indexSelect(rows);
    Tensor advantage = graph.input("advantages", size.steps()).indexSelect(rows);
    if (config.normalizeAdvantages()) {
      advantage = Advantages.normalized(advantage);
    }
    Tensor target = graph.input("returns", size.steps()).indexSelect(rows);
    Tensor clipRange = graph.input("clipRange");

    ActorCritic.Output now =
        learner.network.apply(batch.observations(), batch.legal(), batch.past());
    Tensor logRatio = now.actions().logProbability(batch.actions()).minus(oldLogProbabilities);
    Tensor ratio = logRatio.exp(); //                                        r(theta), equation 6
    Tensor policyLoss = policyLoss(ratio, advantage, clipRange);
    Tensor valueLoss = valueLoss(now.values(), oldValues, target);
    Tensor entropy = now.actions().entropy().mean();
    Tensor kl = ratio.minus(1).minus(logRatio).mean(); //                    Schulman (2020), k3
    if (config.targetKl() > 0) {
      graph.stopWhen(kl.minus(KL_SLACK * config.targetKl()));
    }
    learner.minimize(policyLoss, valueLoss, entropy);
    graph.output("kl", kl);
    graph.output("clipFraction", clipRange.lessThan(ratio.minus(1).abs()).mean());
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

  private void report(Run run, float learningRate) {
    if (!run.wantsMetrics()) {
      return;
    }
    state.report(run, update, REPORTED);
    state.report(run, "rounds", update.rounds());
    double explained = rollout.explainedVariance();
    if (Double.isFinite(explained)) {
      state.report(run, "explainedVariance", explained);
    }
    state.report(run, "learningRate", learningRate);
  }

  @Override
  public AgentState state() {
    return state;
  }
}
