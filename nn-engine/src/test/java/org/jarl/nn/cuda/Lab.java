package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUfunction;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// A new emulated device with all kernels of the library, the broken ones too; calls give their
/// results instead of throwing. What it allocates lives until the next one is opened.
final class Lab {
  final CUmodule module = new CUmodule();
  final CUcontext context = new CUcontext();
  private final List<PinnedMemory> pinned = new ArrayList<>();

  /// An argument of a kernel.
  ///
  /// @param bits in the low bytes
  record Argument(long bits) {}

  private static boolean loaded;

  private Lab() {}

  /// What opens with a seed.
  static Lab open(long seed) {
    EmulatedDriver.reset();
    EmulatedDriver.configure("seed", seed);
    EmulatedDriver.configure("quiet", 1);
    if (!loaded) {
      try {
        NativeLibrary.load();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      loaded = true;
    }
    Lab lab = new Lab();
    assertEquals(0, JCudaDriver.cuInit(0));
    CUdevice device = new CUdevice();
    assertEquals(0, JCudaDriver.cuDeviceGet(device, 0));
    assertEquals(0, JCudaDriver.cuDevicePrimaryCtxRetain(lab.context, device));
    assertEquals(0, JCudaDriver.cuCtxSetCurrent(lab.context));
    assertEquals(0, JCudaDriver.cuModuleLoadData(lab.module, EmulatedDriver.ptx()));
    return lab;
  }

  static Argument word(int value) {
    return new Argument(value);
  }

  static Argument wide(long value) {
    return new Argument(value);
  }

  static Argument at(DeviceMemory.Handle memory) {
    return new Argument(memory.address());
  }

  DeviceMemory.Handle empty(long bytes) {
    DeviceMemory.Handle memory = new DeviceMemory.Handle();
    assertEquals(0, JCudaDriver.cuMemAlloc(memory, bytes));
    return memory;
  }

  DeviceMemory.Handle ints(int... values) {
    DeviceMemory.Handle memory = empty(4L * values.length);
    assertEquals(0, JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length));
    return memory;
  }

  DeviceMemory.Handle floats(float... values) {
    DeviceMemory.Handle memory = empty(4L * values.length);
    assertEquals(0, JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length));
    return memory;
  }

  int[] ints(DeviceMemory.Handle from, int count) {
    int[] values = new int[count];
    assertEquals(0, JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, 4L * count));
    return values;
  }

  float[] floats(DeviceMemory.Handle from, int count) {
    float[] values = new float[count];
    assertEquals(0, JCudaDriver.cuMemcpyDtoH(Pointer.to(values), from, 4L * count));
    return values;
  }

  /// Memory of the host that copies go to and from.
  PinnedMemory pinned(int... values) {
    PinnedMemory.Handle handle = new PinnedMemory.Handle();
    assertEquals(0, JCudaDriver.cuMemHostAlloc(handle, 4L * values.length, 0));
    PinnedMemory memory = new PinnedMemory(handle, 4L * values.length);
    MemorySegment.copy(values, 0, memory.segment(), ValueLayout.JAVA_INT, 0, values.length);
    pinned.add(memory);
    return memory;
  }

  static int at(PinnedMemory memory, int index) {
    return memory.segment().getAtIndex(ValueLayout.JAVA_INT, index);
  }

  CUstream stream() {
    CUstream stream = new CUstream();
    assertEquals(0, JCudaDriver.cuStreamCreate(stream, 1));
    return stream;
  }

  /// Launches on a stream and does not wait.
  int start(@Nullable CUstream stream, String kernel, int[] shape, Argument... arguments) {
    CUfunction function = new CUfunction();
    assertEquals(0, JCudaDriver.cuModuleGetFunction(function, module, kernel));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(8L * arguments.length, 8);
      MemorySegment pointers = arena.allocate(8L * arguments.length, 8);
      for (int i = 0; i < arguments.length; i++) {
        values.setAtIndex(ValueLayout.JAVA_LONG, i, arguments[i].bits());
        pointers.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + 8L * i);
      }
      Pointer given = new PinnedMemory.Handle(pointers.address());
      int shared = shape.length > 2 ? shape[2] : 0;
      return JCudaDriver.cuLaunchKernel(
          function, shape[0], 1, 1, shape[1], 1, 1, shared, stream, given, null);
    }
  }

  /// Launches `shape[0]` blocks of `shape[1]` threads, with `shape[2]` bytes of shared memory, and
  /// waits.
  ///
  /// @return the first error of the two
  int run(String kernel, int[] shape, Argument... arguments) {
    int result = start(null, kernel, shape, arguments);
    return result != 0 ? result : JCudaDriver.cuCtxSynchronize();
  }

  /// What a stream is given in a capture, as a graph to launch.
  CUgraphExec capture(CUstream stream, Runnable work) {
    CUgraph graph = new CUgraph();
    assertEquals(0, JCudaDriver.cuStreamBeginCapture(stream, 0));
    work.run();
    assertEquals(0, JCudaDriver.cuStreamEndCapture(stream, graph));
    CUgraphExec executable = new CUgraphExec();
    assertEquals(0, JCudaDriver.cuGraphInstantiate(executable, graph, 0));
    assertEquals(0, JCudaDriver.cuGraphDestroy(graph));
    return executable;
  }
}
