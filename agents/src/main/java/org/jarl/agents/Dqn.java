package org.jarl.agents;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jarl.agents.config.DuelingStreams;
import org.jarl.agents.config.Loss;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Schedule;
import org.jarl.agents.config.Setting;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Graph;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
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
/// - With `overlap` an update goes on beside the steps that follow it, up to where the next one
///   falls due: actions come from parameters one update old, and an update does not see the last
///   `updatePeriod` agent steps. The lag is fixed, whatever the threads.
public final class Dqn implements Agent {
  private static final List<String> REPORTED = List.of("loss", "meanValue");

  private final Config config;
  private final Task task;
  private final AgentState state;
  private final Variables online;
  private final Variables target;
  private final QNetwork onlineNetwork;
  private final QNetwork targetNetwork;
  private final Optimizer optimizer;
  private final Transitions transitions;
  private final Program update;
  private final EpsilonGreedy exploration;
  private final ActionBatch actions;

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
              meaning =
                  "what each dueling stream is: hidden (a hidden layer of its own, in place of the"
                      + " network's last one, as in the paper) or linear (one linear layer)",
              defaultValue = "hidden")
          DuelingStreams duelingStreams,
      @Setting(
              meaning = "form of the values: expectation, one number per action",
              defaultValue = "{type: expectation}")
          ValueHead head,
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
    public void check(int count) {
      long first = (long) nStep * count;
      Require.that(
          learningStarts >= first,
          "learningStarts",
          "at least nStep * environment.count (" + first + "), when the first transition is whole",
          learningStarts);
    }

    @Override
    public Agent create(Task task) {
      check(task.count());
      return new Dqn(this, task);
    }

    @Override
    public Policy loadPolicy(Task task, Path weights, Policy.Choice choice) {
      Variables variables = task.engine().variables("policy");
      QNetwork values = new QNetwork(Scope.uninitialized(variables), task.spec(), layers());
      SavedVariables.readFile(weights, variables);
      return new GreedyPolicy(task.engine(), values, task.count());
    }

    private QNetwork.Layers layers() {
      return QNetwork.Layers.of(network, head, dueling ? duelingStreams : null);
    }

    @Override
    public boolean usesConvolutions() {
      return network.usesConvolutions();
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
  public Dqn(Config config, Task task) {
    this.config = config;
    this.task = task;
    state = new AgentState("dqn", task);
    RandomStream exploring = state.stream("exploration");
    RandomStream sampling = state.stream("replay");
    online = task.engine().variables("online");
    target = task.engine().variables("target");
    Scope scope = Scope.of(online, state.initialStream("initialization"));
    onlineNetwork = new QNetwork(scope, task.spec(), config.layers());
    targetNetwork = new QNetwork(Scope.uninitialized(target), task.spec(), config.layers());
    target.copyFrom(online);
    state.keepWeights(online);
    state.keep(target);
    Optimizer.Rule rule = config.optimizer().rule();
    optimizer = state.keep(new Optimizer(task.engine(), online, rule, config.maxGradientNorm()));
    ReplaySettings replay = config.replay(task.spec(), task.count());
    transitions = state.keep(new Transitions(task, replay, config.batchSize(), sampling, null));
    state.countOffHeap(transitions.offHeapBytes());
    update = state.compile("update", this::update);
    transitions.feed(update);
    GreedyPolicy greedy = new GreedyPolicy(task.engine(), onlineNetwork, task.count());
    exploration =
        state.own(
            new EpsilonGreedy(
                greedy, config.epsilon(), onlineNetwork.actions(), task.count(), exploring));
    actions = new ActionBatch(task.spec().actionSpace(), task.count());
  }

  @Override
  public void train(Run run) {
    VectorEnvironment environment = run.environment();
    transitions.begin(environment.current());
    Runnable untilNextUpdate = // at least one step
        () -> {
          do {
            step(environment);
          } while (updatesDue() == 0);
        };
    do {
      long before = state.agentSteps();
      boolean beside = config.overlap() && updatesDue() > 0;
      if (!beside) {
        step(environment);
      }
      if (beside || !config.overlap() && updatesDue() > 0) {
        learn(beside ? untilNextUpdate : null);
        report(run);
      }
      if (state.agentSteps() >= config.learningStarts()
          && state.multiples(config.targetUpdatePeriod(), before) > 0) {
        target.copyFrom(online);
      }
    } while (run.proceed());
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return new GreedyPolicy(task.engine(), onlineNetwork, copies);
  }

  /// One step of every copy.
  private void step(VectorEnvironment environment) {
    exploration.act(environment.current(), state.agentSteps(), actions);
    transitions.add(actions, environment.step(actions));
    state.stepped(task.count());
  }

  /// Updates that the last step of every copy has brought; several where the copies are more than
  /// `updatePeriod`.
  private long updatesDue() {
    return state.agentSteps() < config.learningStarts()
        ? 0
        : state.multiples(config.updatePeriod(), state.agentSteps() - task.count());
  }

  /// The gradient steps of the updates that are due; `beside` goes on during the last of them.
  private void learn(@Nullable Runnable beside) {
    float rate = config.optimizer().learningRate().at(state.agentSteps());
    update.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, rate);
    for (long left = config.gradientSteps() * updatesDue(); left > 0; left--) {
      transitions.sample();
      state.startUpdate(update, left == 1 ? beside : null);
    }
  }

  /// The program of one update: a batch in, loss and one step of the optimizer out.
  private void update(Graph graph) {
    Transitions.Inputs batch = transitions.inputs(graph);
    ValueHead head = config.head();
    ValueHead.Values next = targetNetwork.apply(batch.nextObservations());
    ValueHead.Values chooser =
        config.doubleQ() ? onlineNetwork.apply(batch.nextObservations()) : next;
    Tensor best = QNetwork.greedy(chooser, batch.nextLegal()); //              argmax_a' Q(s', a')
    Tensor y = head.target(batch.rewards(), batch.discounts(), next.of(best)); // y_j, algorithm 1
    ValueHead.Chosen taken = onlineNetwork.apply(batch.observations()).of(batch.actions());
    Tensor loss = batch.mean(head.losses(taken, y, config.loss()));
    graph.output("loss", optimizer.minimize(loss, graph.input("learningRate")));
    graph.output("meanValue", taken.expected().mean());
  }

  private void report(Run run) {
    state.report(run, update, REPORTED);
    state.report(run, "epsilon", config.epsilon().at(state.agentSteps()));
  }

  @Override
  public AgentState state() {
    return state;
  }
}
