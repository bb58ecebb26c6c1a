package org.jarl.nn.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUevent;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUmodule;
import jcuda.driver.CUresult;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jarl.nn.DeviceException;
import org.jspecify.annotations.Nullable;

/// The driver's functions that programs need, on one device: what fails throws. All of JCuda's
/// calls of a working engine are here, so that another binding would be another such class.
///
/// One thread at a time uses it; the device's context follows that thread.
final class Driver implements AutoCloseable {
  private static final int NO_TIMING = 2;
  private static final int ON_STREAM_ALONE = 1;
  private static final int NON_BLOCKING = 1;

  /// Options of loading a module: where the log of errors goes, and its size.
  private static final int ERROR_LOG = 5;

  private static final int ERROR_LOG_BYTES = 6;
  private static final int LOG_BYTES = 2_000;

  private final Gpu gpu;
  private final CUcontext context = new CUcontext();
  private final List<CUmodule> modules = new ArrayList<>();
  private final Map<String, CUfunction> functions = new HashMap<>();
  private @Nullable Thread current;

  /// Makes the device ready and loads the kernels.
  ///
  /// @throws UnsupportedOperationException if the device or the kernels are refused
  Driver(Gpu gpu) {
    this.gpu = gpu;
    int result = JCudaDriver.cuDevicePrimaryCtxRetain(context, gpu.device());
    if (result != 0) {
      throw new UnsupportedOperationException(
          "%s cannot be opened: %s; %s"
              .formatted(
                  gpu.name(),
                  describe(result),
                  isFault(result)
                      ? "a kernel of this process has ended in a fault before, so it must be started"
                          + " anew"
                      : "does another program hold it alone?"));
    }
    try {
      enter();
      modules.add(module("base.ptx"));
      if (gpu.hasTensorCores()) {
        modules.add(module("tensor.ptx"));
      }
    } catch (RuntimeException e) {
      release();
      throw e;
    }
  }

  private CUmodule module(String file) {
    CUmodule module = new CUmodule();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment log = arena.allocate(LOG_BYTES);
      MemorySegment values = arena.allocate(ValueLayout.JAVA_LONG, 2);
      values.setAtIndex(ValueLayout.JAVA_LONG, 0, log.address());
      values.setAtIndex(ValueLayout.JAVA_LONG, 1, LOG_BYTES);
      int result =
          JCudaDriver.cuModuleLoadDataEx(
              module,
              NativeLibrary.text(file),
              2,
              new int[] {ERROR_LOG, ERROR_LOG_BYTES},
              new PinnedMemory.Handle(values.address()));
      if (result != 0) {
        String said = log.getString(0).strip();
        throw new UnsupportedOperationException(
            "the driver of %s refuses the kernels of %s: %s%s; a newer driver may take them"
                .formatted(gpu, file, describe(result), said.isEmpty() ? "" : " (" + said + ")"));
      }
    }
    return module;
  }

  /// Whether a kernel has ended in a fault, after which its process can use the device no more.
  private static boolean isFault(int result) {
    return switch (result) {
      case CUresult.CUDA_ERROR_ILLEGAL_ADDRESS,
          CUresult.CUDA_ERROR_LAUNCH_FAILED,
          CUresult.CUDA_ERROR_MISALIGNED_ADDRESS,
          CUresult.CUDA_ERROR_ASSERT ->
          true;
      default -> false;
    };
  }

  Gpu gpu() {
    return gpu;
  }

  /// Makes the calling thread the one that uses the device.
  void enter() {
    Thread caller = Thread.currentThread();
    if (!caller.equals(current)) {
      check(JCudaDriver.cuCtxSetCurrent(context), "entering the device");
      current = caller;
    }
  }

  // ---- memory

  /// Memory of the device; its content is undefined.
  ///
  /// @param what it is for, in messages
  DeviceMemory allocate(String what, long bytes) {
    enter();
    DeviceMemory.Handle handle = new DeviceMemory.Handle();
    int result = JCudaDriver.cuMemAlloc(handle, Math.max(64, bytes));
    if (result == CUresult.CUDA_ERROR_OUT_OF_MEMORY) {
      throw new DeviceException(
          "%s has no memory left for %s: it takes %s, and %s of %s are free; end other programs on it, or"
              .formatted(gpu.name(), what, size(bytes), size(free()), size(gpu.memoryBytes()))
              .concat(" make the replay buffer, the batch or the network smaller"));
    }
    check(result, "taking memory for " + what);
    return new DeviceMemory(handle, bytes);
  }

  private static long free() {
    long[] free = new long[1];
    JCudaDriver.cuMemGetInfo(free, new long[1]);
    return free[0];
  }

  private static String size(long bytes) {
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.1f KiB", bytes / (double) (1 << 10));
    }
    return bytes < 1L << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1L << 30));
  }

  void free(DeviceMemory memory) {
    enter();
    JCudaDriver.cuMemFree(memory.handle());
  }

  /// Memory of the host that copies go to and from.
  PinnedMemory pin(long bytes) {
    enter();
    PinnedMemory.Handle handle = new PinnedMemory.Handle();
    check(
        JCudaDriver.cuMemHostAlloc(handle, Math.max(64, bytes), 0),
        "pinning " + size(bytes) + " of the host's memory");
    return new PinnedMemory(handle, Math.max(64, bytes));
  }

  void free(PinnedMemory memory) {
    enter();
    JCudaDriver.cuMemFreeHost(memory.pointer());
  }

  // ---- streams, events, work

  CUstream stream() {
    CUstream stream = new CUstream();
    check(JCudaDriver.cuStreamCreate(stream, NON_BLOCKING), "making a stream");
    return stream;
  }

  void destroy(CUstream stream) {
    enter();
    JCudaDriver.cuStreamDestroy(stream);
  }

  CUevent event() {
    enter();
    CUevent event = new CUevent();
    check(JCudaDriver.cuEventCreate(event, NO_TIMING), "making an event");
    return event;
  }

  void destroy(CUevent event) {
    enter();
    JCudaDriver.cuEventDestroy(event);
  }

  void record(CUevent event, CUstream stream) {
    check(JCudaDriver.cuEventRecord(event, stream), "recording an event");
  }

  /// Makes what comes on a stream wait for an event.
  void await(CUstream stream, CUevent event) {
    check(JCudaDriver.cuStreamWaitEvent(stream, event, 0), "waiting on the device");
  }

  /// Waits on the calling thread.
  void await(CUevent event) {
    check(JCudaDriver.cuEventSynchronize(event), "waiting for the device");
  }

  void await(CUstream stream) {
    check(JCudaDriver.cuStreamSynchronize(stream), "waiting for the device");
  }

  /// Waits before memory is freed. If the device has failed nobody needs what it computed, and
  /// whoever looked has been told.
  void settle(CUstream stream) {
    enter();
    JCudaDriver.cuStreamSynchronize(stream);
  }

  void toDevice(CUdeviceptr to, Pointer from, long bytes, CUstream stream) {
    check(JCudaDriver.cuMemcpyHtoDAsync(to, from, bytes, stream), "copying to the device");
  }

  void toHost(Pointer to, CUdeviceptr from, long bytes, CUstream stream) {
    check(JCudaDriver.cuMemcpyDtoHAsync(to, from, bytes, stream), "copying from the device");
  }

  void copy(CUdeviceptr to, CUdeviceptr from, long bytes, CUstream stream) {
    check(JCudaDriver.cuMemcpyDtoDAsync(to, from, bytes, stream), "copying on the device");
  }

  void clear(CUdeviceptr to, long bytes, CUstream stream) {
    check(JCudaDriver.cuMemsetD8Async(to, (byte) 0, bytes, stream), "clearing memory");
  }

  /// Fills memory with one word.
  void fill(CUdeviceptr to, int word, long words, CUstream stream) {
    check(JCudaDriver.cuMemsetD32Async(to, word, words, stream), "filling memory");
  }

  /// Starts a kernel, or adds it to the graph that the stream is captured into.
  void launch(Launch launch, CUstream stream) {
    try (Arena arena = Arena.ofConfined()) {
      List<Launch.Argument> arguments = launch.arguments();
      MemorySegment values = arena.allocate(8L * arguments.size() + 8, 8);
      MemorySegment pointers = arena.allocate(8L * arguments.size() + 8, 8);
      for (int i = 0; i < arguments.size(); i++) {
        values.setAtIndex(ValueLayout.JAVA_LONG, i, arguments.get(i).bits());
        pointers.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + 8L * i);
      }
      check(
          JCudaDriver.cuLaunchKernel(
              function(launch.kernel()),
              launch.blocksX(),
              launch.blocksY(),
              launch.blocksZ(),
              launch.threads(),
              1,
              1,
              launch.sharedBytes(),
              stream,
              new PinnedMemory.Handle(pointers.address()),
              null),
          "launching " + launch);
    }
  }

  private CUfunction function(String kernel) {
    CUfunction known = functions.get(kernel);
    if (known != null) {
      return known;
    }
    CUfunction function = new CUfunction();
    for (CUmodule module : modules) {
      if (JCudaDriver.cuModuleGetFunction(function, module, kernel) == 0) {
        functions.put(kernel, function);
        return function;
      }
    }
    throw new IllegalStateException("there is no kernel " + kernel + ": run scripts/kernels");
  }

  /// Brings a kernel to the device now: by itself the driver does so when it is first launched, and
  /// then it may be in the middle of a capture, where that is not allowed.
  void load(String kernel) {
    int[] registers = new int[1];
    check(
        JCudaDriver.cuFuncGetAttribute(
            registers, CUfunction_attribute.CU_FUNC_ATTRIBUTE_NUM_REGS, function(kernel)),
        "loading kernel " + kernel);
  }

  /// Captures what `work` puts on a stream, and on others that wait for it, into one graph.
  CUgraphExec capture(CUstream stream, Runnable work) {
    enter();
    check(JCudaDriver.cuStreamBeginCapture(stream, ON_STREAM_ALONE), "beginning a capture");
    CUgraph graph = new CUgraph();
    try {
      work.run();
    } catch (RuntimeException e) {
      JCudaDriver.cuStreamEndCapture(stream, graph);
      throw e;
    }
    check(JCudaDriver.cuStreamEndCapture(stream, graph), "ending a capture");
    CUgraphExec made = new CUgraphExec();
    int result = JCudaDriver.cuGraphInstantiate(made, graph, 0);
    JCudaDriver.cuGraphDestroy(graph);
    check(result, "making a graph");
    return made;
  }

  void launch(CUgraphExec graph, CUstream stream) {
    check(JCudaDriver.cuGraphLaunch(graph, stream), "launching a graph");
  }

  void destroy(CUgraphExec graph) {
    enter();
    JCudaDriver.cuGraphExecDestroy(graph);
  }

  // ---- errors

  /// Allocates nothing where nothing failed.
  private void check(int result, String what) {
    if (result != 0) {
      throw failure(result, what);
    }
  }

  private DeviceException failure(int result, String what) {
    String remedy =
        isFault(result)
            ? "; a kernel ended in a fault, which is a bug: please report it"
            : result == CUresult.CUDA_ERROR_OUT_OF_MEMORY
                ? "; its memory or the host's is used up: end other programs, or make the run smaller"
                : "; the device may be lost: see nvidia-smi and the system's log";
    return new DeviceException(
        "%s: %s failed with %s%s".formatted(gpu.name(), what, describe(result), remedy));
  }

  /// Name and text of a result, for example `CUDA_ERROR_NO_DEVICE: no CUDA-capable device`.
  static String describe(int result) {
    String[] name = new String[1];
    String[] text = new String[1];
    JCudaDriver.cuGetErrorName(result, name);
    JCudaDriver.cuGetErrorString(result, text);
    return name[0] == null ? "error " + result : name[0] + ": " + text[0];
  }

  @Override
  public void close() {
    enter();
    release();
  }

  private void release() {
    modules.forEach(JCudaDriver::cuModuleUnload);
    JCudaDriver.cuDevicePrimaryCtxRelease(gpu.device());
    current = null;
  }
}
