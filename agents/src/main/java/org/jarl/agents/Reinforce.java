package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Engine;
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
  private static final int LEAST_ROWS = 64;

  private final Config config;
  private final EnvironmentSpec spec;
  private final Engine engine;
  private final int count;
  final PolicyGradient learned;
  private final ActionBatch actions;

  /// Episodes that the copies are in.
  private final Episodes[] playing;

  /// Episodes that have ended since the last update, one behind the other.
  private final Episodes ended;

  /// Programs for `2^i` rows: episodes have all lengths, programs one.
  private final @Nullable Program[] learners = new Program[Integer.SIZE];

  private @Nullable Program last;
  private int endedEpisodes;
  private long agentSteps;
  private long updates;

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
      implements PolicyGradient.Config {
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
    public Agent create(EnvironmentSpec spec, int count, Engine engine, long seed) {
      return new Reinforce(this, spec, count, engine, seed);
    }
  }

  /// A new agent; see [Config#create].
  public Reinforce(Config config, EnvironmentSpec spec, int count, Engine engine, long seed) {
    this.config = config;
    this.spec = spec;
    this.engine = engine;
    this.count = count;
    learned = new PolicyGradient("reinforce", config, spec, count, engine, seed);
    actions = new ActionBatch(spec.actionSpace(), count);
    playing = new Episodes[count];
    Arrays.setAll(playing, _ -> new Episodes(spec));
    ended = new Episodes(spec);
  }

  @Override
  public void train(Run run) {
    do {
      step(run.environment());
      if (endedEpisodes >= config.episodes()) {
        learn(config.optimizer().learningRate().at(agentSteps));
        report(run);
        ended.clear();
        endedEpisodes = 0;
      }
    } while (run.proceed());
  }

  /// One step of every copy.
  private void step(VectorEnvironment environment) {
    StepBatch seen = environment.current();
    long number = agentSteps / count;
    learned.actor.act(seen.observations(), seen.legalActions(), number, actions);
    learned.actor.requireFinite(number);
    for (int i = 0; i < count; i++) {
      playing[i].add(i, seen, learned.actor.actions());
    }
    StepBatch step = environment.step(actions);
    agentSteps += count;
    @Nullable MemorySegment finalValues = null;
    for (int i = 0; i < count; i++) {
      playing[i].pay(step.rewards()[i]);
      if (step.ended(i)) {
        float rest = 0;
        if (!step.terminated()[i]) {
          finalValues =
              finalValues == null ? learned.actor.judge(step.finalObservations()) : finalValues;
          rest = finalValues.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        playing[i].end(config.gamma(), rest);
        ended.addAll(playing[i]);
        playing[i].clear();
        endedEpisodes++;
      }
    }
  }

  private void learn(float learningRate) {
    int rows = ended.length();
    int room = Math.max(LEAST_ROWS, Integer.highestOneBit(2 * rows - 1));
    Program learner = learner(room);
    ended.fill(learner);
    MemorySegment weights = learner.input("weights");
    weights.fill((byte) 0);
    for (int row = 0; row < rows; row++) {
      weights.setAtIndex(ValueLayout.JAVA_FLOAT, row, 1f / rows);
    }
    learner.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, learningRate);
    learner.run();
    updates++;
    last = learner;
    float loss = learner.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
    DivergedException.check("reinforce", updates, loss, learned.parameters);
  }

  /// The program that takes so many rows, a power of 2.
  private Program learner(int rows) {
    int power = Integer.numberOfTrailingZeros(rows);
    Program learner = learners[power];
    if (learner == null) {
      learner = engine.compile("reinforce.learn" + rows, graph -> learn(graph, rows));
      learners[power] = learner;
    }
    return learner;
  }

  /// One step of the optimizer on whole episodes.
  ///
  /// @param size rows; those beyond the episodes have the weight 0
  private void learn(Graph graph, int size) {
    Tensor observations = Torso.input(graph, "observations", spec, size);
    Tensor taken = ActorCritic.actions(graph, spec, size);
    Tensor legal = ActorCritic.legal(graph, spec, size);
    Tensor returns = graph.input("returns", size);
    Tensor weights = graph.input("weights", size);

    ActorCritic.Output now = learned.network.apply(observations, legal, null);
    Tensor advantage = returns.minus(now.values()).stopGradient(); //        G_t - b(S_t)
    Tensor eligibility = now.actions().logProbability(taken); //              ln pi(A_t|S_t)
    Tensor policyLoss = eligibility.times(advantage).times(weights).sum().negate();
    Tensor error = returns.minus(now.values()).square();
    Tensor valueLoss = error.times(weights).sum().times(0.5f);
    Tensor entropy = now.actions().entropy().times(weights).sum();
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
    if (!run.wantsMetrics() || last == null) {
      return;
    }
    for (String name : List.of("policyLoss", "valueLoss", "entropy")) {
      run.metric("reinforce/" + name, last.output(name).get(ValueLayout.JAVA_FLOAT, 0));
    }
    run.metric("reinforce/steps", ended.length());
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
    DivergedException.check("reinforce", updates, learned.parameters);
    to.section("reinforce");
    to.putLong(agentSteps);
    to.putLong(updates);
    to.putInt(endedEpisodes);
    ended.save(to);
    for (Episodes episode : playing) {
      episode.save(to);
    }
    learned.save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("reinforce");
    agentSteps = from.getLong();
    updates = from.getLong();
    endedEpisodes = from.getInt();
    ended.load(from);
    for (Episodes episode : playing) {
      episode.load(from);
    }
    learned.load(from);
  }

  @Override
  public long offHeapBytes() {
    return LEAST_ROWS * spec.observationSpace().bytes() + learned.bytes();
  }

  @Override
  public void close() {
    learned.close();
    for (Program learner : learners) {
      if (learner != null) {
        learner.close();
      }
    }
  }
}
