package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.report.Report;
import org.jarl.experiments.run.Policies;
import org.jarl.experiments.run.RunFolder;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Run folders in which something is not as a run leaves it.
@Timeout(30)
class DamagedRunTest {
  @TempDir Path temporary;

  private final ToyRuns runs = new ToyRuns();
  private Path run;

  @BeforeEach
  void train() {
    assumeFalse(System.getProperty("os.name").startsWith("Windows"));
    run = temporary.resolve("run");
    assertEquals(0, runs.train(ToyRuns.experiment(), run));
  }

  private void unfinish() throws IOException {
    Files.delete(run.resolve("summary.json"));
  }

  private Path older() {
    return Checkpoints.list(run.resolve("checkpoints")).get(1);
  }

  private void pipe(Path file) throws IOException, InterruptedException {
    Files.deleteIfExists(file);
    assertEquals(0, new ProcessBuilder("mkfifo", file.toString()).inheritIO().start().waitFor());
  }

  private String refused(Runnable call) {
    return String.valueOf(assertThrows(UserErrorException.class, call::run).getMessage());
  }

  // ---- checkpoints

  @ParameterizedTest
  @ValueSource(
      strings = {"dangling link", "loop", "folder", "full folder", "pipe", "no permission"})
  void anOlderCheckpointThatCannotBeOpenedDoesNotMatterToTheNewest(String kind) throws Exception {
    unfinish();
    Path file = older();
    Files.delete(file);
    switch (kind) {
      case "dangling link" -> Files.createSymbolicLink(file, Path.of("nowhere"));
      case "loop" -> Files.createSymbolicLink(file, file.getFileName());
      case "folder" -> Files.createDirectory(file);
      case "full folder" -> Files.createDirectories(file.resolve("inside"));
      case "pipe" -> pipe(file);
      default -> {
        Files.write(file, new byte[10]);
        file.toFile().setReadable(false);
      }
    }
    assertEquals(0, runs.resume(run));
    assertTrue(RunFolder.isFinished(run));
  }

  @ParameterizedTest
  @ValueSource(strings = {"folder", "full folder", "pipe", "dangling link"})
  void aNewestCheckpointThatCannotBeOpenedIsSetAside(String kind) throws Exception {
    unfinish();
    Path file = Checkpoints.list(run.resolve("checkpoints")).getFirst();
    String hash = ToyRuns.stateHash(finished());
    Files.delete(file);
    switch (kind) {
      case "folder" -> Files.createDirectory(file);
      case "full folder" -> Files.createDirectories(file.resolve("inside"));
      case "dangling link" -> Files.createSymbolicLink(file, Path.of("nowhere"));
      default -> pipe(file);
    }
    assertEquals(0, runs.resume(run));
    assertEquals(hash, ToyRuns.stateHash(run));
    String said = runs.said();
    assertTrue(said.contains(file.getFileName() + " cannot be read: "), said);
    assertTrue(said.contains("going on from the checkpoint before: "), said);
  }

  private Path finished() {
    Path whole = temporary.resolve("whole");
    assertEquals(0, new ToyRuns().train(ToyRuns.experiment(), whole));
    return whole;
  }

  /// A state that is whole by its hashes and was written by nobody.
  @Test
  void aForgedCheckpointIsRefusedByName() throws Exception {
    unfinish();
    List<Path> all = Checkpoints.list(run.resolve("checkpoints"));
    for (Path file : all) {
      Forged.body(file, body -> Arrays.fill(body, 24, body.length, (byte) 0x7f));
    }
    String message = refused(() -> runs.resume(run));
    assertTrue(
        message.startsWith(all.getFirst().getFileName() + " cannot be taken up by this version of"),
        message);
  }

  // ---- metrics, summary, receipt

  @Test
  void aCutMetricsFileIsCutToItsLastWholeLineAndSaid() throws Exception {
    unfinish();
    Path metrics = run.resolve("metrics.jsonl");
    byte[] bytes = Files.readAllBytes(metrics);
    Files.write(metrics, Arrays.copyOf(bytes, bytes.length / 2 - 3));
    assertEquals(0, runs.resume(run));
    assertTrue(runs.said().contains(metrics + " has lost "), runs.said());
    List<String> left = new ArrayList<>();
    Report report = Report.of(List.of(run), left::add);
    assertEquals(1, report.runs());
    assertEquals(List.of(), left);
  }

  @Test
  void aSummaryThatIsAFolderDoesNotFinishARun() throws Exception {
    unfinish();
    Files.createDirectory(run.resolve("summary.json"));
    assertFalse(RunFolder.isFinished(run));
    assertEquals(1, Report.of(List.of(run), _ -> {}).runs());
  }

  @ParameterizedTest
  @ValueSource(strings = {"receipt.json", "config.yaml"})
  void aPipeInPlaceOfAFileIsNotWaitedFor(String name) throws Exception {
    unfinish();
    pipe(run.resolve(name));
    String message = refused(() -> runs.resume(run));
    assertEquals(
        name.equals("receipt.json")
            ? "cannot read " + run.resolve(name) + ": it is a pipe or a device, not a regular file"
            : run + " is not a run folder: it has no config.yaml",
        message);
  }

  @Test
  void threadsOfAReceiptAreBounded() throws Exception {
    unfinish();
    Path receipt = run.resolve("receipt.json");
    String text = Files.readString(receipt);
    Files.writeString(receipt, text.replaceFirst("\"threads\" : \\d+", "\"threads\" : 2000000000"));
    assertEquals(
        receipt + ": \"threads\" must be in 1 .. 4,096, got 2,000,000,000",
        refused(() -> runs.resume(run)));
  }

  // ---- reports

  @Test
  void aReportLeavesOutWhatIsNoRunAndSaysSo() throws Exception {
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    List<String> left = new ArrayList<>();
    assertEquals(1, Report.of(List.of(empty, run), left::add).runs());
    assertEquals(
        List.of("run left out: " + empty + " is not a run folder: it has no config.yaml"), left);
    assertEquals(
        empty + " is not a run folder: it has no config.yaml",
        refused(() -> Report.of(List.of(empty), left::add)));
  }

  @Test
  void aReportReadsConfigsByTheRulesOfExperiments() throws Exception {
    Path config = run.resolve("config.yaml");
    String text = Files.readString(config);
    for (String bad :
        List.of(
            text + "\nx: &a [*a]\n",
            text + "\nx: " + "[".repeat(5_000) + "]".repeat(5_000) + "\n",
            text + "\n? [a]\n: 1\n")) {
      Files.writeString(config, bad);
      String message = refused(() -> Report.of(List.of(run), _ -> {}));
      assertTrue(message.startsWith(config.toString()), message);
    }
    Files.writeString(config, text + "\nx: " + "9".repeat(400) + "\n");
    assertEquals(1, Report.of(List.of(run), _ -> {}).runs());
  }

  @Test
  void aLineWithoutEndIsRefusedWithoutReadingIt() throws Exception {
    Path metrics = run.resolve("metrics.jsonl");
    try (FileChannel channel = FileChannel.open(metrics, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {'x'}), 300_000_000);
    }
    String message = refused(() -> Report.of(List.of(run), _ -> {}));
    assertTrue(
        message.startsWith(metrics + ":")
            && message.endsWith(": a line of more than 100,000 bytes is none of a run's"),
        message);
  }

  // ---- policies

  @Test
  void aPolicyWhoseFilesAreOfTwoRunsIsRefused() throws Exception {
    Path other = temporary.resolve("other");
    assertEquals(0, runs.train(ToyRuns.experiment("seed=5"), other));
    Path weights = Path.of("policy/weights.safetensors");
    Files.copy(
        other.resolve(weights),
        run.resolve(weights),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    String message = refused(() -> new RunCommands(runs.tools).evaluate(run, 5, null, "cpu", 1));
    assertTrue(
        message.startsWith(
            "weights.safetensors and policy.json in "
                + run.resolve("policy")
                + " do not belong together, or one was changed: their hash is sha256:"),
        message);
    assertTrue(
        message.endsWith(
            "; take both from one run, or for a file that you have changed on purpose delete its"
                + " key \"hash\""),
        message);
  }

  /// As a kill between the two renames leaves it.
  @Test
  void aPolicyThatWasHalfExchangedIsTheNewOne() throws Exception {
    Path policy = run.resolve("policy");
    Path old = temporary.resolve("old");
    assertEquals(0, runs.train(ToyRuns.experiment("training.agentSteps=1000"), old));
    Files.move(policy.resolve("policy.json"), policy.resolve("policy.json.tmp"));
    Files.copy(old.resolve("policy/policy.json"), policy.resolve("policy.json"));
    assertEquals(2000, Policies.read(policy, ToyRuns.FILES).agentSteps());
  }

  @Test
  void aPolicyWithoutHashIsReadAsBefore() throws Exception {
    Path json = run.resolve("policy/policy.json");
    Files.writeString(json, ToyRuns.withoutHash(json));
    assertEquals(2000, Policies.read(run.resolve("policy"), ToyRuns.FILES).agentSteps());
  }

  // ---- what a refusal leaves

  @Test
  void aRunThatIsRefusedLeavesNoFolder() throws Exception {
    Path folder = temporary.resolve("refused");
    assertThrows(
        RuntimeException.class,
        () -> runs.train(ToyRuns.experiment("environment.options.length=-1"), folder));
    assertFalse(Files.exists(folder));
    Files.createDirectory(folder);
    assertThrows(
        RuntimeException.class,
        () -> runs.train(ToyRuns.experiment("environment.options.length=-1"), folder));
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /// Checkpoints with another body and the hashes that it needs.
  private static final class Forged {
    interface Change {
      void on(byte[] body);
    }

    static void body(Path file, Change change) throws Exception {
      byte[] all = Files.readAllBytes(file);
      ByteBuffer view = ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN);
      int trailer = all.length - 112;
      int length = (int) view.getLong(trailer + 8);
      byte[] body = Arrays.copyOfRange(all, 64, 64 + length);
      change.on(body);
      System.arraycopy(body, 0, all, 64, length);
      var sha = java.security.MessageDigest.getInstance("SHA-256");
      System.arraycopy(sha.digest(body), 0, all, trailer + 48, 32);
      sha.update(all, 0, 64);
      sha.update(all, 64 + length, trailer - 64 - length);
      sha.update(all, trailer, 80);
      System.arraycopy(sha.digest(), 0, all, trailer + 80, 32);
      Files.write(file, all);
    }
  }
}
