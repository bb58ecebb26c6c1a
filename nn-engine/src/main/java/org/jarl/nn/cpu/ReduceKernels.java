package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Kernels that fold or normalize along an axis. Sums run in a fixed order.
final class ReduceKernels {
  /// Up to so many elements side by side a block is not worth its copy.
  private static final int NARROW = 8;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private ReduceKernels() {}

  /// `[outer, axis, inner]` to `[outer, inner]`.
  static Kernel reduce(
      Tensor tensor, Op.ReduceKind kind, int axis, MemorySegment from, MemorySegment to) {
    Shape in = tensor.inputs().getFirst().shape();
    int outer = in.product(0, axis);
    int length = in.size(axis);
    int inner = in.product(axis + 1, in.rank());
    double nanos = 30 + 0.15 * in.elements();
    if (length * inner <= NARROW || (inner > 1 && inner <= NARROW && outer == 1)) {
      return narrow(tensor, kind, new int[] {outer, length, inner}, from, to);
    }
    return inner == 1
        ? rows(tensor, kind, outer, length, nanos, from, to)
        : columns(tensor, kind, new int[] {outer, length, inner}, nanos, from, to);
  }

  /// Few elements side by side: one after another, straight from memory.
  private static Kernel narrow(
      Tensor tensor, Op.ReduceKind kind, int[] sizes, MemorySegment from, MemorySegment to) {
    int length = sizes[1];
    int inner = sizes[2];
    int results = sizes[0] * inner;
    return new Kernel(tensor.toString(), 1, 20 + 1.5 * results * length) {
      @Override
      void run(int slice, Scratch scratch) {
        for (int i = 0; i < results; i++) {
          long at = (long) i / inner * length * inner + i % inner;
          float folded = Floats.get(from, at);
          for (int k = 1; k < length; k++) {
            float next = Floats.get(from, at + (long) k * inner);
            folded = kind == Op.ReduceKind.SUM ? folded + next : Math.max(folded, next);
          }
          Floats.set(to, i, folded);
        }
      }
    };
  }

  private static Kernel rows(
      Tensor tensor,
      Op.ReduceKind kind,
      int outer,
      int length,
      double nanos,
      MemorySegment from,
      MemorySegment to) {
    int slices = Kernel.slicesFor(nanos, outer);
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        float[] block = scratch.blocks(1)[0];
        int end = from(slice + 1, slices(), outer);
        for (int row = from(slice, slices(), outer); row < end; row++) {
          float folded = kind == Op.ReduceKind.SUM ? 0 : Float.NEGATIVE_INFINITY;
          for (int at = 0; at < length; at += Scratch.BLOCK) {
            int part = Math.min(Scratch.BLOCK, length - at);
            Floats.load(from, (long) row * length + at, block, part);
            folded =
                kind == Op.ReduceKind.SUM
                    ? folded + sum(block, part)
                    : Math.max(folded, max(block, part));
          }
          Floats.set(to, row, folded);
        }
      }
    };
  }

  /// Eight sums side by side, added pairwise at the end.
  static float sum(float[] block, int length) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int i = 0;
    for (; i + 4 <= length; i += 4) {
      s0 += block[i];
      s1 += block[i + 1];
      s2 += block[i + 2];
      s3 += block[i + 3];
    }
    for (; i < length; i++) {
      s0 += block[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static float max(float[] block, int length) {
    float largest = block[0];
    for (int i = 1; i < length; i++) {
      largest = Math.max(largest, block[i]);
    }
    return largest;
  }

  /// Folds whole rows of `inner` elements into a block of sums; wide rows are cut into ranges of
  /// columns, which may run at the same time.
  private static Kernel columns(
      Tensor tensor,
      Op.ReduceKind kind,
      int[] sizes,
      double nanos,
      MemorySegment from,
      MemorySegment to) {
    int length = sizes[1];
    int inner = sizes[2];
    int ranges = (inner + Scratch.BLOCK - 1) / Scratch.BLOCK;
    int pieces = sizes[0] * ranges;
    int slices = Kernel.slicesFor(nanos, pieces);
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        float[][] blocks = scratch.blocks(2);
        int end = from(slice + 1, slices(), pieces);
        for (int piece = from(slice, slices(), pieces); piece < end; piece++) {
          int outer = piece / ranges;
          int first = piece % ranges * Scratch.BLOCK;
          int width = Math.min(Scratch.BLOCK, inner - first);
          float[] folded = blocks[0];
          Arrays.fill(folded, kind == Op.ReduceKind.SUM ? 0 : Float.NEGATIVE_INFINITY);
          // Narrow rows lie side by side: as many at a time as a block holds.
          int most = ranges == 1 ? Scratch.BLOCK / inner : 1;
          int rows;
          for (int row = 0; row < length; row += rows) {
            rows = Math.min(most, length - row);
            long at = ((long) outer * length + row) * inner + first;
            Floats.load(from, at, blocks[1], rows * width);
            fold(kind, folded, blocks[1], rows, width);
          }
          Floats.store(folded, to, (long) outer * inner + first, width);
        }
      }
    };
  }

  /// Row after row onto `folded`, a vector of columns at a time.
  private static void fold(Op.ReduceKind kind, float[] folded, float[] block, int rows, int width) {
    boolean sum = kind == Op.ReduceKind.SUM;
    int whole = SPECIES.loopBound(width);
    for (int i = 0; i < whole; i += SPECIES.length()) {
      FloatVector v = FloatVector.fromArray(SPECIES, folded, i);
      for (int at = i; at < rows * width; at += width) {
        FloatVector next = FloatVector.fromArray(SPECIES, block, at);
        v = sum ? v.add(next) : v.max(next);
      }
      v.intoArray(folded, i);
    }
    for (int i = whole; i < width; i++) {
      for (int at = i; at < rows * width; at += width) {
        folded[i] = sum ? folded[i] + block[at] : Math.max(folded[i], block[at]);
      }
    }
  }

  /// Index of the largest element of each row.
  static Kernel argMax(Tensor tensor, MemorySegment from, MemorySegment to) {
    int rows = tensor.shape().elements();
    int width = tensor.inputs().getFirst().shape().size(-1);
    return new Kernel(tensor.toString(), 1, 20 + 1.0 * rows * width) {
      @Override
      void run(int slice, Scratch scratch) {
        for (int row = 0; row < rows; row++) {
          int best = 0;
          float largest = Floats.get(from, (long) row * width);
          for (int i = 1; i < width; i++) {
            float value = Floats.get(from, (long) row * width + i);
            if (value > largest) {
              largest = value;
              best = i;
            }
          }
          to.set(Floats.I32, 4L * row, best);
        }
      }
    };
  }

  /// Softmax or its logarithm, some rows at a time, with the largest element taken off first.
  static Kernel softmax(Tensor tensor, boolean logarithm, MemorySegment from, MemorySegment to) {
    int width = tensor.shape().size(-1);
    int rows = tensor.shape().elements() / width;
    double nanos = 30 + 4.0 * rows * width;
    int slices = Kernel.slicesFor(nanos, rows);
    int most = Math.max(1, Scratch.BLOCK / width);
    // Whole vectors.
    int size = (most * width + SPECIES.length() - 1) / SPECIES.length() * SPECIES.length();
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        float[] x = scratch.image(0, size);
        float[] e = scratch.image(1, size);
        int end = from(slice + 1, slices(), rows);
        for (int row = from(slice, slices(), rows); row < end; row += most) {
          int length = Math.min(most, end - row) * width;
          Floats.load(from, (long) row * width, x, length);
          for (int at = 0; at < length; at += width) {
            takeLargest(x, at, width);
          }
          Maths.exp(x, e, length);
          for (int at = 0; at < length; at += width) {
            normalize(logarithm, x, e, at, width);
          }
          Floats.store(logarithm ? x : e, to, (long) row * width, length);
        }
      }
    };
  }

  private static void takeLargest(float[] x, int at, int width) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int i = at; i < at + width; i++) {
      largest = Math.max(largest, x[i]);
    }
    for (int i = at; i < at + width; i++) {
      x[i] -= largest;
    }
  }

  private static void normalize(boolean logarithm, float[] x, float[] e, int at, int width) {
    float sum = 0;
    for (int i = at; i < at + width; i++) {
      sum += e[i];
    }
    float scale = logarithm ? (float) StrictMath.log(sum) : 1f / sum;
    for (int i = at; i < at + width; i++) {
      if (logarithm) {
        x[i] -= scale;
      } else {
        e[i] *= scale;
      }
    }
  }
}
