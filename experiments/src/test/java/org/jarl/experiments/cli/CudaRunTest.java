package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.DeviceTest;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.experiments.run.Receipt;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.run.Training;
import org.jarl.experiments.run.TrainingListener;
import org.jarl.nn.Engines;
import org.jarl.nn.Precision;
import org.jarl.nn.cuda.EmulatedDriver;
import org.jarl.nn.cuda.WithEmulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands on a GPU, and what they say when it is missing or fails.
@WithEmulatedDriver(only = true)
class CudaRunTest {
  private static final String CONFIG =
      SourceTree.root().resolve("experiments/configs/cartpole-dqn-quick.yaml").toString();

  /// Updates from step 900, checkpoints at 500 and 1000, an evaluation at 1100.
  private static final List<String> CUT =
      List.of(
          "training.agentSteps=1300",
          "training.checkpointPeriod=500",
          "evaluation.period=1100",
          "evaluation.episodes=3",
          "agent.learningStarts=900",
          "agent.updatePeriod=4",
          "agent.batchSize=16",
          "agent.network.hiddenSizes=[20, 12]");

  private static final int OUT_OF_MEMORY = 2;
  private static final int NO_DEVICE = 100;
  private static final int UNKNOWN = 999;

  @TempDir static Path shared;
  @TempDir Path temporary;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  @AfterEach
  void reset() {
    EmulatedDriver.reset();
    EmulatedDriver.configure("quiet", 1);
  }

  private int jarl(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Jarl.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private int train(Path folder, String... more) {
    List<String> args = new ArrayList<>(List.of("train", CONFIG, "--out", folder.toString()));
    args.addAll(List.of("--device", "cuda", "--threads", "1"));
    CUT.forEach(setting -> args.addAll(List.of("--set", setting)));
    args.addAll(List.of(more));
    return jarl(args.toArray(String[]::new));
  }

  private int resume(Path folder) {
    return jarl("resume", folder.toString());
  }

  /// A finished run, for tests that only look at one.
  private Path finished() {
    Path folder = shared.resolve("finished");
    if (!Files.exists(folder)) {
      assertEquals(0, train(folder), err::toString);
    }
    return folder;
  }

  private static Receipt receipt(Path folder) {
    return Receipt.read(folder.resolve("receipt.json"));
  }

  @Test
  void theReceiptNamesTheGpuAndItsPrecision() {
    Receipt receipt = receipt(finished());
    assertEquals(new Device("cuda", Precision.TF32, 1, ""), receipt.device());
    assertEquals(1300, receipt.agentSteps());
    String description = receipt.deviceDescription();
    assertTrue(description.startsWith("cuda, Emulated device 0 (compute capability "), description);
    assertTrue(description.endsWith(", tf32"), description);
  }

  /// When work is started and while it is done, and before there is a checkpoint.
  @ParameterizedTest
  @CsvSource({
    "cuGraphLaunch,180,launching a graph,step-1000.ckpt",
    "kernel,2000,waiting for the device,.ckpt",
    "cuEventSynchronize,20,waiting for the device,there is no checkpoint yet"
  })
  void aRunWhoseGpuIsLostGoesOnFromItsCheckpoint(
      String function, int calls, String doing, String kept) {
    Path folder = temporary.resolve("run");
    EmulatedDriver.fail(function, UNKNOWN, calls);
    assertEquals(69, train(folder), err::toString);
    String said = err.toString();
    assertTrue(said.startsWith("Emulated device 0: " + doing + " failed with "), said);
    assertTrue(said.endsWith(kept + "; go on with: jarl resume " + folder + "\n"), said);
    assertEquals(1, said.lines().count());
    assertNull(receipt(folder).stateHash());
    EmulatedDriver.reset();
    assertEquals(0, resume(folder), err::toString);
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(folder));
  }

  /// What the first evaluation needs is not there any more.
  @Test
  void aRunThatFindsNoMoreMemoryGoesOnFromItsCheckpoint() {
    Path folder = temporary.resolve("run");
    Disk disk =
        file -> {
          if (file.endsWith("step-1000.ckpt.tmp")) {
            EmulatedDriver.fail("cuMemAlloc_v2", OUT_OF_MEMORY, 0);
          }
          return Disk.REAL.create(file);
        };
    Experiment experiment = experiment();
    var full =
        assertThrows(
            UnavailableException.class,
            () -> {
              try (RunFolder taken = RunFolder.create(folder)) {
                new RunCommands(tools(disk)).train(experiment, taken, 1);
              }
            });
    String said = String.valueOf(full.getMessage());
    assertTrue(said.startsWith("Emulated device 0 has no memory left for "), said);
    assertTrue(said.contains("; the last good checkpoint is "), said);
    assertTrue(said.endsWith("step-1000.ckpt; go on with: jarl resume " + folder), said);
    EmulatedDriver.reset();
    assertEquals(0, resume(folder), err::toString);
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(folder));
  }

  /// When the second checkpoint is written, somebody asks for the end.
  @Test
  void aStoppedRunGoesOnAsIfNothingHadHappened() {
    Path path = temporary.resolve("run");
    Experiment experiment = experiment();
    Training[] training = new Training[1];
    Disk disk =
        file -> {
          if (file.endsWith("step-1000.ckpt.tmp")) {
            training[0].stop();
          }
          return Disk.REAL.create(file);
        };
    try (RunFolder folder = RunFolder.create(path)) {
      byte[] config = files().write(experiment).getBytes(StandardCharsets.UTF_8);
      Disk.write(folder.config(), config);
      Device device = new Device("cuda", Precision.AUTO, 1, "");
      training[0] = new Training(tools(disk), experiment, folder, device);
      assertNull(training[0].run().summary());
    }
    assertEquals(0, resume(path), err::toString);
    assertEquals(ToyRuns.stateHash(finished()), ToyRuns.stateHash(path));
  }

  private static ExperimentFile files() {
    return new ExperimentFile(AgentTypes.all(), EnvironmentRegistry.discover(null));
  }

  private static Experiment experiment() {
    List<String> settings = new ArrayList<>(CUT);
    settings.add("device=cuda");
    return files().read(Path.of(CONFIG), settings).experiment();
  }

  private static RunTools tools(Disk disk) {
    return new RunTools(
        files(),
        new WrappedEnvironments(EnvironmentRegistry.discover(null).environments(), 1),
        Engines::open,
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
        false,
        disk,
        TrainingListener.NOBODY);
  }

  @Test
  void aRunThatDoesNotFitIsRefusedWithBothNumbers() {
    EmulatedDriver.configure("memory", 1 << 20);
    Path folder = temporary.resolve("run");
    assertEquals(69, train(folder, "--set", "agent.network.hiddenSizes=[2000, 2000]"));
    String said = err.toString();
    assertTrue(said.startsWith("Emulated device 0 has no memory left for "), said);
    assertTrue(said.contains(" of 1.0 MiB are free; "), said);
    assertTrue(said.contains("; there is no checkpoint yet; go on with: jarl resume"), said);
  }

  @Test
  void aPolicyIsPlayedOnAnyDevice() {
    String run = finished().toString();
    assertEquals(0, jarl("eval", run, "--device", "cuda", "--threads", "1"), err::toString);
    assertEquals(0, jarl("eval", run, "--device", "cpu", "--threads", "1"), err::toString);
    EmulatedDriver.configure("devices", 0);
    assertEquals(69, jarl("eval", run, "--device", "cuda"));
    assertTrue(err.toString().startsWith("device cuda cannot be used: "), err.toString());
    assertEquals(1, err.toString().lines().count());
  }

  @Test
  void aPolicyOfAPrecisionThatOnlyGpusHaveIsPlayedOnTheProcessorToo() {
    Path folder = temporary.resolve("run");
    String[] short32 = {"--set", "precision=bf16", "--set", "training.agentSteps=920"};
    assertEquals(0, train(folder, short32), err::toString);
    assertEquals(Precision.BF16, receipt(folder).device().precision());
    for (String device : List.of("cuda", "cpu", "auto")) {
      assertEquals(0, jarl("eval", folder.toString(), "--device", device), err::toString);
    }
  }

  @Test
  void aGpuThatIsLostWhereThereIsNothingToGoOnWithIsNamedAlone() {
    String run = finished().toString();
    for (List<String> command :
        List.of(List.of("eval", run, "--device", "cuda"), List.of("verify", run))) {
      EmulatedDriver.reset();
      EmulatedDriver.fail("cuGraphLaunch", UNKNOWN, 5);
      assertEquals(69, jarl(command.toArray(String[]::new)));
      String said = err.toString();
      assertTrue(said.startsWith("Emulated device 0: launching a graph failed with "), said);
      assertTrue(said.endsWith("see nvidia-smi and the system's log\n"), said);
      assertEquals(1, said.lines().count());
    }
  }

  @Test
  void aFinishedRunIsVerifiedOnTheGpu() {
    assertEquals(0, jarl("verify", finished().toString()), err::toString);
  }

  @Test
  void autoTakesTheGpuForConvolutionsAlone() {
    Device pictures = DeviceTest.chosen("atari-wallball-dqn-quick.yaml");
    assertEquals("cuda (auto: the network has convolutions)", pictures.name() + pictures.reason());
    assertEquals("cpu", DeviceTest.chosen("cartpole-dqn.yaml").name());
    EmulatedDriver.configure("devices", 0);
    assertEquals("cpu", DeviceTest.chosen("atari-wallball-dqn-quick.yaml").name());
  }

  @Test
  void theDoctorNamesTheGpuOrWhatIsMissing() {
    jarl("doctor");
    String said = out.toString();
    assertTrue(said.contains("ok    engine cuda    cuda, Emulated device 0 (compute cap"), said);
    EmulatedDriver.fail("cuInit", NO_DEVICE, 0);
    jarl("doctor");
    said = out.toString();
    assertTrue(said.contains("none  engine cuda    the NVIDIA driver does not start"), said);
    EmulatedDriver.reset();
    EmulatedDriver.fail("cuMemHostAlloc", OUT_OF_MEMORY, 0);
    jarl("doctor");
    said = out.toString();
    assertTrue(said.contains("none  engine cuda    Emulated device 0: pinning 4.0 MiB of"), said);
    assertTrue(said.contains("-> nvidia-smi shows what else uses the GPU"), said);
    assertEquals("", err.toString());
    assertEquals(0, EmulatedDriver.count("contexts"));
  }

  /// Before there is a folder for a run that cannot begin.
  @ParameterizedTest
  @ValueSource(strings = {"tf32", "bf16"})
  void aPrecisionThatTheGpuLacksIsRefusedBeforeThereIsAFolder(String precision) {
    EmulatedDriver.configure("capability", 75);
    Path folder = temporary.resolve("run");
    assertEquals(69, train(folder, "--set", "precision=" + precision));
    String said = err.toString();
    assertTrue(
        said.startsWith(
            "device cuda cannot be used: precision "
                + precision
                + " needs compute capability 8.0 or newer, and this is Emulated device 0"),
        said);
    assertEquals(1, said.lines().count());
    assertFalse(Files.exists(folder));
    assertEquals(0, train(folder, "--set", "training.agentSteps=910"), err::toString);
    assertEquals(Precision.FP32, receipt(folder).device().precision());
  }
}
