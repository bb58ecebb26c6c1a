package org.jarl.experiments.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.hostile.HostileCommands.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a plug-in does is told as its own, by every command.
class HostilePluginsTest {
  @TempDir static Path shared;

  @TempDir Path temporary;

  private static HostilePlugins plugins;

  @BeforeAll
  static void compile() {
    plugins = new HostilePlugins(shared);
  }

  private Path config() throws IOException {
    return Files.writeString(
        temporary.resolve("guest.yaml"),
        """
        environment: {id: hostile/guest-v0, count: 2}
        agent: {type: dqn, bufferCapacity: 500, learningStarts: 50, batchSize: 8}
        training: {agentSteps: 800, checkpointPeriod: 200, metricsPeriod: 100}
        evaluation: {episodes: 2, count: 1}
        device: cpu
        """);
  }

  private Outcome jarl(Path folder, String... arguments) throws Exception {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--plugins";
    all[arguments.length + 1] = folder.toString();
    Outcome outcome = HostileCommands.run(all);
    assertEquals("", outcome.fault(), String.join(" ", arguments));
    return outcome;
  }

  private Outcome train(Path folder) throws Exception {
    return jarl(
        folder,
        "train",
        config().toString(),
        "--threads",
        "1",
        "--out",
        temporary.resolve("run").toString());
  }

  @ParameterizedTest
  @CsvSource({
    "step:throw, step threw java.lang.IllegalStateException: \ufffd[31mred\ufffd step",
    "step:error, step threw java.lang.AssertionError: assert step",
    "step:memory, step threw java.lang.OutOfMemoryError: Java heap space",
    "step:mute, step threw guest.Guest$Mute (its toString threw java.lang.IllegalStateException)",
    "step:exit, 'step threw java.lang.IllegalStateException: a plug-in must not end the JVM, it"
        + " called exit or halt with 0'",
    "step:halt, 'step threw java.lang.IllegalStateException: a plug-in must not end the JVM, it"
        + " called exit or halt with 0'",
    "step:checked, step threw java.io.IOException: no disk",
    "step:stack, step threw java.lang.StackOverflowError",
    "save:throw, save threw java.lang.IllegalStateException: \ufffd[31mred\ufffd save",
  })
  void trainingNamesTheEnvironmentCallStepAndCheckpoint(String kind, String told) throws Exception {
    Path folder = plugins.folder(temporary, kind);
    Outcome outcome = train(folder);
    assertEquals(2, outcome.code());
    String first = outcome.err();
    assertTrue(first.startsWith("the environment failed at agent step "), first);
    assertTrue(first.contains("environment \"hostile/guest-v0\" failed in copy 0, "), first);
    assertTrue(first.contains("seed 1: " + told), first);
    assertTrue(first.strip().endsWith("; there is no checkpoint yet"), first);
  }

  @Test
  void aLateFailureNamesTheLastGoodCheckpoint() throws Exception {
    Outcome outcome = train(plugins.folder(temporary, "late:error"));
    assertEquals(2, outcome.code());
    assertTrue(
        outcome.err().contains("; the last good checkpoint is ")
            && outcome.err().strip().endsWith("step-600.ckpt"),
        outcome.err());
  }

  @ParameterizedTest
  @CsvSource({
    "describe:throw, describe threw java.lang.IllegalStateException: \ufffd[31mred\ufffd describe",
    "describe:null, describe returned null",
    "resolve:null, resolve returned null",
    "missing:error, missing threw java.lang.AssertionError: assert missing",
    "create:null, create returned null",
    "create:error, create threw java.lang.AssertionError: assert create",
  })
  void aProviderThatFailsIsNamedWithItsJar(String kind, String told) throws Exception {
    Path folder = plugins.folder(temporary, kind);
    Outcome outcome = train(folder);
    assertEquals(2, outcome.code());
    assertTrue(
        outcome
            .err()
            .contains(
                "the provider of \"hostile/guest-v0\" of "
                    + folder.resolve("guest.jar")
                    + " failed: "
                    + told),
        outcome.err());
    assertTrue(Files.notExists(temporary.resolve("run")), "a refused run leaves no folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ids:throw", "ids:null", "ids:exit", "construct:error", "missing:throw"})
  void aGuestThatCannotBeListedDoesNotHideTheOthers(String kind) throws Exception {
    Path folder = plugins.folder(temporary, kind);
    Outcome listed = jarl(folder, "envs");
    assertEquals(0, listed.code());
    assertTrue(listed.out().contains("classic/cartpole-v1"), listed.out());
    assertTrue(listed.err().contains("left out: "), listed.err());
    Path config =
        Files.writeString(
            temporary.resolve("cartpole.yaml"),
            """
            environment: {id: classic/cartpole-v1}
            agent: {type: dqn}
            training: {agentSteps: 100}
            """);
    Outcome checked = jarl(folder, "config", "check", config.toString());
    assertEquals(0, checked.code());
    assertEquals(!kind.startsWith("missing"), checked.err().contains("plug-in left out: "));
  }

  /// Listing must be cheap, so a call that does not answer is given up.
  @Test
  void aGuestThatDoesNotAnswerIsLeftOut() throws Exception {
    Outcome listed = jarl(plugins.folder(temporary, "ids:hang"), "envs");
    assertEquals(0, listed.code());
    assertTrue(listed.err().contains("no answer within 5 s"), listed.err());
  }

  @Test
  void twoJarsWithOneIdAreTold() throws Exception {
    Path folder = plugins.folder(temporary, "none:none");
    plugins.jar(folder.resolve("other.jar"), "none:none");
    Outcome outcome = train(folder);
    assertEquals(0, outcome.code(), outcome.err());
    assertEquals(
        "plug-in left out: "
            + folder.resolve("other.jar")
            + ": guest.Guest: environment \"hostile/guest-v0\" is already there, from guest.Guest"
            + " of "
            + folder.resolve("guest.jar")
            + "; this one is not used\n",
        outcome.err());
  }

  @Test
  void theReceiptNamesTheJarAndVerifyAndResumeSayWhenItIsAnother() throws Exception {
    Path folder = plugins.folder(temporary, "none:none");
    assertEquals(0, train(folder).code());
    Path run = temporary.resolve("run");
    var plugin = Json.read(run.resolve("receipt.json")).path("plugin");
    assertEquals(folder.resolve("guest.jar").toString(), plugin.path("jar").stringValue());
    assertTrue(plugin.path("hash").stringValue().startsWith("sha256:"), plugin.toString());
    plugins.jar(folder.resolve("guest.jar"), "none:other");
    String changed = "the environment is not from the plug-in of receipt.json: it was of ";
    Outcome verified = jarl(folder, "verify", run.toString());
    assertTrue(verified.out().contains(changed), verified.out() + verified.err());
    Files.delete(run.resolve("summary.json"));
    Outcome resumed = jarl(folder, "resume", run.toString());
    assertEquals(0, resumed.code());
    assertTrue(resumed.out().contains(changed), resumed.out());
    assertEquals(
        List.of("jar", "hash"),
        List.copyOf(
            Json.read(run.resolve("receipt.json"))
                .path("earlier")
                .path(0)
                .path("plugin")
                .propertyNames()));
  }
}
