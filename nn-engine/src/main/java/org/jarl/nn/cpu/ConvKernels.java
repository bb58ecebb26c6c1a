package org.jarl.nn.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.Shape;
import org.jspecify.annotations.Nullable;

/// Convolutions of `[N, H, W, C]` with `[KH, KW, C, O]` by oneDNN, and plain loops where there is
/// no oneDNN.
///
/// Slices take whole images. oneDNN wants weights in blocks of its own; they are copied to that
/// layout when they have changed since the last run. The weight gradient is the only sum that
/// crosses slices: each has a buffer of its own, added in the order of the slices.
final class ConvKernels {
  /// Work per slice worth a hand-over, multiply-adds.
  private static final double SLICE = 8e6;

  private ConvKernels() {}

  /// Sizes of one convolution and where its weights come from.
  ///
  /// @param image `[N, H, W, C]`
  /// @param weights `[KH, KW, C, O]`
  /// @param result `[N, H', W', O]`
  /// @param version tells when the weights may have changed; null for always
  record Geometry(
      String label,
      Shape image,
      Shape weights,
      Shape result,
      int stride,
      int padding,
      @Nullable CpuStorage version) {

    double work() {
      return (double) result.elements() * weights.product(0, 3);
    }

    int slices() {
      int wanted = Integer.highestOneBit((int) Math.max(1, Math.min(8, work() / SLICE)));
      return Math.min(wanted, image.size(0));
    }

    int from(int slice) {
      return Kernel.from(slice, slices(), image.size(0));
    }

    long imageAt(int n) {
      return 4L * n * image.product(1, 4);
    }

    long resultAt(int n) {
      return 4L * n * result.product(1, 4);
    }

    double sliceNanos() {
      return 1000 + work() / slices() / 42;
    }

    MemorySegment imageLayout(OneDnn dnn, int count) {
      return pixels(dnn, image, count);
    }

    MemorySegment resultLayout(OneDnn dnn, int count) {
      return pixels(dnn, result, count);
    }

    private static MemorySegment pixels(OneDnn dnn, Shape s, int count) {
      long c = s.size(3);
      long w = s.size(2) * c;
      return dnn.array(
          new long[] {count, c, s.size(1), s.size(2)}, new long[] {s.size(1) * w, 1, w, c});
    }

    /// The engine's own layout, described as oneDNN's `[O, C, KH, KW]`.
    MemorySegment plainWeights(OneDnn dnn) {
      long o = weights.size(3);
      long c = weights.size(2);
      return dnn.array(weightSizes(), new long[] {1, o, weights.size(1) * c * o, c * o});
    }

    MemorySegment anyWeights(OneDnn dnn) {
      return dnn.anyLayout(weightSizes());
    }

    private long[] weightSizes() {
      return new long[] {weights.size(3), weights.size(2), weights.size(0), weights.size(1)};
    }
  }

  /// Stages to run one after another.
  static List<Kernel> forward(
      Geometry g,
      Arena arena,
      MemorySegment image,
      MemorySegment weights,
      @Nullable MemorySegment bias,
      MemorySegment result,
      boolean relu) {
    if (!OneDnn.isAvailable()) {
      return List.of(plain(g, () -> PlainConv.forward(g, image, weights, bias, result, relu)));
    }
    OneDnn dnn = OneDnn.get();
    OneDnn.Window window = dnn.window(g.stride, g.padding);
    long outputs = g.weights.size(3);
    MemorySegment biasLayout = dnn.array(new long[] {outputs}, new long[] {1});
    List<Kernel> stages = new ArrayList<>();
    OneDnn.Call[] calls = new OneDnn.Call[g.slices()];
    MemorySegment blocked = MemorySegment.NULL;
    MemorySegment layout = g.anyWeights(dnn);
    for (int i = 0; i < calls.length; i++) {
      int count = g.from(i + 1) - g.from(i);
      OneDnn.Descriptor descriptor =
          dnn.convolution(
              false,
              g.imageLayout(dnn, count),
              layout,
              bias == null ? null : biasLayout,
              g.resultLayout(dnn, count),
              window,
              relu);
      if (i == 0) {
        layout = descriptor.weights();
        blocked = blockedWeights(g, dnn, arena, weights, layout, stages);
      }
      List<OneDnn.Argument> arguments = new ArrayList<>();
      arguments.add(
          new OneDnn.Argument(
              OneDnn.SRC, g.imageLayout(dnn, count), image.asSlice(g.imageAt(g.from(i)))));
      arguments.add(new OneDnn.Argument(OneDnn.WEIGHTS, layout, blocked));
      if (bias != null) {
        arguments.add(new OneDnn.Argument(OneDnn.BIAS, biasLayout, bias));
      }
      arguments.add(
          new OneDnn.Argument(
              OneDnn.DST, g.resultLayout(dnn, count), result.asSlice(g.resultAt(g.from(i)))));
      calls[i] = descriptor.over(arguments.toArray(OneDnn.Argument[]::new));
    }
    stages.add(calls(g, calls));
    return stages;
  }

  /// Gradient with respect to the image.
  static List<Kernel> inputGradient(
      Geometry g,
      Arena arena,
      MemorySegment weights,
      MemorySegment resultGradient,
      MemorySegment imageGradient) {
    if (!OneDnn.isAvailable()) {
      return List.of(
          plain(g, () -> PlainConv.inputGradient(g, weights, resultGradient, imageGradient)));
    }
    OneDnn dnn = OneDnn.get();
    OneDnn.Window window = dnn.window(g.stride, g.padding);
    List<Kernel> stages = new ArrayList<>();
    OneDnn.Call[] calls = new OneDnn.Call[g.slices()];
    MemorySegment blocked = MemorySegment.NULL;
    MemorySegment layout = g.anyWeights(dnn);
    for (int i = 0; i < calls.length; i++) {
      int count = g.from(i + 1) - g.from(i);
      MemorySegment in = g.imageLayout(dnn, count);
      MemorySegment out = g.resultLayout(dnn, count);
      OneDnn.Descriptor hint =
          dnn.convolution(true, in, g.anyWeights(dnn), null, out, window, false);
      OneDnn.Descriptor descriptor = dnn.convolutionData(in, layout, out, window, hint);
      if (i == 0) {
        layout = descriptor.weights();
        blocked = blockedWeights(g, dnn, arena, weights, layout, stages);
      }
      calls[i] =
          descriptor.over(
              new OneDnn.Argument(OneDnn.DIFF_SRC, in, imageGradient.asSlice(g.imageAt(g.from(i)))),
              new OneDnn.Argument(OneDnn.WEIGHTS, layout, blocked),
              new OneDnn.Argument(
                  OneDnn.DIFF_DST, out, resultGradient.asSlice(g.resultAt(g.from(i)))));
    }
    stages.add(calls(g, calls));
    return stages;
  }

  /// Gradient with respect to the weights.
  static List<Kernel> weightGradient(
      Geometry g,
      Arena arena,
      MemorySegment image,
      MemorySegment resultGradient,
      MemorySegment weightGradient) {
    if (!OneDnn.isAvailable()) {
      return List.of(
          plain(g, () -> PlainConv.weightGradient(g, image, resultGradient, weightGradient)));
    }
    OneDnn dnn = OneDnn.get();
    OneDnn.Window window = dnn.window(g.stride, g.padding);
    OneDnn.Call[] calls = new OneDnn.Call[g.slices()];
    MemorySegment[] parts = new MemorySegment[calls.length];
    MemorySegment layout = g.anyWeights(dnn);
    for (int i = 0; i < calls.length; i++) {
      int count = g.from(i + 1) - g.from(i);
      MemorySegment in = g.imageLayout(dnn, count);
      MemorySegment out = g.resultLayout(dnn, count);
      OneDnn.Descriptor hint =
          dnn.convolution(true, in, g.anyWeights(dnn), null, out, window, false);
      OneDnn.Descriptor descriptor = dnn.convolutionWeights(in, layout, out, window, hint);
      if (i == 0) {
        layout = descriptor.diffWeights();
      }
      parts[i] = arena.allocate(dnn.bytes(layout), 64);
      calls[i] =
          descriptor.over(
              new OneDnn.Argument(OneDnn.SRC, in, image.asSlice(g.imageAt(g.from(i)))),
              new OneDnn.Argument(OneDnn.DIFF_WEIGHTS, layout, parts[i]),
              new OneDnn.Argument(
                  OneDnn.DIFF_DST, out, resultGradient.asSlice(g.resultAt(g.from(i)))));
    }
    OneDnn.Call reorder =
        dnn.reorder(layout, g.plainWeights(dnn))
            .over(
                new OneDnn.Argument(OneDnn.SRC, layout, parts[0]),
                new OneDnn.Argument(OneDnn.DST, g.plainWeights(dnn), weightGradient));
    return List.of(calls(g, calls), sum(g, parts, reorder));
  }

  private static Kernel calls(Geometry g, OneDnn.Call[] calls) {
    String label = g.label + " by " + calls[0].implementation();
    return new Kernel(label, calls.length, g.sliceNanos()) {
      @Override
      void run(int slice, Scratch scratch) {
        calls[slice].run();
      }
    };
  }

  /// Adds the parts to the first one in order, then brings it to the engine's layout.
  private static Kernel sum(Geometry g, MemorySegment[] parts, OneDnn.Call reorder) {
    int elements = (int) (parts[0].byteSize() / 4);
    return new Kernel(g.label + " sum", 1, 2000 + 0.2 * parts.length * elements) {
      @Override
      void run(int slice, Scratch scratch) {
        float[][] blocks = scratch.blocks(2);
        for (int at = 0; parts.length > 1 && at < elements; at += Scratch.BLOCK) {
          int length = Math.min(Scratch.BLOCK, elements - at);
          float[] sum = blocks[0];
          float[] part = blocks[1];
          Floats.load(parts[0], at, sum, length);
          for (int p = 1; p < parts.length; p++) {
            Floats.load(parts[p], at, part, length);
            for (int i = 0; i < length; i++) {
              sum[i] += part[i];
            }
          }
          Floats.store(sum, parts[0], at, length);
        }
        reorder.run();
      }
    };
  }

  /// The weights in the layout that a primitive chose; adds the stage that copies them there.
  private static MemorySegment blockedWeights(
      Geometry g,
      OneDnn dnn,
      Arena arena,
      MemorySegment weights,
      MemorySegment layout,
      List<Kernel> stages) {
    MemorySegment plain = g.plainWeights(dnn);
    if (dnn.equal(plain, layout)) {
      return weights;
    }
    MemorySegment blocked = arena.allocate(dnn.bytes(layout), 64);
    OneDnn.Call reorder =
        dnn.reorder(plain, layout)
            .over(
                new OneDnn.Argument(OneDnn.SRC, plain, weights),
                new OneDnn.Argument(OneDnn.DST, layout, blocked));
    CpuStorage storage = g.version;
    stages.add(
        new Kernel(g.label + " reorder", 1, storage == null ? 20_000 : 3_000) {
          private int seen = -1;

          @Override
          void run(int slice, Scratch scratch) {
            if (storage == null || storage.version() != seen) {
              reorder.run();
              seen = storage == null ? -1 : storage.version();
            }
          }
        });
    return blocked;
  }

  private static Kernel plain(Geometry g, Runnable loops) {
    return new Kernel(g.label + " Java", 1, g.work()) {
      @Override
      void run(int slice, Scratch scratch) {
        loops.run();
      }
    };
  }
}
