package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jarl.agents.Policy;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.CheckpointReader;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.experiments.run.Policies;
import org.jarl.experiments.run.Receipt;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.run.Training;
import org.jarl.nn.DeviceException;
import org.jarl.nn.Precision;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class TrainingTest {
  @TempDir static Path shared;

  @TempDir Path temporary;

  /// A finished run, for tests that only look at one.
  private static Path finished() {
    Path folder = shared.resolve("finished");
    if (!Files.exists(folder)) {
      assertEquals(0, new ToyRuns().train(ToyRuns.experiment(), folder));
    }
    return folder;
  }

  private final ToyRuns runs = new ToyRuns();

  @Test
  void aFinishedRunLeavesTheWholeFolder() throws IOException {
    Path folder = finished();
    try (Stream<Path> files = Files.walk(folder)) {
      assertEquals(
          List.of(
              "",
              ".lock",
              "checkpoints",
              "checkpoints/step-1500.ckpt",
              "checkpoints/step-2000.ckpt",
              "config.yaml",
              "events.out.tfevents.jarl",
              "metrics.jsonl",
              "policy",
              "policy/policy.json",
              "policy/weights.safetensors",
              "receipt.json",
              "summary.json"),
          files.map(f -> folder.relativize(f).toString()).sorted().toList());
    }
  }

  @Test
  void theSizeOfTheReplayIsSaidBeforeTheRunStarts() {
    runs.train(ToyRuns.experiment("agent.capacity=64"), temporary.resolve("run"));
    String said = runs.said();
    int size = said.indexOf("replay 64 transitions");
    assertTrue(size >= 0 && size < said.indexOf("agent steps in"), said);
  }

  @Test
  void theSummaryHasTheNamesThatScriptsReadInTheirOrder() {
    Path folder = finished();
    JsonNode summary = Json.read(folder.resolve("summary.json"));
    assertEquals(
        List.of(
            "environment",
            "agent",
            "seed",
            "agentSteps",
            "frames",
            "episodes",
            "updates",
            "wallSeconds",
            "agentStepsPerSecond",
            "returnMean100",
            "evaluation",
            "device",
            "threads",
            "stateHash"),
        List.copyOf(summary.propertyNames()));
    assertEquals(
        List.of("episodes", "mean", "std", "iqm"),
        List.copyOf(summary.get("evaluation").propertyNames()));
    assertEquals("toy/corridor-v0", summary.get("environment").stringValue());
    assertEquals("tabular", summary.get("agent").stringValue());
    assertEquals(2000, summary.get("agentSteps").intValue());
    assertEquals(2000, summary.get("updates").intValue());
    assertEquals(7, summary.get("evaluation").get("episodes").intValue());
  }

  @Test
  void theReceiptNamesWhatComputedTheRunAndItsHash() {
    Path folder = finished();
    Receipt receipt = Receipt.read(folder.resolve("receipt.json"));
    assertEquals(ToyRuns.stateHash(folder), receipt.stateHash());
    assertEquals(new Device("cpu", Precision.FP32, 1, ""), receipt.device());
    assertEquals(2000, receipt.agentSteps());
    assertTrue(receipt.gitCommit().matches("[0-9a-f]{40}|unknown"), receipt.gitCommit());
  }

  @Test
  void theLearnedPolicyBeatsTheFirstOne() {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment("training.agentSteps=5000"), folder);
    double mean =
        Json.read(folder.resolve("summary.json")).get("evaluation").get("mean").doubleValue();
    assertTrue(mean > 0.8, "mean " + mean);
  }

  @Test
  void equalExperimentsEndWithEqualHashesAndOtherSeedsWithOthers() {
    for (String name : List.of("a", "b")) {
      runs.train(ToyRuns.experiment(), temporary.resolve(name));
    }
    runs.train(ToyRuns.experiment("seed=2"), temporary.resolve("c"));
    String hash = ToyRuns.stateHash(temporary.resolve("a"));
    assertEquals(hash, ToyRuns.stateHash(temporary.resolve("b")));
    assertFalse(hash.equals(ToyRuns.stateHash(temporary.resolve("c"))));
  }

  @Test
  void evaluationChangesNothingInTraining() {
    runs.train(ToyRuns.experiment(), temporary.resolve("with"));
    Path without = temporary.resolve("without");
    Experiment experiment = ToyRuns.experiment("evaluation.episodes=0", "evaluation.period=0");
    runs.train(experiment, without);
    assertTrue(Json.read(without.resolve("summary.json")).get("evaluation").isNull());
    // The state also says when the next evaluation is due, so only the learned part is comparable.
    assertEquals(-1, mismatch(temporary.resolve("with"), without, "policy/weights.safetensors"));
  }

  private static long mismatch(Path a, Path b, String file) {
    try {
      return Files.mismatch(a.resolve(file), b.resolve(file));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// Stops at many points, among them those where checkpoint, evaluation and metrics are due, and
  /// goes on: hash, metrics and result must be those of the run that was never stopped.
  @ParameterizedTest
  @ValueSource(longs = {2, 98, 100, 102, 498, 500, 502, 600, 998, 1000, 1200, 1500, 1798, 1998})
  void aStoppedRunGoesOnAsIfNothingHadHappened(long stopAt) throws IOException {
    Path whole = finished();
    Path stopped = temporary.resolve("stopped");
    trainUntil(stopAt, ToyRuns.experiment(), stopped);
    assertFalse(Files.exists(stopped.resolve("summary.json")));
    assertNull(Receipt.read(stopped.resolve("receipt.json")).stateHash());
    assertEquals(0, runs.resume(stopped), runs.said());
    assertEquals(ToyRuns.stateHash(whole), ToyRuns.stateHash(stopped));
    assertEquals(metrics(whole), metrics(stopped));
    JsonNode expected = Json.read(whole.resolve("summary.json"));
    JsonNode actual = Json.read(stopped.resolve("summary.json"));
    for (String name : List.of("episodes", "updates", "returnMean100", "evaluation")) {
      assertEquals(expected.get(name), actual.get(name), name);
    }
  }

  /// The memory has nine blocks: those that are written ahead of a checkpoint, too, change nothing.
  @ParameterizedTest
  @ValueSource(longs = {1002, 1398, 1800, 2500})
  void aStoppedRunWithAMemoryInBlocksGoesOnAsIfNothingHadHappened(long stopAt) throws IOException {
    String[] settings = {
      "agent.capacity=3000", "training.agentSteps=3000", "training.checkpointPeriod=1400"
    };
    Path whole = temporary.resolve("whole");
    runs.train(ToyRuns.experiment(settings), whole);
    Path stopped = temporary.resolve("stopped");
    trainUntil(stopAt, ToyRuns.experiment(settings), stopped);
    assertEquals(0, runs.resume(stopped), runs.said());
    assertEquals(ToyRuns.stateHash(whole), ToyRuns.stateHash(stopped));
    assertEquals(metrics(whole), metrics(stopped));
    try (Stream<Path> blocks = Files.list(stopped.resolve("checkpoints/blocks"))) {
      assertTrue(blocks.count() >= 9);
    }
  }

  /// What the metrics say without the clock's part.
  private static List<String> metrics(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("metrics.jsonl")).stream()
        .filter(line -> !line.contains("Second"))
        .toList();
  }

  private void trainUntil(long stopAt, Experiment experiment, Path path) {
    try (RunFolder folder = RunFolder.create(path)) {
      Disk.write(folder.config(), bytes(ToyRuns.FILES.write(experiment)));
      Training training =
          new Training(runs.tools, experiment, folder, new Device("cpu", Precision.AUTO, 1, ""));
      TabularAgent.onStep =
          steps -> {
            if (steps == stopAt) {
              training.stop();
            }
          };
      Training.Outcome outcome = training.run();
      assertEquals(stopAt, outcome.agentSteps());
      assertNull(outcome.summary());
    } finally {
      TabularAgent.onStep = steps -> {};
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void aFinishedRunSaysThatItIs() {
    Path folder = finished();
    assertEquals(0, runs.resume(folder));
    assertTrue(
        runs.said()
            .endsWith(
                folder
                    + " is finished: 2000 agent steps; to learn for longer, train with a larger"
                    + " training.agentSteps"
                    + System.lineSeparator()),
        runs.said());
  }

  @Test
  void aDivergedRunNamesTheTensorAndKeepsItsCheckpoint() {
    Path folder = temporary.resolve("run");
    var diverged =
        assertThrows(
            UserErrorException.class,
            () -> runs.train(ToyRuns.experiment("agent.divergeAt=1234"), folder));
    assertEquals(
        "learning diverged at agent step 1232: table holds NaN after update 1234; the last good"
            + " checkpoint is "
            + folder.resolve("checkpoints/step-1000.ckpt"),
        diverged.getMessage());
  }

  @Test
  void aRunWhoseDeviceIsLostKeepsItsCheckpointAndGoesOnFromIt() {
    Path folder = temporary.resolve("run");
    Path unbroken = temporary.resolve("unbroken");
    TabularAgent.onStep =
        steps -> {
          if (steps == 1500) {
            throw new DeviceException("the GPU is gone");
          }
        };
    try {
      var lost =
          assertThrows(UnavailableException.class, () -> runs.train(ToyRuns.experiment(), folder));
      assertEquals(
          "the GPU is gone; the last good checkpoint is "
              + folder.resolve("checkpoints/step-1000.ckpt")
              + "; go on with: jarl resume "
              + folder,
          lost.getMessage());
    } finally {
      TabularAgent.onStep = steps -> {};
    }
    new RunCommands(runs.tools).resume(folder, null);
    runs.train(ToyRuns.experiment(), unbroken);
    assertEquals(ToyRuns.stateHash(unbroken), ToyRuns.stateHash(folder));
  }

  @Test
  void aFailingEnvironmentIsNamedAndTheCheckpointBeforeStays() throws IOException {
    Path folder = temporary.resolve("run");
    var failed =
        assertThrows(
            UserErrorException.class,
            () -> runs.train(ToyRuns.experiment("environment.options.failAt=700"), folder));
    String message = String.valueOf(failed.getMessage());
    assertTrue(
        message.startsWith(
            "the environment failed at agent step 1398: environment \"toy/corridor-v0\" failed in"
                + " copy 0, step "),
        message);
    assertTrue(message.contains("seed 1: "), message);
    assertTrue(message.contains("the corridor collapsed"), message);
    assertTrue(message.endsWith("step-1000.ckpt"), message);
    Checkpoints kept =
        new Checkpoints(
            folder.resolve("checkpoints"),
            StateHash.of(Files.readAllBytes(folder.resolve("config.yaml"))),
            Disk.REAL);
    try (CheckpointReader newest = kept.newest(warning -> {})) {
      assertEquals(1000, newest == null ? -1 : newest.agentSteps());
    }
  }

  @Test
  void aFullDiskStopsTheRunWhichGoesOnWhenThereIsRoom() {
    Path folder = temporary.resolve("run");
    Disk full =
        file -> {
          if (file.endsWith("step-1000.ckpt.tmp")) {
            throw new IOException("No space left on device");
          }
          return Disk.REAL.create(file);
        };
    var failed =
        assertThrows(
            UnavailableException.class,
            () -> new ToyRuns(full).train(ToyRuns.experiment(), folder));
    assertEquals(
        "cannot write "
            + folder.resolve("checkpoints/step-1000.ckpt")
            + ": No space left on device. The last good checkpoint is step-500.ckpt; make room,"
            + " then go on with: jarl resume "
            + folder,
        failed.getMessage());
    assertEquals(0, runs.resume(folder));
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(folder));
  }

  @Test
  void aDamagedCheckpointIsNamedAndTheOneBeforeLeadsToTheSameEnd() throws IOException {
    Path folder = temporary.resolve("run");
    trainUntil(1700, ToyRuns.experiment(), folder);
    Path newest = folder.resolve("checkpoints/step-1700.ckpt");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length / 2] ^= 1;
    Files.write(newest, bytes);
    assertEquals(0, runs.resume(folder));
    String said = runs.said();
    assertTrue(said.contains("step-1700.ckpt is damaged: its state has the hash sha256:"), said);
    assertTrue(said.contains("going on from the checkpoint before: step-1500.ckpt"), said);
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(folder));
    assertEquals(metrics(finished()), metrics(folder));
  }

  @Test
  void aChangedConfigIsNotResumed() throws IOException {
    Path folder = temporary.resolve("run");
    trainUntil(400, ToyRuns.experiment(), folder);
    Path config = folder.resolve("config.yaml");
    String before = Files.readString(config);
    String after = before.replace("seed: 1", "seed: 2");
    Files.writeString(config, after);
    var refused = assertThrows(UserErrorException.class, () -> runs.resume(folder));
    assertEquals(
        "no checkpoint in "
            + folder.resolve("checkpoints")
            + " can be used: step-400.ckpt belongs to another config: it was written under "
            + StateHash.of(bytes(before))
            + ", this run's config.yaml is "
            + StateHash.of(bytes(after)),
        refused.getMessage());
  }

  @Test
  void aRunThatFinishesAfterItsLastCheckpointOnlyMeasuresAgain() throws IOException {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment(), folder);
    List<String> metrics = metrics(folder);
    String summary = Json.read(folder.resolve("summary.json")).get("evaluation").toString();
    Files.delete(folder.resolve("summary.json"));
    assertEquals(0, runs.resume(folder));
    assertEquals(metrics, metrics(folder));
    assertEquals(summary, Json.read(folder.resolve("summary.json")).get("evaluation").toString());
  }

  @Test
  void verifyRunsTheReceiptAgain() {
    Path folder = finished();
    assertEquals(0, new RunCommands(runs.tools).verify(folder));
    assertTrue(
        runs.said().contains("verified: the run gives " + ToyRuns.stateHash(folder) + " again"));
  }

  @Test
  void verifySeesAnotherHash() throws IOException {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment(), folder);
    Path receipt = folder.resolve("receipt.json");
    String hash = ToyRuns.stateHash(folder);
    String other = "sha256:" + "0".repeat(64);
    Files.writeString(receipt, Files.readString(receipt).replace(hash, other));
    assertEquals(1, new RunCommands(runs.tools).verify(folder));
    assertTrue(runs.said().contains("not verified: the receipt says " + other), runs.said());
  }

  @Test
  void verifyRefusesAnotherConfig() throws IOException {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment(), folder);
    Path config = folder.resolve("config.yaml");
    String before = Files.readString(config);
    String after = before.replace("seed: 1", "seed: 2");
    Files.writeString(config, after);
    var refused =
        assertThrows(UserErrorException.class, () -> new RunCommands(runs.tools).verify(folder));
    assertEquals(
        folder
            + ": config.yaml is not the one of the receipt: its hash is "
            + StateHash.of(bytes(after))
            + ", the receipt says "
            + StateHash.of(bytes(before)),
        refused.getMessage());
  }

  /// The same seed, steps and episodes give the same episodes as the evaluation of the run itself.
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5})
  void evalPlaysTheSavedPolicyAsTheRunDid(double epsilon) {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment("evaluation.epsilon=" + epsilon), folder);
    String before = runs.said();
    assertEquals(0, new RunCommands(runs.tools).evaluate(folder, null, null, "cpu", 1));
    String said = runs.said().substring(before.length());
    double mean = evaluated(folder);
    assertTrue(said.startsWith("policy of agent step 2,000" + System.lineSeparator()), said);
    String expected =
        String.format(Locale.ROOT, "evaluation over 7 episodes: mean %.2f, std ", mean);
    assertTrue(said.contains(expected), said);
  }

  @Test
  void drawnActionsAreMeasuredWhereTheConfigOrTheCommandLineSaysSo() {
    Path drawn = temporary.resolve("drawn");
    runs.train(ToyRuns.experiment("evaluation.actions=sample"), drawn);
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(drawn));
    assertTrue(evaluated(finished()) > evaluated(drawn), () -> "drawn: " + evaluated(drawn));
    assertEquals(evaluated(drawn), measured(drawn, null), 0.005);
    assertEquals(evaluated(drawn), measured(finished(), Policy.Choice.SAMPLE), 0.005);
    assertEquals(evaluated(finished()), measured(drawn, Policy.Choice.MODE), 0.005);
  }

  /// The mean that `jarl eval` says.
  private static double measured(Path folder, Policy.@Nullable Choice actions) {
    ToyRuns runs = new ToyRuns();
    assertEquals(0, new RunCommands(runs.tools).evaluate(folder, null, actions, "cpu", 1));
    return Double.parseDouble(runs.said().replaceAll("(?s).*: mean (\\S+), std.*", "$1"));
  }

  private static double evaluated(Path folder) {
    return Json.read(folder.resolve("summary.json")).get("evaluation").get("mean").doubleValue();
  }

  @Test
  void randomActionsAreForEvaluationAlone() {
    runs.train(ToyRuns.experiment(), temporary.resolve("greedy"));
    runs.train(ToyRuns.experiment("evaluation.epsilon=1"), temporary.resolve("random"));
    assertEquals(
        ToyRuns.stateHash(temporary.resolve("greedy")),
        ToyRuns.stateHash(temporary.resolve("random")));
    double greedy = evaluated(temporary.resolve("greedy"));
    double random = evaluated(temporary.resolve("random"));
    assertTrue(greedy > random + 0.1, greedy + " and at random " + random);
  }

  /// Pendulum's actions are numbers.
  @Test
  void randomActionsThatThereAreNotAreRefusedBeforeTheFirstStep() throws IOException {
    EnvironmentRegistry found = EnvironmentRegistry.discover(null);
    ExperimentFile files = new ExperimentFile(Map.of("tabular", TabularConfig.class), found);
    Path config =
        Files.writeString(
            temporary.resolve("pendulum.yaml"),
            """
            environment: {id: classic/pendulum-v1}
            agent: {type: tabular}
            training: {agentSteps: 2000}
            evaluation: {epsilon: 0.05}
            """);
    Experiment experiment = files.read(config, List.of()).experiment();
    RunTools tools =
        new RunTools(
            files,
            new WrappedEnvironments(found.environments(), 1),
            FakeEngine::open,
            runs.tools.out(),
            false);
    TabularAgent.onStep = steps -> fail("step " + steps + " was taken");
    try (RunFolder folder = RunFolder.create(temporary.resolve("run"))) {
      var refused =
          assertThrows(
              UserErrorException.class, () -> new RunCommands(tools).train(experiment, folder, 1));
      String message = String.valueOf(refused.getMessage());
      assertTrue(
          message.startsWith("evaluation.epsilon must be 0 where actions are numbers, got 0.05"),
          message);
    } finally {
      TabularAgent.onStep = steps -> {};
    }
  }

  @Test
  void evalNeedsARunAndAPolicy() {
    var commands = new RunCommands(runs.tools);
    Path missing = temporary.resolve("missing");
    assertEquals(
        missing + " is not a run folder: there is no such folder",
        assertThrows(UserErrorException.class, () -> commands.evaluate(missing, 5, null, "cpu", 1))
            .getMessage());
    assertEquals(
        temporary + " is not a run folder: it has no config.yaml",
        assertThrows(
                UserErrorException.class, () -> commands.evaluate(temporary, 5, null, "cpu", 1))
            .getMessage());
  }

  @Test
  void aPolicyOfAnotherEnvironmentIsRefused() throws IOException {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment(), folder);
    Path json = folder.resolve("policy/policy.json");
    Files.writeString(
        json, ToyRuns.withoutHash(json).replace("\"timeLimit\" : 50", "\"timeLimit\" : 60"));
    var refused =
        assertThrows(
            UserErrorException.class,
            () -> new RunCommands(runs.tools).evaluate(folder, 5, null, "cpu", 1));
    String spec =
        "{\"observation\":{\"type\":\"f32\",\"shape\":[1],\"low\":[\"0.0\"],\"high\":[\"6.0\"]},"
            + "\"action\":{\"type\":\"discrete\",\"n\":2},\"timeLimit\":%d,\"masksActions\":false}";
    assertEquals(
        "toy/corridor-v0 is not what this policy was learned in: it was "
            + spec.formatted(60)
            + ", it is "
            + spec.formatted(50),
        refused.getMessage());
  }

  @Test
  void anUnknownKeyInAPolicyIsRefused() throws IOException {
    Path folder = temporary.resolve("run");
    runs.train(ToyRuns.experiment(), folder);
    Path json = folder.resolve("policy/policy.json");
    Files.writeString(
        json,
        Files.readString(json)
            .replace("\"agentSteps\" : 2000", "\"agentSteps\" : 2000, \"x\" : 1"));
    var refused =
        assertThrows(
            UserErrorException.class, () -> Policies.read(folder.resolve("policy"), ToyRuns.FILES));
    assertEquals(
        json
            + " has the unknown key \"x\"; known are [format, agentSteps, experiment, spec,"
            + " normalizers, hash]",
        refused.getMessage());
  }

  @Test
  void aPolicyKeepsTheExperimentAndTheStatistics() {
    Path folder = temporary.resolve("run");
    Experiment experiment = ToyRuns.experiment("agent.learningRate=0.125", "seed=3");
    runs.train(experiment, folder);
    Policies.Saved saved = Policies.read(folder.resolve("policy"), ToyRuns.FILES);
    assertEquals(experiment, saved.experiment());
    assertEquals(2000, saved.agentSteps());
    assertEquals(1, saved.normalizers().size());
    assertEquals(2, saved.normalizers().getFirst()[1]);
  }
}
