package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jarl.agents.Policy;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Environments;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.cli.ToyRuns;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.ConfigException;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.nn.Engine;
import org.jarl.nn.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Jarl as a library: [Trainer] and [TrainedPolicy].
class TrainerTest {
  private static final String ID = "own/line-v0";

  @TempDir Path temporary;

  /// Cells in a row; the last is the goal.
  private static final class Line implements Environment {
    private final int cells;
    private int cell;

    Line(int cells) {
      this.cells = cells;
    }

    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.bounded(0, cells - 1, 1), new Space.Discrete(2))
          .withTimeLimit(50);
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      cell = 0;
      out.set(0, cell);
    }

    @Override
    public void step(Action action, Step out) {
      cell = Math.max(0, cell + (action.index() == 1 ? 1 : -1));
      out.observation().set(0, cell);
      if (cell == cells - 1) {
        out.terminate(1);
      }
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(cell);
    }

    @Override
    public void load(StateReader from) {
      cell = from.getInt();
    }
  }

  private Trainer line() {
    return quick(Trainer.of(ID, () -> new Line(4)));
  }

  private Trainer cartPole() {
    return quick(Trainer.of("classic/cartpole-v1"));
  }

  private Trainer quick(Trainer trainer) {
    return trainer
        .set("agent.type", "dqn")
        .set("agent.batchSize", 32)
        .set("agent.learningStarts", 100)
        .set("agent.updatePeriod", 2)
        .set("agent.targetUpdatePeriod", 50)
        .set("agent.optimizer", "{type: adam, learningRate: 3.0e-3}")
        .set("agent.network", "{type: mlp, hiddenSizes: [16]}")
        .set("agent.epsilon", "{type: linear, from: 1.0, to: 0.1, overAgentSteps: 300}")
        .set("training.agentSteps", 600)
        .set("training.metricsPeriod", 200)
        .set("evaluation.episodes", 2)
        .threads(1)
        .folder(temporary.resolve("run"));
  }

  @Test
  void anEnvironmentOfTheProgramIsLearned() {
    TrainedRun run = line().set("training.agentSteps", 3000).train();
    assertEquals(3000, run.agentSteps());
    Summary summary = Objects.requireNonNull(run.summary());
    assertEquals(1.0, Objects.requireNonNull(summary.evaluation()).mean());
    try (TrainedPolicy policy = run.policy()) {
      assertEquals(new Space.Discrete(2), policy.spec().actionSpace());
      assertArrayEquals(
          new int[] {1, 1, 1}, new int[] {policy.act(0), policy.act(1), policy.act(2)});
    }
    try (TrainedPolicy policy =
        TrainedPolicy.load(temporary.resolve("run/policy"), () -> new Line(4))) {
      assertEquals(1, policy.act(0));
    }
  }

  @Test
  void aFileGivesTheSameRunAsItsSettings() throws IOException {
    TrainedRun byHand = cartPole().train();
    TrainedRun byFile =
        Trainer.ofFile(byHand.folder().resolve("config.yaml"))
            .folder(temporary.resolve("again"))
            .train();
    assertEquals(
        Objects.requireNonNull(byHand.summary()).stateHash(),
        Objects.requireNonNull(byFile.summary()).stateHash());
  }

  @Test
  void aListenerHearsWhatIsWrittenToTheMetrics() throws IOException {
    List<String> heard = new ArrayList<>();
    TrainedRun run =
        cartPole()
            .listener(TrainingListener.ofMetrics((steps, name, _) -> heard.add(steps + " " + name)))
            .train();
    List<String> written =
        Files.readAllLines(run.folder().resolve("metrics.jsonl")).stream()
            .map(line -> line.replaceFirst(".*:([0-9]+),\"name\":\"([^\"]*)\".*", "$1 $2"))
            .toList();
    assertEquals(written, heard);
    assertTrue(heard.contains("600 evaluation/mean"), heard.toString());
  }

  @Test
  void aStoppedRunHasNoSummaryButAPolicy() {
    Trainer trainer = cartPole();
    TrainedRun run =
        trainer
            .listener((steps, _) -> {
              if (steps >= 150) {
                trainer.stop();
              }
            })
            .train();
    assertTrue(run.agentSteps() >= 150 && run.agentSteps() < 600, "" + run.agentSteps());
    assertNull(run.summary());
    try (TrainedPolicy policy = run.policy()) {
      assertNotNull(policy.spec());
    }
  }

  /// The wrappers around a [TrainedPolicy] do what they do around a simulator.
  @Test
  void aLoadedPolicyActsOnRawObservationsAsTheEvaluationDoes() {
    TrainedRun run =
        cartPole()
            .set(
                "environment.wrappers",
                "[{type: normalize-observation}, {type: frame-stack, count: 3}]")
            .train();
    Environments all = Environments.discover(List.of());
    WrappedEnvironments wrapping = new WrappedEnvironments(all, 1);
    Policies.Saved saved =
        Policies.read(
            run.folder().resolve("policy"),
            new ExperimentFile(AgentTypes.all(), EnvironmentRegistry.of(all)));
    try (Engine engine = EngineFactory.INSTALLED.open("cpu", 1, Precision.FP32);
        EvaluationEnvironment wrapped = wrapping.evaluation(saved.experiment().environment(), 1);
        VectorEnvironment raw = all.createVector("classic/cartpole-v1", Map.of(), 1, 1);
        Policy expected = saved.load(wrapped, engine);
        TrainedPolicy policy = run.policy()) {
      ActionBatch actions = new ActionBatch(raw.spec().actionSpace(), 1);
      RandomStream random = RandomStream.of(1, "test");
      StepBatch seen = wrapped.vector().reset(7);
      StepBatch shown = raw.reset(7);
      for (int step = 0; step < 300; step++) {
        expected.act(seen.observations(), seen.legalActions(), random, actions);
        float[] observation = shown.observations().toArray(ValueLayout.JAVA_FLOAT);
        assertEquals(actions.indices()[0], policy.act(observation), "step " + step);
        seen = wrapped.vector().step(actions);
        shown = raw.step(actions);
        if (shown.ended(0)) {
          policy.begin();
        }
      }
    }
  }

  @Test
  void allThatIsWrongWithSettingsIsToldAtOnce() {
    Trainer trainer = line().set("agent.batchsize", 8).set("training.agentSteps", 0);
    ConfigException refusal = assertThrows(ConfigException.class, trainer::train);
    assertEquals(
        """
        --set agent.batchsize=8: unknown key "batchsize" in agent; did you mean "batchSize"?
          agent.batchsize=8
                ^
        --set training.agentSteps=0: training.agentSteps must be at least 1, unless updates is the goal, got 0
          training.agentSteps=0
                              ^\
        """,
        refusal.getMessage());
  }

  @Test
  void anIdThatIsThereAlreadyIsRefused() {
    Trainer trainer = quick(Trainer.of("classic/cartpole-v1", () -> new Line(4)));
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, trainer::train).getMessage());
    assertTrue(
        message.startsWith("environment \"classic/cartpole-v1\" is already there, from ")
            && message.endsWith("; give another id"),
        message);
  }

  @Test
  void anIdOfAnotherFormIsRefused() {
    Trainer trainer = quick(Trainer.of("Line", () -> new Line(4)));
    assertEquals(
        "an id must be family/name-vN in lower case, like gridworld/maze-v0, got \"Line\"",
        assertThrows(IllegalArgumentException.class, trainer::train).getMessage());
  }

  @Test
  void aFolderThatHoldsNoPolicyIsRefused() {
    assertEquals(
        temporary
            + " holds no policy: it needs policy.json and weights.safetensors, which a run writes"
            + " with each checkpoint",
        refusal(() -> TrainedPolicy.load(temporary)));
  }

  @Test
  void aPolicyOfANewerVersionIsRefused() throws IOException {
    Path policy = line().train().folder().resolve("policy");
    Path json = policy.resolve("policy.json");
    Files.writeString(json, Files.readString(json).replace("\"format\" : 1", "\"format\" : 2"));
    assertEquals(
        json + " has format 2, this Jarl reads format 1: load it with the Jarl that wrote it",
        refusal(() -> TrainedPolicy.load(policy, () -> new Line(4))));
  }

  @Test
  void anEnvironmentThatIsNotThereIsRefused() {
    Path policy = line().train().folder().resolve("policy");
    assertEquals(
        policy
            + " was learned in own/line-v0, which is not on the class path; add its jar, or give"
            + " its class: TrainedPolicy.load(folder, MyEnvironment::new)",
        refusal(() -> TrainedPolicy.load(policy)));
  }

  @Test
  void anEnvironmentThatShowsSomethingElseIsRefused() {
    Path policy = line().train().folder().resolve("policy");
    String message = refusal(() -> TrainedPolicy.load(policy, () -> new Line(5)));
    assertTrue(
        message.startsWith("own/line-v0 is not what this policy was learned in: it was {"),
        message);
    assertTrue(message.contains("\"high\":[\"3.0\"]") && message.contains("\"high\":[\"4.0\"]"));
  }

  @Test
  void weightsOfAnotherNetworkAreRefused() throws IOException {
    Path policy = line().train().folder().resolve("policy");
    Path json = policy.resolve("policy.json");
    Files.writeString(json, ToyRuns.withoutHash(json).replaceFirst("16", "17"));
    String message = refusal(() -> TrainedPolicy.load(policy, () -> new Line(4)));
    assertTrue(message.startsWith("cannot load the policy in " + policy + ": "), message);
    assertTrue(message.contains("16") && message.contains("17"), message);
  }

  @Test
  void observationsAndActionsOfAnotherKindAreRefused() {
    try (TrainedPolicy policy = line().train().policy()) {
      assertEquals(
          "observation must have the numbers that own/line-v0 shows, 1 of shape [1], got 2",
          assertThrows(IllegalArgumentException.class, () -> policy.act(1, 2)).getMessage());
      assertEquals(
          "an action of own/line-v0 is of Discrete[n=2]; call act",
          assertThrows(IllegalStateException.class, () -> policy.actNumbers(1)).getMessage());
      assertEquals(
          "own/line-v0 has no mask of legal actions: call act without one",
          assertThrows(
                  IllegalArgumentException.class, () -> policy.act(new float[] {1}, new boolean[2]))
              .getMessage());
    }
  }

  private static String refusal(Runnable call) {
    return String.valueOf(assertThrows(UserErrorException.class, call::run).getMessage());
  }
}
