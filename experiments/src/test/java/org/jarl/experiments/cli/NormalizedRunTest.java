package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.nn.Engines;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A real run whose observations and rewards are normalized: what a policy needs of the statistics
/// goes where the policy goes.
class NormalizedRunTest {
  private static final String CONFIG =
      """
      environment:
        id: classic/cartpole-v1
        count: 4
        wrappers: [{type: normalize-observation}, {type: normalize-reward, gamma: 0.9}]
      agent:
        {type: ppo, gamma: 0.9, horizon: 25, minibatches: 4, epochs: 2,
        policy: {network: {type: mlp, hiddenSizes: [16]}}}
      training: {agentSteps: 1200, checkpointPeriod: 400, metricsPeriod: 200}
      evaluation: {episodes: 5, period: 600, count: 2}
      device: cpu
      """;

  @TempDir private static Path folder;
  private static Path run;

  @TempDir private Path temporary;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final RunCommands commands = new RunCommands(tools(said));

  private static RunTools tools(ByteArrayOutputStream said) {
    EnvironmentRegistry found = EnvironmentRegistry.discover(null);
    return new RunTools(
        new ExperimentFile(AgentTypes.all(), found),
        new WrappedEnvironments(found.environments(), 1),
        Engines::open,
        new PrintStream(said, true, StandardCharsets.UTF_8),
        false);
  }

  @BeforeAll
  static void train() throws IOException {
    Path config = Files.writeString(folder.resolve("normalized.yaml"), CONFIG);
    RunTools tools = tools(new ByteArrayOutputStream());
    Experiment experiment = tools.files().read(config, List.of()).experiment();
    run = folder.resolve("run");
    try (RunFolder taken = RunFolder.create(run)) {
      assertEquals(0, new RunCommands(tools).train(experiment, taken, 1));
    }
  }

  private static JsonNode summary(Path of) {
    return Json.read(of.resolve("summary.json"));
  }

  /// A copy of the run that can be spoilt.
  private Path copy() throws IOException {
    Path copy = temporary.resolve("copy");
    for (Path file : SourceTree.filesIn(run, "")) {
      if (Files.isRegularFile(file)) {
        Path to = copy.resolve(run.relativize(file));
        Files.createDirectories(to.getParent());
        Files.copy(file, to);
      }
    }
    return copy;
  }

  /// The first observations and the one of every step count, and so do last ones of episodes.
  @Test
  void thePolicyFolderHoldsWhatAllCopiesHaveSeen() {
    JsonNode normalizers = Json.read(run.resolve("policy/policy.json")).get("normalizers");
    assertEquals(1, normalizers.size());
    assertEquals(9, normalizers.get(0).size());
    double seen = 4 + 1200 + summary(run).get("episodes").intValue();
    assertEquals(seen, normalizers.get(0).get(0).doubleValue(), 0.001);
  }

  @Test
  void evalActsOnTheSavedStatistics() throws IOException {
    double mean = summary(run).get("evaluation").get("mean").doubleValue();
    assertEquals(String.format(Locale.ROOT, "%.2f", mean), evaluated(run));
    Path copy = copy();
    Path policy = copy.resolve("policy/policy.json");
    String whole = Files.readString(policy);
    int at = whole.indexOf("\"normalizers\"");
    String others = "\"normalizers\" : [ [ 1, 0, 0, 0, 0, 1e4, 1e4, 1e-4, 1e4 ] ]\n}\n";
    Files.writeString(policy, whole.substring(0, at) + others);
    assertNotEquals(evaluated(run), evaluated(copy));
  }

  /// The mean that `jarl eval` says.
  private String evaluated(Path of) {
    said.reset();
    assertEquals(0, commands.evaluate(of, null, null, "cpu", 1));
    return said.toString(StandardCharsets.UTF_8).replaceAll("(?s).*: mean (\\S+), std.*", "$1");
  }

  /// CartPole pays 1 for each step, so an episode of any policy has a whole number of at least 8.
  @Test
  void returnsAreThoseOfTheEnvironment() {
    JsonNode summary = summary(run);
    double lengths = 1200.0 / summary.get("episodes").intValue();
    assertEquals(lengths, summary.get("returnMean100").doubleValue(), lengths / 4);
    double sum = 5 * summary.get("evaluation").get("mean").doubleValue();
    assertEquals(Math.rint(sum), sum, 1e-9);
    assertTrue(sum >= 5 * 8, "sum " + sum);
  }

  /// As after a kill before the last checkpoint.
  @Test
  void theStatisticsGoOnFromACheckpoint() throws IOException {
    Path copy = copy();
    Files.delete(copy.resolve("summary.json"));
    Files.delete(copy.resolve("checkpoints/step-1200.ckpt"));
    assertEquals(0, commands.resume(copy, 1));
    String text = said.toString(StandardCharsets.UTF_8);
    assertEquals(summary(run).get("stateHash"), summary(copy).get("stateHash"), text);
    assertEquals(summary(run).get("evaluation"), summary(copy).get("evaluation"));
    assertEquals(-1, Files.mismatch(policy(run), policy(copy)));
  }

  private static Path policy(Path of) {
    return of.resolve("policy/policy.json");
  }
}
