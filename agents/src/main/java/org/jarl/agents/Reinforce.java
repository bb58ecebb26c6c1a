package org.jarl.agents;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Monte-Carlo policy gradient with a learned baseline: Williams (1992), "Simple statistical
/// gradient-following algorithms for connectionist reinforcement learning", equation 11 with the
/// reward to go; the pseudo-code of Sutton and Barto (2018), section 13.4.
///
/// Deviations from them:
/// - One step of the optimizer follows the mean over all steps of some episodes, not each step.
/// - The factor `gamma^t` of a step's gradient is left out, as everybody does: it would let nothing
///   be learned of late steps.
/// - An episode that was cut by a time limit goes on with the value of its final observation; the
///   original knows no limits.
/// - With several copies the episodes that others are in the middle of go on under the policy that
///   an update has just changed; with one copy every episode is of one policy.
///
/// Sizes: `N` copies, `R` steps of the episodes of an update.
public final class Reinforce implements Agent {
  /// Fewest rows that a program is made for.
  private static final int MIN_ROWS = 64;

  private static final List<String> REPORTED = List.of("policyLoss", "valueLoss", "entropy");

  private final Config config;
  private final Task task;
  private final AgentState state;
  private final EpisodeBuffer buffer;
  final ActorCriticLearner learner;

  /// Programs for `2^i` rows: episodes have all lengths, programs one.
  private final @Nullable Program[] updates = new Program[Integer.SIZE];

  /// Settings of [Reinforce].
  public record Config(
      @Setting(meaning = "discount per agent step", defaultValue = "0.99") float gamma,
      @Setting(meaning = "episodes that an update learns from", defaultValue = "8") int episodes,
      @Setting(
              meaning = "adam, or rmsprop",
              defaultValue = "{type: adam, learningRate: 1.0e-3, epsilon: 1.0e-5}")
          OptimizerConfig optimizer,
      @Setting(meaning = "weight of the entropy in the loss", defaultValue = "0.0")
          float entropyCoefficient,
      @Setting(
              meaning = "weight of half the squared error of the baseline in the loss",
              defaultValue = "0.5")
          float valueCoefficient,
      @Setting(
              meaning = "norm that the whole gradient is scaled down to; 0 for none",
              defaultValue = "0.5")
          float maxGradientNorm,
      @Setting(meaning = "networks of policy and baseline; no memory", defaultValue = "{}")
          PolicyConfig policy)
      implements ActorCriticLearner.Config {
    public Config {
      Require.unitInterval("gamma", gamma);
      Require.positive("episodes", episodes);
      Require.notNegative("entropyCoefficient", entropyCoefficient);
      Require.notNegative("valueCoefficient", valueCoefficient);
      Require.notNegative("maxGradientNorm", maxGradientNorm);
      Require.that(
          !policy.remembers(),
          "policy",
          "without a memory, which a2c and ppo can have",
          policy.memory());
    }

    @Override
    public Agent create(Task task) {
      return new Reinforce(this, task);
    }
  }

  /// A new agent; see [Config#create].
  public Reinforce(Config config, Task task) {
    this.config = config;
    this.task = task;
    state = new AgentState("reinforce", task);
    buffer = state.keep(new EpisodeBuffer(task.spec(), task.count(), config.gamma()));
    learner = new ActorCriticLearner(state, config, task);
    state.countOffHeap(MIN_ROWS * task.spec().observationSpace().bytes());
  }

  @Override
  public void train(Run run) {
    do {
      buffer.step(run.environment(), learner.actor, state.agentSteps() / task.count());
      state.stepped(task.count());
      if (buffer.episodes() >= config.episodes()) {
        learn(run, config.optimizer().learningRate().at(state.agentSteps()));
        buffer.clear();
      }
    } while (run.proceed());
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return learner.policy(copies, choice);
  }

  /// One step of the optimizer on the episodes that are over.
  private void learn(Run run, float learningRate) {
    Program update = program(Math.max(MIN_ROWS, Integer.highestOneBit(2 * buffer.steps() - 1)));
    buffer.fill(update);
    update.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
    state.update(update);
    state.report(run, update, REPORTED);
    state.report(run, "steps", buffer.steps());
  }

  /// The program that takes so many rows, a power of 2.
  private Program program(int rows) {
    int power = Integer.numberOfTrailingZeros(rows);
    Program update = updates[power];
    if (update == null) {
      update = state.compile("learn" + rows, graph -> update(graph, rows));
      updates[power] = update;
    }
    return update;
  }

  /// One step of the optimizer on whole episodes.
  ///
  /// @param size rows; those beyond the episodes have the weight 0
  private void update(Graph graph, int size) {
    Tensor observations = Torso.input(graph, "observations", task.spec(), size);
    Tensor taken = ActorCritic.actions(graph, task.spec(), size);
    Tensor legal = ActorCritic.legal(graph, task.spec(), size);
    Tensor returns = graph.input("returns", size);
    Tensor weights = graph.input("weights", size);

    ActorCritic.Output now = learner.network.apply(observations, legal, null);
    Tensor advantage = returns.minus(now.values()).stopGradient(); //        G_t - b(S_t)
    Tensor eligibility = now.actions().logProbability(taken); //              ln pi(A_t|S_t)
    Tensor policyLoss = eligibility.times(advantage).times(weights).sum().negate();
    Tensor error = returns.minus(now.values()).square();
    Tensor valueLoss = error.times(weights).sum().times(0.5f);
    Tensor entropy = now.actions().entropy().times(weights).sum();
    learner.minimize(policyLoss, valueLoss, entropy);
  }

  @Override
  public AgentState state() {
    return state;
  }
}
