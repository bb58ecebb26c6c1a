package org.jarl.nn.cpu;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/// The part of oneDNN's C interface that the cpu back end calls, through the foreign function API.
///
/// JavaCPP's preset brings and unpacks the library; the calls go past its wrappers, since a
/// primitive is run some million times and a downcall costs a tenth of a JNI call with objects.
/// Every primitive is made once, at compile time, with memory of its own choosing for scratch, and
/// is run by one thread: oneDNN's own threads stay off, so that results cannot depend on their
/// number.
final class OneDnn {
  static final int SRC = 1;
  static final int DST = 17;
  static final int WEIGHTS = 33;
  static final int BIAS = 41;
  static final int SCRATCHPAD = 80;
  static final int DIFF_SRC = 129;
  static final int DIFF_DST = 145;
  static final int DIFF_WEIGHTS = 161;

  private static final int F32 = 3;
  private static final int TAG_ANY = 1;
  private static final int FORWARD = 96;
  private static final int FORWARD_TRAINING = 64;
  private static final int CONVOLUTION_DIRECT = 1;
  private static final int ELTWISE_RELU = 32;
  private static final int QUERY_IMPLEMENTATION = 8;
  private static final int QUERY_WEIGHTS = 131;
  private static final int QUERY_DIFF_WEIGHTS = 132;
  private static final int QUERY_SCRATCHPAD = 136;

  private static @Nullable OneDnn instance;
  private static @Nullable String unavailable;

  private final Arena arena = Arena.ofAuto();
  private final SymbolLookup symbols = SymbolLookup.loaderLookup();
  private final MemorySegment slot = arena.allocate(ADDRESS);
  private final MemorySegment engine;
  private final MemorySegment stream;
  private final MethodHandle setThreads;
  private final MethodHandle memoryDescriptor;
  private final MethodHandle memoryDescriptorTag;
  private final MethodHandle descriptorSize;
  private final MethodHandle descriptorEqual;
  private final MethodHandle matmul;
  private final MethodHandle convolution;
  private final MethodHandle convolutionData;
  private final MethodHandle convolutionWeights;
  private final MethodHandle reorder;
  private final MethodHandle attributes;
  private final MethodHandle attributesScratchpad;
  private final MethodHandle attributesPostOps;
  private final MethodHandle postOps;
  private final MethodHandle postOpsEltwise;
  private final MethodHandle queryDescriptor;
  private final MethodHandle query;
  private final MethodHandle createPrimitive;
  private final MethodHandle createMemory;

  /// The library, loaded at the first call.
  ///
  /// @throws UnsupportedOperationException with the reason, where it cannot be loaded
  static synchronized OneDnn get() {
    if (unavailable != null) {
      throw new UnsupportedOperationException(unavailable);
    }
    if (instance == null) {
      try {
        Loader.load(org.bytedeco.dnnl.global.dnnl.class);
        instance = new OneDnn();
      } catch (LinkageError | RuntimeException e) {
        unavailable = "oneDNN cannot be loaded: " + e;
        throw new UnsupportedOperationException(unavailable, e);
      }
    }
    return instance;
  }

  /// Whether the library can be used; loads it at the first call.
  static boolean isAvailable() {
    try {
      get();
      return true;
    } catch (UnsupportedOperationException e) {
      return false;
    }
  }

  /// Whether it has been loaded already.
  static synchronized boolean isLoaded() {
    return instance != null;
  }

  private OneDnn() {
    setThreads =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.find("omp_set_num_threads").orElseThrow(),
                FunctionDescriptor.ofVoid(JAVA_INT));
    memoryDescriptor =
        bind("dnnl_memory_desc_create_with_strides", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    memoryDescriptorTag =
        bind("dnnl_memory_desc_create_with_tag", ADDRESS, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    descriptorSize =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.find("dnnl_memory_desc_get_size").orElseThrow(),
                FunctionDescriptor.of(JAVA_LONG, ADDRESS));
    descriptorEqual = bind("dnnl_memory_desc_equal", ADDRESS, ADDRESS);
    matmul =
        bind(
            "dnnl_matmul_primitive_desc_create",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    convolution =
        bind(
            "dnnl_convolution_forward_primitive_desc_create",
            ADDRESS,
            ADDRESS,
            JAVA_INT,
            JAVA_INT,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    convolutionData = bindConvolutionBackward("dnnl_convolution_backward_data_", 3);
    convolutionWeights = bindConvolutionBackward("dnnl_convolution_backward_weights_", 4);
    reorder =
        bind(
            "dnnl_reorder_primitive_desc_create",
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS,
            ADDRESS);
    attributes = bind("dnnl_primitive_attr_create", ADDRESS);
    attributesScratchpad = bind("dnnl_primitive_attr_set_scratchpad_mode", ADDRESS, JAVA_INT);
    attributesPostOps = bind("dnnl_primitive_attr_set_post_ops", ADDRESS, ADDRESS);
    postOps = bind("dnnl_post_ops_create", ADDRESS);
    postOpsEltwise =
        bind("dnnl_post_ops_append_eltwise", ADDRESS, JAVA_INT, JAVA_FLOAT, JAVA_FLOAT);
    queryDescriptor =
        Linker.nativeLinker()
            .downcallHandle(
                symbols.find("dnnl_primitive_desc_query_md").orElseThrow(),
                FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));
    query = bind("dnnl_primitive_desc_query", ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    createPrimitive = bind("dnnl_primitive_create", ADDRESS, ADDRESS);
    createMemory = bind("dnnl_memory_create", ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    useOneThread();
    call(bind("dnnl_engine_create", ADDRESS, JAVA_INT, JAVA_LONG), slot, 1, 0L);
    engine = slot.get(ADDRESS, 0);
    call(bind("dnnl_stream_create", ADDRESS, ADDRESS, JAVA_INT), slot, engine, 1);
    stream = slot.get(ADDRESS, 0);
  }

  private MethodHandle bindConvolutionBackward(String name, int descriptors) {
    MemoryLayout[] layouts = new MemoryLayout[3 + descriptors + 6];
    Arrays.fill(layouts, ADDRESS);
    layouts[2] = JAVA_INT;
    return bind(name + "primitive_desc_create", layouts);
  }

  private MethodHandle bind(String name, MemoryLayout... parameters) {
    return Linker.nativeLinker()
        .downcallHandle(
            symbols.find(name).orElseThrow(), FunctionDescriptor.of(JAVA_INT, parameters));
  }

  /// Calls at compile time, where a boxed argument does no harm.
  private static void call(MethodHandle handle, Object... arguments) {
    try {
      int status = (int) handle.invokeWithArguments(arguments);
      if (status != 0) {
        throw new IllegalStateException(
            "oneDNN answered status " + status + (status == 3 ? " (not implemented)" : ""));
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Keeps oneDNN on the calling thread; every thread that runs primitives calls this once.
  void useOneThread() {
    try {
      setThreads.invokeExact(1);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  /// Describes a dense or strided f32 array.
  ///
  /// @param strides in elements, one per dimension
  synchronized MemorySegment array(long[] shape, long[] strides) {
    call(
        memoryDescriptor,
        slot,
        shape.length,
        arena.allocateFrom(JAVA_LONG, shape),
        F32,
        arena.allocateFrom(JAVA_LONG, strides));
    return slot.get(ADDRESS, 0);
  }

  /// Describes an f32 array whose layout the primitive chooses.
  synchronized MemorySegment anyLayout(long... shape) {
    call(
        memoryDescriptorTag,
        slot,
        shape.length,
        arena.allocateFrom(JAVA_LONG, shape),
        F32,
        TAG_ANY);
    return slot.get(ADDRESS, 0);
  }

  long bytes(MemorySegment descriptor) {
    try {
      return (long) descriptorSize.invokeExact(descriptor);
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  boolean equal(MemorySegment a, MemorySegment b) {
    try {
      return (int) descriptorEqual.invokeExact(a, b) != 0;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private MemorySegment attributes(boolean relu) {
    call(attributes, slot);
    MemorySegment made = slot.get(ADDRESS, 0);
    call(attributesScratchpad, made, 1);
    if (relu) {
      call(postOps, slot);
      MemorySegment ops = slot.get(ADDRESS, 0);
      call(postOpsEltwise, ops, ELTWISE_RELU, 0f, 0f);
      call(attributesPostOps, made, ops);
    }
    return made;
  }

  /// A matrix product, with bias and ReLU where wanted.
  ///
  /// @param bias descriptor of a `[1, N]` row, or null
  synchronized Descriptor matmul(
      MemorySegment src,
      MemorySegment weights,
      @Nullable MemorySegment bias,
      MemorySegment dst,
      boolean relu) {
    call(
        matmul,
        slot,
        engine,
        src,
        weights,
        bias == null ? MemorySegment.NULL : bias,
        dst,
        attributes(relu));
    return new Descriptor(slot.get(ADDRESS, 0));
  }

  /// A convolution of `[N, C, H, W]`-described arrays, forward.
  ///
  /// @param training whether it is the hint that a gradient asks for
  synchronized Descriptor convolution(
      boolean training,
      MemorySegment src,
      MemorySegment weights,
      @Nullable MemorySegment bias,
      MemorySegment dst,
      Window window,
      boolean relu) {
    call(
        convolution,
        slot,
        engine,
        training ? FORWARD_TRAINING : FORWARD,
        CONVOLUTION_DIRECT,
        src,
        weights,
        bias == null ? MemorySegment.NULL : bias,
        dst,
        window.strides(),
        window.dilations(),
        window.padding(),
        window.padding(),
        attributes(relu));
    return new Descriptor(slot.get(ADDRESS, 0));
  }

  /// Gradient of a convolution with respect to its input.
  synchronized Descriptor convolutionData(
      MemorySegment diffSrc,
      MemorySegment weights,
      MemorySegment diffDst,
      Window window,
      Descriptor forward) {
    call(
        convolutionData,
        slot,
        engine,
        CONVOLUTION_DIRECT,
        diffSrc,
        weights,
        diffDst,
        window.strides(),
        window.dilations(),
        window.padding(),
        window.padding(),
        forward.address(),
        attributes(false));
    return new Descriptor(slot.get(ADDRESS, 0));
  }

  /// Gradient of a convolution with respect to its weights.
  synchronized Descriptor convolutionWeights(
      MemorySegment src,
      MemorySegment diffWeights,
      MemorySegment diffDst,
      Window window,
      Descriptor forward) {
    call(
        convolutionWeights,
        slot,
        engine,
        CONVOLUTION_DIRECT,
        src,
        diffWeights,
        MemorySegment.NULL,
        diffDst,
        window.strides(),
        window.dilations(),
        window.padding(),
        window.padding(),
        forward.address(),
        attributes(false));
    return new Descriptor(slot.get(ADDRESS, 0));
  }

  /// Copies one layout into another.
  synchronized Descriptor reorder(MemorySegment from, MemorySegment to) {
    call(reorder, slot, from, engine, to, engine, attributes(false));
    return new Descriptor(slot.get(ADDRESS, 0));
  }

  /// A window of a convolution: equal strides and padding in both directions.
  Window window(int stride, int padding) {
    return new Window(
        arena.allocateFrom(JAVA_LONG, stride, stride),
        arena.allocateFrom(JAVA_LONG, 0, 0),
        arena.allocateFrom(JAVA_LONG, padding, padding));
  }

  /// Strides, dilations and padding, each two longs in native memory.
  record Window(MemorySegment strides, MemorySegment dilations, MemorySegment padding) {}

  /// A primitive that has been chosen but not yet built.
  final class Descriptor {
    private final MemorySegment address;

    private Descriptor(MemorySegment address) {
      this.address = address;
    }

    MemorySegment address() {
      return address;
    }

    /// oneDNN's name of what it chose; one that starts with `ref` is a slow path.
    String implementation() {
      synchronized (OneDnn.this) {
        call(query, address, QUERY_IMPLEMENTATION, 0, slot);
        return slot.get(ADDRESS, 0).reinterpret(200).getString(0);
      }
    }

    MemorySegment weights() {
      return descriptor(QUERY_WEIGHTS);
    }

    MemorySegment diffWeights() {
      return descriptor(QUERY_DIFF_WEIGHTS);
    }

    long scratchpadBytes() {
      return bytes(descriptor(QUERY_SCRATCHPAD));
    }

    private MemorySegment descriptor(int what) {
      try {
        return (MemorySegment) queryDescriptor.invokeExact(address, what, 0);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
    }

    /// Builds the primitive over fixed memory.
    Call over(Argument... arguments) {
      synchronized (OneDnn.this) {
        call(createPrimitive, slot, address);
        MemorySegment primitive = slot.get(ADDRESS, 0);
        List<Argument> all = new ArrayList<>(List.of(arguments));
        long scratch = scratchpadBytes();
        if (scratch > 0) {
          all.add(
              new Argument(SCRATCHPAD, descriptor(QUERY_SCRATCHPAD), arena.allocate(scratch, 64)));
        }
        MemorySegment list = arena.allocate(16L * all.size(), 8);
        for (int i = 0; i < all.size(); i++) {
          call(createMemory, slot, all.get(i).layout(), engine, all.get(i).memory());
          list.set(JAVA_INT, 16L * i, all.get(i).role());
          list.set(ADDRESS, 16L * i + 8, slot.get(ADDRESS, 0));
        }
        return new Call(primitive, list, all, implementation());
      }
    }
  }

  /// One argument of a primitive.
  ///
  /// @param role [#SRC], [#WEIGHTS], ...
  /// @param layout memory descriptor
  record Argument(int role, MemorySegment layout, MemorySegment memory) {}

  /// The one call that is made while programs run. A constant of a class that is initialized after
  /// the library has been loaded, since only a constant handle is compiled into a plain call;
  /// addresses travel as numbers, since segments would be unpacked every time.
  private static final class Execute {
    static final MethodHandle HANDLE =
        Linker.nativeLinker()
            .downcallHandle(
                SymbolLookup.loaderLookup().find("dnnl_primitive_execute").orElseThrow(),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_LONG));

    private Execute() {}
  }

  /// A built primitive with its memory: running it is one downcall.
  final class Call {
    private final long primitive;
    private final long queue;
    private final int count;
    private final long arguments;

    /// Keeps the memory alive for as long as the call.
    private final List<MemorySegment> keep = new ArrayList<>();

    private final String implementation;

    private Call(
        MemorySegment primitive,
        MemorySegment arguments,
        List<Argument> list,
        String implementation) {
      this.primitive = primitive.address();
      this.queue = stream.address();
      this.count = list.size();
      this.arguments = arguments.address();
      this.implementation = implementation;
      list.forEach(argument -> keep.add(argument.memory()));
      keep.add(arguments);
    }

    /// oneDNN's name of the code that runs.
    String implementation() {
      return implementation;
    }

    void run() {
      int status;
      try {
        status = (int) Execute.HANDLE.invokeExact(primitive, queue, count, arguments);
      } catch (Throwable e) {
        throw new IllegalStateException(e);
      }
      if (status != 0) {
        throw new IllegalStateException(
            implementation + " failed with status " + status + " on " + keep.size() + " arguments");
      }
    }
  }
}
