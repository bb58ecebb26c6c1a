package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.run.RunFolder;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Runs in processes of their own, which are really killed.
class ProcessTest {
  private static final String TOY =
      """
      environment: {id: toy/corridor-v0, count: 2}
      agent: {type: tabular, capacity: 3000}
      training: {agentSteps: 6000, checkpointPeriod: 400, metricsPeriod: 100}
      evaluation: {episodes: 7, period: 900, count: 3}
      device: cpu
      """;

  /// Every part of a DQN run in a few seconds, steps beside updates included.
  private static final String SMALL_DQN =
      """
      environment: {id: classic/cartpole-v1}
      agent:
        {type: dqn, nStep: 3, batchSize: 128, bufferCapacity: 2000, learningStarts: 500,
        updatePeriod: 2, targetUpdatePeriod: 100, doubleQ: true, dueling: true, overlap: true}
      training: {agentSteps: 5000, checkpointPeriod: 500, metricsPeriod: 250}
      evaluation: {episodes: 5, period: 1000}
      device: cpu
      """;

  @TempDir static Path shared;

  @TempDir Path temporary;

  @BeforeAll
  static void needsSignals() {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"));
  }

  private Children toy(int pauseMicros) throws IOException {
    Path config = Files.writeString(temporary.resolve("toy.yaml"), TOY);
    return new Children(config, "-D" + ToyMain.PAUSE + "=" + pauseMicros, ToyMain.class.getName());
  }

  /// The toy run in this process, never stopped, to compare with.
  private static Path whole() throws IOException {
    Path folder = shared.resolve("whole");
    if (!Files.exists(folder)) {
      Path config = Files.writeString(shared.resolve("toy.yaml"), TOY);
      Experiment experiment = ToyRuns.FILES.read(config, List.of()).experiment();
      assertEquals(0, new ToyRuns().train(experiment, folder));
    }
    return folder;
  }

  /// Killed when there is a checkpoint, and again when there are newer ones.
  @Test
  @Timeout(60)
  void aKilledRunEndsAsOneThatNeverStopped() throws Exception {
    Path folder = temporary.resolve("run");
    Children children = toy(200);
    Path checkpoints = folder.resolve("checkpoints");
    List<Path> before = List.of();
    for (int kill = 0; kill < 2; kill++) {
      Process child = children.trainOrResume(folder);
      while (before.equals(Checkpoints.list(checkpoints))) {
        Thread.sleep(1);
      }
      assertEquals(128 + 9, child.destroyForcibly().waitFor(), children::said);
      before = Checkpoints.list(checkpoints);
    }
    assertEquals(0, toy(0).resume(folder).waitFor(), children::said);
    assertEqualRuns(whole(), folder);
  }

  @Test
  @Tag("slow")
  void aRunKilledAtRandomMomentsEndsAsOneThatNeverStopped() throws Exception {
    killed(toy(100), Integer.getInteger("jarl.kill.count", 10));
  }

  /// The same with DQN, CartPole and the real command line; with the system property
  /// `jarl.kill.config` another config: `mvn test -Dtest=ProcessTest -Dexcluded.groups=
  /// -Djarl.kill.config=FILE`.
  @Test
  @Tag("slow")
  void aRealRunKilledAtRandomMomentsEndsAsOneThatNeverStopped() throws Exception {
    String given = System.getProperty("jarl.kill.config");
    Path config = given != null ? Path.of(given).toAbsolutePath() : dqn();
    killed(new Children(config, Jarl.class.getName()), Integer.getInteger("jarl.kill.count", 10));
  }

  @Test
  @Tag("slow")
  void oneAndTwoThreadsGiveTheSameHash() throws Exception {
    Children children = new Children(dqn(), Jarl.class.getName());
    Path one = temporary.resolve("one");
    Path two = temporary.resolve("two");
    assertEquals(0, children.train(one, "--threads", "1").waitFor(), children::said);
    assertEquals(0, children.train(two, "--threads", "2").waitFor(), children::said);
    assertEquals(ToyRuns.stateHash(one), ToyRuns.stateHash(two));
  }

  private Path dqn() throws IOException {
    return Files.writeString(temporary.resolve("dqn.yaml"), SMALL_DQN);
  }

  private static final String SMALL_PPO =
      """
      environment: {id: classic/cartpole-v1, count: 4}
      agent: {type: ppo, horizon: 128, minibatches: 4, epochs: 4}
      training: {agentSteps: 16384, checkpointPeriod: 2048, metricsPeriod: 1024}
      evaluation: {episodes: 5, period: 8192}
      device: cpu
      """;

  private static final String SMALL_PPO_LSTM =
      """
      environment: {id: gridworld/memory-v0, count: 8}
      agent:
        {type: ppo, horizon: 32, sequenceLength: 16, minibatches: 2, epochs: 2,
        policy: {memory: {type: lstm, units: 32}}}
      training: {agentSteps: 8192, checkpointPeriod: 1024, metricsPeriod: 512}
      evaluation: {episodes: 5, period: 4096}
      device: cpu
      """;

  private static final String SMALL_WALLBALL =
      """
      environment: {id: atari/wallball-v1, options: {protocol: cleanrl, maxFrames: 2000}}
      agent:
        {type: dqn, batchSize: 8, bufferCapacity: 2000, learningStarts: 300, updatePeriod: 8,
        network: {type: nips-cnn}, overlap: true}
      training: {agentSteps: 1000, checkpointPeriod: 200, metricsPeriod: 100}
      evaluation: {episodes: 1, count: 1, period: 500}
      device: cpu
      """;

  /// Kills, requests to stop and pauses of each kind of run; `-Djarl.kill.count=20` for as many as
  /// a release wants.
  private static final int SIGNALS = Integer.getInteger("jarl.kill.count", 2);

  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"dqn", "ppo", "ppo-lstm", "wallball"})
  void aRunThatGetsEverySignalAtRandomMomentsEndsAsOneThatNeverStopped(String kind)
      throws Exception {
    String config =
        switch (kind) {
          case "dqn" -> SMALL_DQN;
          case "ppo" -> SMALL_PPO;
          case "ppo-lstm" -> SMALL_PPO_LSTM;
          default -> SMALL_WALLBALL;
        };
    Path file = Files.writeString(temporary.resolve(kind + ".yaml"), config);
    stopped(
        new Children(file, Jarl.class.getName()), SIGNALS, List.of("TERM", "STOP", "INT", "KILL"));
  }

  private void killed(Children children, int kills) throws Exception {
    stopped(children, kills, List.of("KILL"));
  }

  /// The moments are drawn over the time that the uninterrupted run takes, start of the JVM
  /// included, so some fall before the first checkpoint and some into the writing of one. A run
  /// that gets to its end between two signals is compared, and another one is begun.
  private void stopped(Children children, int stops, List<String> signals) throws Exception {
    Path whole = temporary.resolve("whole");
    long start = System.nanoTime();
    assertEquals(0, children.train(whole).waitFor(), children::said);
    long millis = (System.nanoTime() - start) / 1_000_000;
    SplittableRandom random = new SplittableRandom(20);
    int run = 0;
    for (int stopped = 0; stopped < stops; ) {
      Path folder = temporary.resolve("stopped-" + run);
      Process child = children.trainOrResume(folder);
      String signal = signals.get(stopped % signals.size());
      if (!child.waitFor(random.nextLong(millis), TimeUnit.MILLISECONDS)) {
        boolean _ = send(child, signal);
        stopped++;
        if (signal.equals("STOP")) {
          Thread.sleep(300);
          boolean _ = send(child, "CONT");
        }
      }
      // It may have ended by itself before the signal came.
      int code = child.waitFor();
      if (code == 0) {
        assertEqualRuns(whole, folder);
        run++;
      } else {
        // Before Jarl listens, signals do what they do to any program.
        assertTrue(Set.of(128 + 9, 128 + 15, 130).contains(code), () -> code + children.said());
      }
    }
    Path last = temporary.resolve("stopped-" + run);
    assertEquals(0, children.trainOrResume(last).waitFor(), children::said);
    assertEqualRuns(whole, last);
  }

  /// Whether the child was still there to get it.
  private static boolean send(Process child, String signal) throws Exception {
    List<String> kill = List.of("kill", "-" + signal, Long.toString(child.pid()));
    return new ProcessBuilder(kill).start().waitFor() == 0;
  }

  private static void assertEqualRuns(Path expected, Path actual) throws IOException {
    assertEquals(ToyRuns.stateHash(expected), ToyRuns.stateHash(actual));
    assertEquals(
        Json.read(expected.resolve("summary.json")).get("evaluation"),
        Json.read(actual.resolve("summary.json")).get("evaluation"));
    assertEquals(metrics(expected), metrics(actual));
    for (String file : List.of("policy/weights.safetensors", "policy/policy.json")) {
      assertEquals(-1, Files.mismatch(expected.resolve(file), actual.resolve(file)), file);
    }
  }

  private static boolean finished(Path folder) {
    return Files.exists(folder.resolve("summary.json"));
  }

  private static List<String> metrics(Path folder) throws IOException {
    return Files.readAllLines(folder.resolve("metrics.jsonl")).stream()
        .filter(line -> !line.contains("Second"))
        .toList();
  }

  @Test
  @Timeout(60)
  void ctrlCEndsWith130AndACheckpointToGoOnFrom() throws Exception {
    Children children = toy(200);
    Path stopped = temporary.resolve("stopped");
    Process child = children.train(stopped);
    awaitFirstMetrics(stopped);
    signal(child, "INT");
    assertEquals(130, child.waitFor(), children::said);
    String said = children.said();
    assertTrue(said.contains("stopping with a checkpoint; Ctrl-C again stops at once"), said);
    assertTrue(said.contains("go on with: jarl resume " + stopped), said);
    assertFalse(finished(stopped));
    assertEquals(0, toy(0).resume(stopped).waitFor(), children::said);
    assertEqualRuns(whole(), stopped);
  }

  /// The agent sleeps through the first signal.
  @Test
  @Timeout(60)
  void aSecondCtrlCEndsAtOnce() throws Exception {
    Children children = toy(100_000_000);
    Path folder = temporary.resolve("run");
    Process child = children.train(folder);
    while (!children.said().contains("learning")) {
      Thread.sleep(5);
    }
    signal(child, "INT");
    while (!children.said().contains("Ctrl-C again stops at once")) {
      Thread.sleep(5);
    }
    signal(child, "INT");
    assertEquals(130, child.waitFor());
    assertFalse(Files.exists(folder.resolve("checkpoints")));
  }

  private static void awaitFirstMetrics(Path folder) throws Exception {
    Path metrics = folder.resolve("metrics.jsonl");
    while (!Files.exists(metrics) || Files.size(metrics) == 0) {
      Thread.sleep(5);
    }
  }

  private static void signal(Process child, String name) throws Exception {
    assertTrue(send(child, name));
  }

  @Test
  @Timeout(60)
  void aSecondProcessIsKeptOutOfTheFolder() throws Exception {
    Children children = toy(200);
    Path folder = temporary.resolve("run");
    Process child = children.train(folder);
    awaitFirstMetrics(folder);
    var refused = assertThrows(UserErrorException.class, () -> RunFolder.open(folder).close());
    assertEquals(
        folder
            + " is in use by process "
            + child.pid()
            + "; wait until it ends, or give another folder with --out",
        refused.getMessage());
    child.destroyForcibly().waitFor();
    RunFolder.open(folder).close();
  }

  /// Starts processes with this one's JVM and class path.
  private final class Children {
    private final Path config;
    private final List<String> program;
    private final Path said = temporary.resolve("said.txt");

    /// @param program options of the JVM, and the main class
    Children(Path config, String... program) {
      this.config = config;
      this.program = List.of(program);
    }

    Process train(Path folder, String... options) throws IOException {
      List<String> arguments = new ArrayList<>(List.of("train", config.toString()));
      arguments.addAll(List.of("--out", folder.toString()));
      arguments.addAll(List.of(options));
      return start(arguments.toArray(String[]::new));
    }

    Process resume(Path folder) throws IOException {
      return start("resume", folder.toString());
    }

    Process trainOrResume(Path folder) throws IOException {
      return Files.exists(folder.resolve("config.yaml")) ? resume(folder) : train(folder);
    }

    /// What they all said, in one text.
    String said() {
      try {
        return Files.readString(said);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Process start(String... arguments) throws IOException {
      List<String> command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "--enable-native-access=ALL-UNNAMED",
                  "--add-modules=jdk.incubator.vector",
                  "-cp",
                  System.getProperty("java.class.path")));
      command.addAll(program);
      command.addAll(List.of(arguments));
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()))
          .start();
    }
  }
}
