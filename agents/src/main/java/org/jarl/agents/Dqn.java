package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Program;
import org.jarl.nn.Table;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.replay.ReplayBatch;
import org.jarl.replay.ReplayBuffer;
import org.jarl.replay.ReplayMemory;
import org.jarl.replay.ReplaySettings;
import org.jspecify.annotations.Nullable;

/// Deep Q-learning with experience replay: Mnih et al. (2015), "Human-level control through deep
/// reinforcement learning", algorithm 1.
///
/// Terms of the target, the network and the optimizer can be exchanged by [Config]: double
/// Q-learning (van Hasselt et al. 2016), dueling streams (Wang et al. 2016), n-step returns (Sutton
/// 1988).
///
/// Deviations from the paper, all usual since:
/// - Adam (Kingma and Ba 2015) unless the config says RMSProp.
/// - Several copies of the environment may be stepped together; an update then falls due whenever
///   the count of agent steps passes a multiple of its period.
/// - A step that was cut by a time limit bootstraps from its final observation; the paper knows no
///   limits.
/// - Rewards are as the environment gives them; clip them with a wrapper.
/// - With `overlap` an update goes on beside the environment steps that follow it, up to where the
///   next one falls due. They are acted with the parameters from before the update, and the update
///   draws from what was stored before them. So actions come from parameters one update old, and an
///   update does not see the last `updatePeriod` agent steps: a lag that is fixed, whatever the
///   threads.
///
/// Sizes: `N` copies, `B` batch, `A` actions.
public final class Dqn implements Agent {
  private final Config config;
  private final EnvironmentSpec spec;
  private final Engine engine;
  private final int count;
  private final int actionCount;
  private final Variables online;
  private final Variables target;
  private final QNetwork onlineNetwork;
  private final QNetwork targetNetwork;
  private final Optimizer optimizer;
  private final Program update;
  private final MemorySegment learningRate;
  private final ReplayBuffer replay;
  private final ReplayBatch batch;

  /// The moments of stacked observations, from which an update takes its batch by index; null where
  /// observations are not stacked.
  private final @Nullable Table moments;

  private final GreedyPolicy greedy;
  private final ActionBatch actions;
  private final boolean[] explores;
  private final RandomStream exploration;
  private final RandomStream sampling;
  private long agentSteps;
  private long updates;

  /// Whether nobody has looked at the loss of the last update yet.
  private boolean lossIsOpen;

  /// How the error of a value is weighed.
  public enum Loss {
    /// Squared up to 1, linear beyond: the error clipping of Mnih et al. (2015).
    HUBER,
    /// Squared.
    MSE
  }

  /// Settings of [Dqn]; the defaults are those of CleanRL's `dqn.py`.
  public record Config(
      @Setting(meaning = "discount per agent step", defaultValue = "0.99") float gamma,
      @Setting(
              meaning = "rewards summed before bootstrapping (Sutton 1988); 1 is plain Q-learning",
              defaultValue = "1")
          int nStep,
      @Setting(
              meaning = "adam, or rmsprop as in Mnih et al. (2015)",
              defaultValue = "{type: adam, learningRate: 2.5e-4}")
          OptimizerConfig optimizer,
      @Setting(meaning = "transitions per update", defaultValue = "128") int batchSize,
      @Setting(meaning = "transitions kept for replay", defaultValue = "10000") int bufferCapacity,
      @Setting(
              meaning = "agent steps before the first update; at least batchSize",
              defaultValue = "10000")
          int learningStarts,
      @Setting(meaning = "agent steps between updates", defaultValue = "10") int updatePeriod,
      @Setting(meaning = "optimizer steps per update", defaultValue = "1") int gradientSteps,
      @Setting(meaning = "agent steps between copies to the target network", defaultValue = "500")
          int targetUpdatePeriod,
      @Setting(
              meaning = "probability of a random action, over agent steps",
              defaultValue = "{type: linear, from: 1.0, to: 0.05, overAgentSteps: 250000}")
          Schedule epsilon,
      @Setting(
              meaning =
                  "the online network chooses the action that the target network values (van"
                      + " Hasselt et al. 2016)",
              defaultValue = "false")
          boolean doubleQ,
      @Setting(
              meaning = "separate value and advantage streams (Wang et al. 2016)",
              defaultValue = "false")
          boolean dueling,
      @Setting(
              meaning = "huber (the error clipping of Mnih et al. 2015) or mse",
              defaultValue = "mse")
          Loss loss,
      @Setting(
              meaning = "norm that the whole gradient is scaled down to; 0 for none",
              defaultValue = "0")
          float maxGradientNorm,
      @Setting(
              meaning =
                  "mlp for vectors; nature-cnn (Mnih et al. 2015), nips-cnn (Mnih et al. 2013) or"
                      + " impala-resnet (Espeholt et al. 2018) for images",
              defaultValue = "{type: mlp}")
          NetworkConfig network,
      @Setting(
              meaning =
                  "step the environment while an update is computed: actions come from parameters"
                      + " one update old, and an update does not see the last updatePeriod agent"
                      + " steps",
              defaultValue = "false")
          boolean overlap)
      implements AgentConfig {
    public Config {
      Require.unitInterval("gamma", gamma);
      Require.positive("nStep", nStep);
      Require.positive("batchSize", batchSize);
      Require.atLeast("bufferCapacity", batchSize, bufferCapacity);
      Require.that(
          learningStarts >= batchSize,
          "learningStarts",
          "at least batchSize (" + batchSize + ")",
          learningStarts);
      Require.positive("updatePeriod", updatePeriod);
      Require.positive("gradientSteps", gradientSteps);
      Require.positive("targetUpdatePeriod", targetUpdatePeriod);
      Require.unitInterval("epsilon", epsilon);
      Require.notNegative("maxGradientNorm", maxGradientNorm);
    }

    @Override
    public Agent create(EnvironmentSpec spec, int count, Engine engine, long seed) {
      return new Dqn(this, spec, count, engine, seed);
    }

    @Override
    public Policy loadPolicy(
        EnvironmentSpec spec, int count, Engine engine, Path weights, Policy.Choice choice) {
      Variables variables = engine.variables("policy");
      RandomStream unused = RandomStream.of(0, "overwritten");
      QNetwork values = new QNetwork(variables, spec, network, dueling, unused);
      VariablesState.readFile(weights, variables);
      return new GreedyPolicy(engine, values, spec, count);
    }

    @Override
    public boolean convolves() {
      return network.convolves();
    }

    @Override
    public Map<String, String> memory(EnvironmentSpec spec, int count) {
      return Map.of("replay", ReplayMemory.summary(replay(spec, count)));
    }

    private ReplaySettings replay(EnvironmentSpec spec, int count) {
      return new ReplaySettings(bufferCapacity, spec, count, nStep, gamma);
    }
  }

  /// A new agent; see [Config#create].
  public Dqn(Config config, EnvironmentSpec spec, int count, Engine engine, long seed) {
    this.config = config;
    this.spec = spec;
    this.engine = engine;
    this.count = count;
    this.actionCount = QNetwork.actions(spec);
    if (spec.masksActions()) {
      throw new IllegalArgumentException(
          "dqn values every action, and this environment forbids some: use it without its"
              + " legal-action mask");
    }
    RandomStream initialization = RandomStream.of(seed, "dqn/initialization");
    online = engine.variables("online");
    target = engine.variables("target");
    onlineNetwork = new QNetwork(online, spec, config.network(), config.dueling(), initialization);
    targetNetwork = new QNetwork(target, spec, config.network(), config.dueling(), initialization);
    target.copyFrom(online);
    optimizer = new Optimizer(engine, online, config.optimizer().rule(), config.maxGradientNorm());
    replay = new ReplayBuffer(config.replay(spec, count));
    moments = spec.stacking().depth() > 1 ? moments(engine, replay) : null;
    update = engine.compile("dqn.update", this::update);
    learningRate = update.input("learningRate");
    batch =
        new ReplayBatch(
            config.batchSize(),
            update.input("observations"),
            update.input("actions"),
            update.input("rewards"),
            update.input("discounts"),
            update.input("nextObservations"));
    greedy = new GreedyPolicy(engine, onlineNetwork, spec, count);
    actions = new ActionBatch(spec.actionSpace(), count);
    explores = new boolean[count];
    exploration = RandomStream.of(seed, "dqn/exploration");
    sampling = RandomStream.of(seed, "dqn/replay");
  }

  private static Table moments(Engine engine, ReplayBuffer replay) {
    Table moments = engine.table("dqn.moments", replay.frames(), replay.frameBytes());
    replay.listen(moments::changed);
    return moments;
  }

  @Override
  public void train(Run run) {
    VectorEnvironment environment = run.environment();
    if (!replay.hasBegun()) {
      replay.begin(environment.current());
    }
    Runnable untilNextUpdate = () -> stepUntilUpdate(environment);
    do {
      long before = agentSteps;
      if (config.overlap() && updateIsDue()) {
        learn(untilNextUpdate);
        report(run);
      } else {
        step(environment);
        if (!config.overlap() && updateIsDue()) {
          learn(null);
          report(run);
        }
      }
      if (agentSteps >= config.learningStarts() && passed(config.targetUpdatePeriod(), before)) {
        target.copyFrom(online);
      }
    } while (run.proceed());
    requireFiniteLoss();
  }

  /// One step of every copy.
  private void step(VectorEnvironment environment) {
    act(environment.current());
    replay.add(actions, environment.step(actions));
    agentSteps += count;
  }

  /// What goes on beside an update: at least one step.
  private void stepUntilUpdate(VectorEnvironment environment) {
    do {
      step(environment);
    } while (!updateIsDue());
  }

  private boolean updateIsDue() {
    return agentSteps >= config.learningStarts()
        && passed(config.updatePeriod(), agentSteps - count);
  }

  /// Whether a multiple of a period lies after `before`, up to now.
  private boolean passed(int period, long before) {
    return agentSteps / period != before / period;
  }

  /// With probability epsilon a random action, else `argmax_a Q(s, a)`.
  private void act(StepBatch seen) {
    float epsilon = config.epsilon().at(agentSteps);
    boolean anyGreedy = false;
    for (int i = 0; i < count; i++) {
      explores[i] = exploration.nextFloat() < epsilon;
      anyGreedy |= !explores[i];
    }
    if (anyGreedy) {
      greedy.act(seen.observations(), seen.legalActions(), exploration, actions);
    }
    for (int i = 0; i < count; i++) {
      if (explores[i]) {
        actions.indices()[i] = exploration.nextInt(actionCount);
      }
    }
  }

  /// The gradient steps of one update.
  ///
  /// @param beside what goes on during the last of them, null for nothing; all have drawn by then
  private void learn(@Nullable Runnable beside) {
    float rate = config.optimizer().learningRate().at(agentSteps);
    learningRate.set(ValueLayout.JAVA_FLOAT, 0, rate);
    for (int left = config.gradientSteps(); left > 0; left--) {
      if (moments != null) {
        replay.sampleIndicesInto(sampling, batch);
      } else {
        replay.sampleInto(sampling, batch);
      }
      // Not after the update: a device of its own works on it while the environment steps.
      requireFiniteLoss();
      if (beside != null && left == 1) {
        update.runBeside(beside);
      } else {
        update.run();
      }
      updates++;
      lossIsOpen = true;
    }
  }

  /// Waits for the last update.
  ///
  /// @throws DivergedException if its loss is not finite
  private void requireFiniteLoss() {
    if (lossIsOpen) {
      lossIsOpen = false;
      float loss = update.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
      DivergedException.check("dqn", updates, loss, online);
    }
  }

  /// The program of one update: sample in, loss and one step of the optimizer out.
  private void update(Graph graph) {
    int size = config.batchSize();
    Tensor observations = seen(graph, "observations");
    Tensor taken = graph.input("actions", DType.I32, size);
    Tensor rewards = graph.input("rewards", size);
    Tensor discounts = graph.input("discounts", size);
    Tensor next = seen(graph, "nextObservations");

    Tensor nextValues = targetNetwork.apply(next);
    Tensor y =
        config.doubleQ()
            ? Targets.doubleQ(rewards, discounts, onlineNetwork.apply(next), nextValues)
            : Targets.maximum(rewards, discounts, nextValues); //           y_j, algorithm 1
    Tensor q = onlineNetwork.apply(observations).pick(taken); //             Q(s_j, a_j)
    Tensor error = q.minus(y);
    Tensor mean =
        switch (config.loss()) {
          case HUBER -> error.huber(1f).mean();
          case MSE -> error.square().mean();
        };
    graph.output("loss", optimizer.minimize(mean, graph.input("learningRate")));
    graph.output("meanValue", q.mean());
  }

  /// Observations of the batch, or indices of their moments.
  private Tensor seen(Graph graph, String name) {
    int size = config.batchSize();
    if (moments == null) {
      return Torso.input(graph, name, spec, size);
    }
    Tensor places = graph.input(name, DType.I32, size, spec.stacking().depth());
    return Torso.stacks(graph, moments, places, spec);
  }

  private void report(Run run) {
    if (run.wantsMetrics()) {
      requireFiniteLoss();
      run.metric("dqn/loss", update.output("loss").get(ValueLayout.JAVA_FLOAT, 0));
      run.metric("dqn/meanValue", update.output("meanValue").get(ValueLayout.JAVA_FLOAT, 0));
      run.metric("dqn/epsilon", config.epsilon().at(agentSteps));
    }
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
    requireFiniteLoss();
    return new GreedyPolicy(engine, onlineNetwork, spec, copies);
  }

  @Override
  public void saveWeights(Path file) {
    requireFiniteLoss();
    VariablesState.writeFile(file, online);
  }

  /// Writes the state.
  ///
  /// @throws DivergedException if the last loss or a parameter is not finite
  @Override
  public void save(StateWriter to) {
    requireFiniteLoss();
    DivergedException.check("dqn", updates, online);
    to.section("dqn");
    to.putLong(agentSteps);
    to.putLong(updates);
    exploration.save(to);
    sampling.save(to);
    VariablesState.save(to, variables());
    replay.save(to);
  }

  @Override
  public void load(StateReader from) {
    lossIsOpen = false;
    from.section("dqn");
    agentSteps = from.getLong();
    updates = from.getLong();
    exploration.load(from);
    sampling.load(from);
    VariablesState.load(from, variables());
    replay.load(from);
  }

  private List<Variables> variables() {
    return Stream.concat(Stream.of(online, target), optimizer.state().stream()).toList();
  }

  @Override
  public long offHeapBytes() {
    return replay.offHeapBytes() + variables().stream().mapToLong(Variables::bytes).sum();
  }

  @Override
  public void close() {
    greedy.close();
    update.close();
    if (moments != null) {
      moments.close();
    }
    replay.close();
  }
}
