package org.jarl.nn.cpu;

import static org.jarl.nn.cpu.Floats.F32;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// Matrix products `[M, K] x [K, N]`: oneDNN for what is large, Java for single rows and where
/// there is no oneDNN.
final class MatMulKernels {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /// Work per slice worth a hand-over, multiply-adds.
  private static final double SLICE = 4e6;

  private MatMulKernels() {}

  /// A product with all that may surround it.
  ///
  /// @param transposeA memory of `a` holds `[K, M]`
  /// @param transposeB memory of `b` holds `[N, K]`
  /// @param bias `[N]`, or null
  record Product(
      String label,
      int m,
      int n,
      int k,
      boolean transposeA,
      boolean transposeB,
      MemorySegment a,
      MemorySegment b,
      @Nullable MemorySegment bias,
      MemorySegment out,
      boolean relu) {

    double work() {
      return (double) m * n * k;
    }
  }

  static Kernel product(Product p) {
    boolean row = p.m == 1 && !p.transposeA && !p.transposeB && (long) p.n * p.k <= 1 << 17;
    return row || !OneDnn.isAvailable() ? java(p) : oneDnn(p);
  }

  /// Cut along the longer side of the output, so that the slices read as little as possible twice
  /// and no sum crosses them.
  private static Kernel oneDnn(Product p) {
    boolean byColumns = (double) p.k * p.n > (double) p.m * p.k;
    int units = byColumns ? p.n / 64 : p.m / 16;
    int slices = Integer.highestOneBit((int) Math.max(1, Math.min(8, p.work() / SLICE)));
    slices = Math.max(1, Math.min(slices, Math.max(1, units)));
    OneDnn.Call[] calls = new OneDnn.Call[slices];
    for (int i = 0; i < slices; i++) {
      int grain = byColumns ? 16 : 1;
      int whole = (byColumns ? p.n : p.m) / grain;
      int from = i == 0 ? 0 : Kernel.from(i, slices, whole) * grain;
      int to =
          i == slices - 1 ? (byColumns ? p.n : p.m) : Kernel.from(i + 1, slices, whole) * grain;
      calls[i] = byColumns ? call(p, 0, p.m, from, to) : call(p, from, to, 0, p.n);
    }
    String label = p.label + " by " + calls[0].implementation();
    return new Kernel(label, slices, 500 + p.work() / slices / 48) {
      @Override
      void run(int slice, Scratch scratch) {
        calls[slice].run();
      }
    };
  }

  private static OneDnn.Call call(Product p, int fromRow, int toRow, int fromColumn, int toColumn) {
    OneDnn dnn = OneDnn.get();
    int rows = toRow - fromRow;
    int columns = toColumn - fromColumn;
    MemorySegment src =
        dnn.array(new long[] {rows, p.k}, p.transposeA ? new long[] {1, p.m} : new long[] {p.k, 1});
    MemorySegment weights =
        dnn.array(
            new long[] {p.k, columns}, p.transposeB ? new long[] {1, p.k} : new long[] {p.n, 1});
    MemorySegment dst = dnn.array(new long[] {rows, columns}, new long[] {p.n, 1});
    MemorySegment bias =
        p.bias == null ? null : dnn.array(new long[] {1, columns}, new long[] {columns, 1});
    OneDnn.Descriptor descriptor = dnn.matmul(src, weights, bias, dst, p.relu);
    List<OneDnn.Argument> arguments = new ArrayList<>();
    long a = p.transposeA ? fromRow : (long) fromRow * p.k;
    long b = p.transposeB ? (long) fromColumn * p.k : fromColumn;
    arguments.add(new OneDnn.Argument(OneDnn.SRC, src, p.a.asSlice(4 * a)));
    arguments.add(new OneDnn.Argument(OneDnn.WEIGHTS, weights, p.b.asSlice(4 * b)));
    arguments.add(
        new OneDnn.Argument(
            OneDnn.DST, dst, p.out.asSlice(4 * ((long) fromRow * p.n + fromColumn))));
    if (p.bias != null && bias != null) {
      arguments.add(new OneDnn.Argument(OneDnn.BIAS, bias, p.bias.asSlice(4L * fromColumn)));
    }
    return descriptor.over(arguments.toArray(OneDnn.Argument[]::new));
  }

  private static Kernel java(Product p) {
    int slices = Math.max(1, Math.min(p.m, (int) Math.min(8, p.work() / 1e6)));
    return new Kernel(p.label + " Java", slices, 60 + p.work() / slices / 12) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), p.m);
        for (int row = from(slice, slices(), p.m); row < end; row++) {
          if (p.transposeB) {
            dotRow(p, row);
          } else {
            row(p, row);
          }
        }
      }
    };
  }

  /// One row of the output: a vector of columns at a time, four sums side by side over `k` to hide
  /// the latency of the multiply-add. Equal to [#reference] but for rounding.
  static void row(Product p, int row) {
    final int lanes = SPECIES.length();
    long first = p.transposeA ? row : (long) row * p.k;
    long stride = 4L * (p.transposeA ? p.m : 1);
    for (int column = 0; column < p.n; column += lanes) {
      VectorMask<Float> mask = SPECIES.indexInRange(column, p.n);
      boolean whole = column + lanes <= p.n;
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      long a = 4 * first;
      long b = 4L * column;
      long next = 4L * p.n;
      int k = 0;
      if (whole) {
        for (; k + 4 <= p.k; k += 4) {
          s0 = load(p.b, b).fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a)), s0);
          s1 =
              load(p.b, b + next).fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + stride)), s1);
          s2 =
              load(p.b, b + 2 * next)
                  .fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + 2 * stride)), s2);
          s3 =
              load(p.b, b + 3 * next)
                  .fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + 3 * stride)), s3);
          a += 4 * stride;
          b += 4 * next;
        }
      } else {
        for (; k + 4 <= p.k; k += 4) {
          s0 = load(p.b, b, mask).fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a)), s0);
          s1 =
              load(p.b, b + next, mask)
                  .fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + stride)), s1);
          s2 =
              load(p.b, b + 2 * next, mask)
                  .fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + 2 * stride)), s2);
          s3 =
              load(p.b, b + 3 * next, mask)
                  .fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a + 3 * stride)), s3);
          a += 4 * stride;
          b += 4 * next;
        }
      }
      for (; k < p.k; k++) {
        s0 = load(p.b, b, mask).fma(FloatVector.broadcast(SPECIES, p.a.get(F32, a)), s0);
        a += stride;
        b += next;
      }
      FloatVector sum = s0.add(s1).add(s2.add(s3));
      if (p.bias != null) {
        sum = sum.add(load(p.bias, 4L * column, mask));
      }
      if (p.relu) {
        sum = sum.max(0f);
      }
      sum.intoMemorySegment(p.out, 4 * ((long) row * p.n + column), ORDER, mask);
    }
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(SPECIES, memory, at, ORDER);
  }

  private static FloatVector load(MemorySegment memory, long at, VectorMask<Float> mask) {
    return FloatVector.fromMemorySegment(SPECIES, memory, at, ORDER, mask);
  }

  /// One row of the output where `b` holds `[N, K]`; only where there is no oneDNN.
  private static void dotRow(Product p, int row) {
    for (int column = 0; column < p.n; column++) {
      Floats.set(p.out, (long) row * p.n + column, element(p, row, column));
    }
  }

  private static float element(Product p, int row, int column) {
    float sum = 0;
    for (int k = 0; k < p.k; k++) {
      long a = p.transposeA ? (long) k * p.m + row : (long) row * p.k + k;
      long b = p.transposeB ? (long) column * p.k + k : (long) k * p.n + column;
      sum += Floats.get(p.a, a) * Floats.get(p.b, b);
    }
    if (p.bias != null) {
      sum += Floats.get(p.bias, column);
    }
    return p.relu ? Math.max(sum, 0) : sum;
  }

  static int vectorBits() {
    return SPECIES.vectorBitSize();
  }

  /// The plain twin of every product: one element after another.
  static void reference(Product p) {
    for (int row = 0; row < p.m; row++) {
      dotRow(p, row);
    }
  }
}
