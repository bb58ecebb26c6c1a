package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.jarl.nn.DType;
import org.jarl.nn.DeviceException;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Initializer;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What a user is told when a GPU is missing, too small or gone.
@WithEmulatedDriver(only = true)
class CudaErrorsTest {
  private static final int NO_DEVICE = 100;
  private static final int OUT_OF_MEMORY = 2;
  private static final int LAUNCH_FAILED = 719;
  private static final int UNSUPPORTED_PTX = 222;
  private static final int UNKNOWN = 999;

  @BeforeEach
  @AfterEach
  void reset() {
    EmulatedDriver.reset();
    EmulatedDriver.configure("quiet", 1);
  }

  private static String refused() {
    String opened =
        String.valueOf(
            assertThrows(UnsupportedOperationException.class, () -> Engines.open("cuda", 1))
                .getMessage());
    assertEquals(0, EmulatedDriver.count("allocations") + EmulatedDriver.count("contexts"));
    return opened;
  }

  @Test
  void aDriverWithoutDeviceIsSaidInOneLine() {
    EmulatedDriver.fail("cuInit", NO_DEVICE, 0);
    String message = refused();
    assertTrue(
        message.startsWith("the NVIDIA driver does not start (CUDA_ERROR_NO_DEVICE"), message);
    EmulatedDriver.reset();
    EmulatedDriver.configure("devices", 0);
    assertTrue(Engines.problem("cuda").orElse("").contains("GPU"));
    assertFalse(Engines.problem("cuda").orElse("").contains("\n"));
  }

  @Test
  void anOldDriverIsNamedWithWhatIsNeeded() {
    for (int driver : new int[] {10_020, 11_030}) {
      EmulatedDriver.configure("driver", driver);
      assertEquals(
          "the NVIDIA driver knows CUDA %d.%d, and Jarl needs 11.4 or newer (driver 470): update the"
                  .formatted(driver / 1000, driver % 1000 / 10)
              + " driver",
          refused());
    }
  }

  @Test
  void anOldGpuIsNamedWithWhatIsNeeded() {
    EmulatedDriver.configure("capability", 70);
    assertEquals(
        "Emulated device 0 has compute capability 7.0, and Jarl needs 7.5 or newer (Turing, 2018)",
        refused());
  }

  @Test
  void aGpuWithoutTensorCoresComputesInFp32Alone() {
    EmulatedDriver.configure("capability", 75);
    var refused =
        assertThrows(
            UnsupportedOperationException.class, () -> Engines.open("cuda", 1, Precision.BF16));
    assertTrue(
        String.valueOf(refused.getMessage())
            .startsWith("precision bf16 needs compute capability 8.0 or newer, and this is"),
        refused.getMessage());
    try (Engine engine = Engines.open("cuda", 1)) {
      assertEquals(Precision.FP32, engine.precision());
      Program product =
          engine.compile(
              "product", g -> g.output("y", g.input("a", 3, 5).matmul(g.input("b", 5, 4))));
      product.run();
      assertEquals(48, product.output("y").byteSize());
    }
  }

  @Test
  void kernelsThatTheDriverRefusesAreNamed() {
    EmulatedDriver.fail("cuModuleLoadDataEx", UNSUPPORTED_PTX, 0);
    String message = refused();
    assertTrue(message.startsWith("the driver of Emulated device 0"), message);
    assertTrue(message.contains("refuses the kernels of base.ptx: CUDA_ERROR_UNSUPPORTED_PTX"));
  }

  /// By a kernel of its own, and by a convolution that reads the planes of images.
  @Test
  void anIndexBeyondTheTableIsRefusedBeforeTheDeviceReadsAnything() {
    try (Arena arena = Arena.ofShared();
        Engine engine = Engines.open("cuda", 1)) {
      RowTable numbers = engine.table("numbers", arena.allocate(4 * 10, 64), 4);
      RowTable planes = engine.table("planes", arena.allocate(12 * 12 * 10, 64), 12 * 12);
      Program taken =
          engine.compile(
              "taken",
              g -> g.output("y", g.rows(numbers, g.input("i", DType.I32, 3), DType.F32).sum()));
      Program seen =
          engine.compile(
              "seen",
              g -> {
                Tensor images =
                    g.rows(planes, g.input("i", DType.I32, 2, 3), DType.U8, 12, 12)
                        .permute(0, 2, 3, 1)
                        .toF32();
                g.output("y", images.conv2d(g.input("w", 4, 4, 3, 8), 2, 0).sum());
              });
      assertIndexIsChecked(taken, "numbers", 3);
      assertIndexIsChecked(seen, "planes", 6);
    }
  }

  private static void assertIndexIsChecked(Program program, String table, int count) {
    program.run();
    program.input("i").setAtIndex(ValueLayout.JAVA_INT, 2, 10);
    assertEquals(
        "table %s has rows 0 to 9, or -1 for zeros, and index 2 of %d is 10"
            .formatted(table, count),
        assertThrows(IllegalArgumentException.class, program::run).getMessage());
    program.input("i").setAtIndex(ValueLayout.JAVA_INT, 2, 9);
    program.run();
  }

  @Test
  void aDeviceThatIsTooSmallIsNamedWithAllNumbers() {
    EmulatedDriver.configure("memory", 32 << 20);
    try (Engine engine = Engines.open("cuda", 1)) {
      Variables large = engine.variables("large");
      large.add("w", Shape.of(3000, 3000), Initializer.zeros(), new SplittableRandom(1));
      var full = assertThrows(DeviceException.class, large::storage);
      String message = String.valueOf(full.getMessage());
      assertTrue(
          message.startsWith(
              "Emulated device 0 has no memory left for variables large: it takes 34.3 MiB, and "),
          message);
      assertTrue(message.contains(" of 32.0 MiB are free; "), message);
    }
    assertEquals(0, EmulatedDriver.count("allocations"));
  }

  @Test
  void aProgramThatDoesNotFitLeavesNothingBehind() {
    try (Engine engine = Engines.open("cuda", 1)) {
      long before = EmulatedDriver.count("allocations");
      EmulatedDriver.fail("cuMemAlloc_v2", OUT_OF_MEMORY, 2);
      assertThrows(
          DeviceException.class,
          () -> engine.compile("p", g -> g.output("y", g.input("x", 7).exp())));
      assertEquals(before, EmulatedDriver.count("allocations"));
    }
  }

  /// A learner that counts its steps.
  private static Program learner(Engine engine, Variables variables) {
    Parameter p = variables.add("p", Shape.of(3), Initializer.zeros(), new SplittableRandom(1));
    Optimizer plain = new Optimizer(engine, variables, new Optimizer.Rule.Sgd(0), 0);
    return engine.compile(
        "learner",
        g -> g.output("loss", plain.minimize(g.variable(p).times(g.input("x", 3)).sum(), 1f)));
  }

  @ParameterizedTest
  @CsvSource({
    "cuGraphLaunch," + UNKNOWN + ",launching a graph,the device may be lost",
    "kernel," + LAUNCH_FAILED + ",waiting for the device,a kernel ended in a fault",
    "cuMemcpyHtoDAsync_v2," + UNKNOWN + ",copying to the device,the device may be lost"
  })
  void aDeviceThatFailsInTheMiddleIsNamedAndCanBeClosed(
      String function, int code, String doing, String remedy) {
    try (Engine engine = Engines.open("cuda", 1)) {
      Variables variables = engine.variables("v");
      Program program = learner(engine, variables);
      program.run();
      assertEquals(12, program.output("loss").byteSize() * 3);
      EmulatedDriver.fail(function, code, 0);
      var lost =
          assertThrows(
              DeviceException.class,
              () -> {
                program.run();
                program.output("loss");
                variables.write(MemorySegment.ofArray(new float[variables.elements()]));
              });
      String message = String.valueOf(lost.getMessage());
      assertTrue(message.startsWith("Emulated device 0: " + doing + " failed with "), message);
      assertTrue(message.contains(remedy), message);
    }
    EmulatedDriver.reset();
    try (Engine engine = Engines.open("cuda", 1)) {
      Program program = learner(engine, engine.variables("v"));
      program.run();
      assertEquals(4, program.output("loss").byteSize());
    }
  }

  @Test
  void closingGivesEverythingBack() {
    for (int i = 0; i < 3; i++) {
      try (Engine engine = Engines.open("cuda", 1)) {
        Program program = learner(engine, engine.variables("v"));
        program.run();
        program.runBeside(() -> {});
        program.run(3);
      }
      for (String what :
          new String[] {
            "allocations",
            "pinned",
            "streams",
            "events",
            "graphs",
            "executables",
            "modules",
            "contexts"
          }) {
        assertEquals(0, EmulatedDriver.count(what), what);
      }
    }
  }
}
