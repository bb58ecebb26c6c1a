package org.jarl.nn.cuda;

import static org.jarl.nn.cuda.Lab.at;
import static org.jarl.nn.cuda.Lab.wide;
import static org.jarl.nn.cuda.Lab.word;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import jcuda.Pointer;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Devices that are missing, small, old or lost, and launches that no device takes.
@WithEmulatedDriver(only = true)
class EmulatedDeviceTest {
  @AfterEach
  void reset() {
    EmulatedDriver.reset();
  }

  @Test
  void aLaunchThatNoDeviceTakesIsRefused() {
    Lab lab = Lab.open(1);
    Lab.Argument[] arguments = {at(lab.empty(64)), at(lab.empty(64)), word(1), word(0)};
    assertEquals(0, lab.run("add_number", new int[] {1, 1024, 48 << 10}, arguments));
    int[][] shapes = {{0, 32}, {1, 0}, {1, 1056}, {1, 32, (48 << 10) + 4}, {-1, 32}};
    for (int[] shape : shapes) {
      assertEquals(1, lab.run("add_number", shape, arguments));
    }
    CUfunction function = new CUfunction();
    assertEquals(0, JCudaDriver.cuModuleGetFunction(function, lab.module, "add_number"));
    assertEquals(
        1, JCudaDriver.cuLaunchKernel(function, 1, 70_000, 1, 32, 1, 1, 0, null, null, null));
    assertEquals(1, JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 1, 1, 128, 0, null, null, null));
  }

  @Test
  void moreSharedMemoryMustBeAskedFor() {
    Lab lab = Lab.open(1);
    CUfunction function = new CUfunction();
    assertEquals(0, JCudaDriver.cuModuleGetFunction(function, lab.module, "write_shared_at"));
    assertEquals(0, JCudaDriver.cuFuncSetAttribute(function, 8, 227 << 10));
    assertEquals(1, JCudaDriver.cuFuncSetAttribute(function, 8, (227 << 10) + 1));
    EmulatedDriver.configure("capability", 75);
    assertEquals(1, JCudaDriver.cuFuncSetAttribute(function, 8, 100 << 10));
  }

  @Test
  void argumentsMustBeAsManyAsTheKernelHas() {
    Lab lab = Lab.open(1);
    CUfunction function = new CUfunction();
    assertEquals(0, JCudaDriver.cuModuleGetFunction(function, lab.module, "add_number"));
    Pointer two = Pointer.to(Pointer.to(new long[] {0}), Pointer.to(new long[] {0}), new Pointer());
    assertEquals(1, JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, null, two, null));
    assertEquals(1, JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, null, null, null));
  }

  /// The sources' `add_number` has two addresses and two ints.
  @Test
  void ptxThatDoesNotFitTheSourcesIsFound() {
    Lab.open(1);
    CUmodule module = new CUmodule();
    String ptx =
        """
        .version 7.0
        .target sm_75
        .visible .entry add_number(
          .param .u64 a, // with a comment: .param .u64 c
          .param .u64 b
        )
        .maxntid 64, 1, 1
        { }
        .visible .entry divide( .param .u64 .ptr .align 1 a, .param .u32 b )
        .maxntid 64
        .minnctapersm 2
        {
        .shared .align 4 .b8 _ZZ6divideE4tile[1000];
        .shared .align 16 .b8 _ZZ6divideE4more[1000];
        }
        """;
    assertEquals(0, JCudaDriver.cuModuleLoadData(module, ptx));
    CUfunction function = new CUfunction();
    assertEquals(500, JCudaDriver.cuModuleGetFunction(function, module, "add_number"));
    assertEquals(500, JCudaDriver.cuModuleGetFunction(function, module, "write_at"));
    assertEquals(0, JCudaDriver.cuModuleGetFunction(function, module, "divide"));
    int[] value = new int[1];
    assertEquals(0, JCudaDriver.cuFuncGetAttribute(value, 1, function));
    assertEquals(1008 + 1000, value[0]);
    Pointer arguments = Pointer.to(Pointer.to(new long[] {0}), Pointer.to(new int[] {1}));
    assertEquals(
        701, JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 96, 1, 1, 0, null, arguments, null));
    assertEquals(
        1,
        JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 48 << 10, null, arguments, null));
    assertEquals(0, JCudaDriver.cuModuleUnload(module));
    assertEquals(
        400, JCudaDriver.cuLaunchKernel(function, 1, 1, 1, 64, 1, 1, 0, null, arguments, null));
  }

  @ParameterizedTest
  @CsvSource({
    "13000,90,9.0,sm_90,0", "13000,90,9.1,sm_90,222", "11040,90,7.4,sm_80,0",
    "11040,90,7.5,sm_80,222", "13000,75,7.0,sm_80,218", "13000,75,,sm_75,218",
  })
  void ptxThatADriverDoesNotTakeIsRefused(
      int driver, int capability, String version, String target, int result) {
    Lab.open(1);
    EmulatedDriver.configure("driver", driver);
    EmulatedDriver.configure("capability", capability);
    String ptx = (version == null ? "" : ".version " + version + "\n") + ".target " + target + "\n";
    assertEquals(result, JCudaDriver.cuModuleLoadData(new CUmodule(), ptx));
  }

  @Test
  void memoryEnds() {
    Lab lab = Lab.open(1);
    EmulatedDriver.configure("memory", 10_000);
    var first = lab.empty(6000);
    assertEquals(2, JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 4001));
    long[] free = new long[1];
    long[] total = new long[1];
    assertEquals(0, JCudaDriver.cuMemGetInfo(free, total));
    assertEquals(4000, free[0]);
    assertEquals(10_000, total[0]);
    assertEquals(0, JCudaDriver.cuMemFree(first));
    lab.empty(9000);
    assertEquals(1, EmulatedDriver.count("allocations"));
    assertEquals(9000, EmulatedDriver.count("bytes"));
  }

  @Test
  void aFaultIsTheLastThingOfADevice() {
    Lab lab = Lab.open(1);
    var memory = lab.empty(256);
    CUstream stream = lab.stream();
    assertEquals(0, lab.start(stream, "write_at", new int[] {1, 32}, at(memory), wide(1 << 20)));
    assertEquals(700, JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(700, JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(700, JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 64));
    assertEquals(700, JCudaDriver.cuMemFree(memory));
    lab = Lab.open(1);
    assertEquals(0, lab.run("write_at", new int[] {1, 32}, at(lab.empty(256)), wide(3)));
  }

  @Test
  void callsAndKernelsFailWhenTheyAreToldTo() {
    Lab lab = Lab.open(1);
    EmulatedDriver.fail("cuMemAlloc_v2", 2, 2);
    var in = lab.empty(64);
    var out = lab.empty(64);
    assertEquals(2, JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 64));
    lab.empty(64);
    EmulatedDriver.fail("add_number", 702, 1);
    Lab.Argument[] arguments = {at(in), at(out), word(1), word(1)};
    assertEquals(0, lab.run("add_number", new int[] {1, 32}, arguments));
    assertEquals(702, lab.run("add_number", new int[] {1, 32}, arguments));
    assertTrue(EmulatedDriver.message().contains("kernel add_number"), EmulatedDriver.message());

    lab = Lab.open(1);
    EmulatedDriver.fail("cuStreamSynchronize", 999, 0);
    CUstream stream = lab.stream();
    assertEquals(999, JCudaDriver.cuStreamSynchronize(stream));
    assertEquals(999, JCudaDriver.cuStreamSynchronize(stream));
  }

  @Test
  void devicesCanBeMissingOldOrSmall() {
    Lab.open(1);
    EmulatedDriver.reset();
    EmulatedDriver.configure("devices", 0);
    assertEquals(100, JCudaDriver.cuInit(0));
    assertEquals(3, JCudaDriver.cuDeviceGetCount(new int[1]));
    EmulatedDriver.reset();
    EmulatedDriver.configure("driver", 10_020);
    EmulatedDriver.configure("capability", 61);
    EmulatedDriver.configure("memory", 123_456_789);
    assertEquals(0, JCudaDriver.cuInit(0));
    CUdevice device = new CUdevice();
    assertEquals(101, JCudaDriver.cuDeviceGet(device, 1));
    assertEquals(0, JCudaDriver.cuDeviceGet(device, 0));
    int[] value = new int[1];
    assertEquals(0, JCudaDriver.cuDriverGetVersion(value));
    assertEquals(10_020, value[0]);
    assertEquals(0, JCudaDriver.cuDeviceGetAttribute(value, 75, device));
    assertEquals(6, value[0]);
    long[] bytes = new long[1];
    assertEquals(0, JCudaDriver.cuDeviceTotalMem(bytes, device));
    assertEquals(123_456_789, bytes[0]);
  }

  @Test
  void everyThreadMustEnterTheContext() throws InterruptedException {
    Lab lab = Lab.open(1);
    int[] results = new int[2];
    Thread other =
        Thread.ofPlatform()
            .start(() -> {
              results[0] = JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 64);
              JCudaDriver.cuCtxSetCurrent(lab.context);
              results[1] = JCudaDriver.cuMemAlloc(new DeviceMemory.Handle(), 64);
            });
    other.join();
    assertEquals(201, results[0]);
    assertEquals(0, results[1]);
  }

  /// What a program that a test starts does: looks for a GPU and says what it finds.
  static final class Search {
    private Search() {}

    /// Takes no arguments.
    public static void main(String[] arguments) {
      try {
        System.out.println(Gpu.find());
      } catch (UnsupportedOperationException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "capability=61 memory=1073741824,has compute capability 6.1",
    "seed=3 memory=2147483648,'(compute capability 9.0, 2.0 GiB, CUDA 13.0)'",
    "fail=cuDeviceGetCount:999:0,counting devices failed: CUDA_ERROR_UNKNOWN",
    "bananas=1,JARL_EMULATED does not know bananas=1",
  })
  void aProgramIsToldByItsEnvironment(String settings, String said)
      throws IOException, InterruptedException {
    ProcessBuilder program =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            Search.class.getName());
    program.environment().put("LD_LIBRARY_PATH", EmulatedDriver.folder().toString());
    program.environment().put("JARL_EMULATED", settings);
    Process process = program.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    assertTrue(text.contains(said), text);
  }

  @Test
  void errorsHaveNames() {
    String[] name = new String[1];
    assertEquals(0, JCudaDriver.cuGetErrorName(719, name));
    assertEquals("CUDA_ERROR_LAUNCH_FAILED", name[0]);
    assertEquals(1, JCudaDriver.cuGetErrorName(12345, name));
  }

  @Test
  void unknownSettingsAreNamed() {
    String said =
        assertThrows(IllegalArgumentException.class, () -> EmulatedDriver.configure("device", 1))
            .getMessage();
    assertEquals("the emulated driver has no setting device", said);
  }
}
