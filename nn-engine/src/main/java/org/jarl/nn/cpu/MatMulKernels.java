package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
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
    boolean row = p.m == 1 && !p.transposeA && !p.transposeB;
    boolean small = (long) p.n * p.k <= 1 << 16;
    if (row && !small && p.n % 64 == 0) {
      return stream(p);
    }
    return row && small || !OneDnn.isAvailable() ? java(p) : oneDnn(p);
  }

  /// One row times a matrix that is larger than the caches near the core: all the time goes into
  /// reading it, so it is read in the order of memory. Slices take ranges of columns.
  private static Kernel stream(Product p) {
    int slices = p.n % 512 == 0 && p.work() > 1e6 ? 2 : 1;
    int columns = p.n / slices;
    float[][] sums = new float[slices][columns];
    return new Kernel(p.label + " Java", slices, 60 + p.work() / slices / 10) {
      @Override
      void run(int slice, Scratch scratch) {
        streamColumns(p, slice * columns, sums[slice]);
      }
    };
  }

  /// Eight rows of `b` at a time are added to the sums of a range of columns.
  static void streamColumns(Product p, int column, float[] sums) {
    final MemorySegment b = p.b;
    final int lanes = SPECIES.length();
    final long next = 4L * p.n;
    java.util.Arrays.fill(sums, 0f);
    int k = 0;
    for (; k + 8 <= p.k; k += 8) {
      FloatVector x0 = broadcast(p.a, k);
      FloatVector x1 = broadcast(p.a, k + 1);
      FloatVector x2 = broadcast(p.a, k + 2);
      FloatVector x3 = broadcast(p.a, k + 3);
      FloatVector x4 = broadcast(p.a, k + 4);
      FloatVector x5 = broadcast(p.a, k + 5);
      FloatVector x6 = broadcast(p.a, k + 6);
      FloatVector x7 = broadcast(p.a, k + 7);
      long at = 4 * ((long) k * p.n + column);
      for (int i = 0; i < sums.length; i += lanes) {
        FloatVector even = FloatVector.fromArray(SPECIES, sums, i);
        FloatVector odd = load(b, at + next).mul(x1);
        even = load(b, at).fma(x0, even);
        odd = load(b, at + 3 * next).fma(x3, odd);
        even = load(b, at + 2 * next).fma(x2, even);
        odd = load(b, at + 5 * next).fma(x5, odd);
        even = load(b, at + 4 * next).fma(x4, even);
        odd = load(b, at + 7 * next).fma(x7, odd);
        even = load(b, at + 6 * next).fma(x6, even);
        even.add(odd).intoArray(sums, i);
        at += 4L * lanes;
      }
    }
    for (; k < p.k; k++) {
      FloatVector x0 = broadcast(p.a, k);
      long at = 4 * ((long) k * p.n + column);
      for (int i = 0; i < sums.length; i += lanes) {
        load(b, at).fma(x0, FloatVector.fromArray(SPECIES, sums, i)).intoArray(sums, i);
        at += 4L * lanes;
      }
    }
    for (int i = 0; i < sums.length; i += lanes) {
      finish(p, 0, column + i, FloatVector.fromArray(SPECIES, sums, i));
    }
  }

  private static FloatVector broadcast(MemorySegment a, int at) {
    return FloatVector.broadcast(SPECIES, Floats.get(a, at));
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
    return new Kernel(p.label + " oneDNN", slices, 500 + p.work() / slices / 48) {
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
    float[][] rows = new float[slices][p.k];
    return new Kernel(p.label + " Java", slices, 60 + p.work() / slices / 12) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), p.m);
        for (int row = from(slice, slices(), p.m); row < end; row++) {
          if (p.transposeB) {
            dotRow(p, row);
          } else {
            row(p, row, rows[slice]);
          }
        }
      }
    };
  }

  /// One row of the output, some vectors of columns at a time. Equal to [#reference] but for
  /// rounding.
  ///
  /// The last columns are computed as a whole vector that ends with them, not as a masked one: what
  /// overlaps is written twice with equal bits. Every width adds up in the same order (even `k`,
  /// odd `k`, both), so the bits do not depend on the lanes of the machine either.
  ///
  /// @param x `[K]`, receives the row of `a`
  static void row(Product p, int row, float[] x) {
    if (p.transposeA) {
      for (int i = 0; i < p.k; i++) {
        x[i] = Floats.get(p.a, (long) i * p.m + row);
      }
    } else {
      Floats.load(p.a, (long) row * p.k, x, p.k);
    }
    int lanes = SPECIES.length();
    int column = 0;
    if (p.n >= lanes) {
      for (; column + 4 * lanes <= p.n; column += 4 * lanes) {
        fourVectors(p, row, x, column);
      }
      if (p.n - column > 2 * lanes && p.n >= 4 * lanes) {
        fourVectors(p, row, x, p.n - 4 * lanes);
        return;
      }
      for (; column + lanes <= p.n; column += lanes) {
        oneVector(p, row, x, column);
      }
      if (column < p.n) {
        oneVector(p, row, x, p.n - lanes);
      }
      return;
    }
    for (; column < p.n; column++) {
      oneColumn(p, row, x, column);
    }
  }

  private static void fourVectors(Product p, int row, float[] x, int column) {
    final int lanes = SPECIES.length();
    final MemorySegment b = p.b;
    final long next = 4L * p.n;
    final long vector = 4L * lanes;
    FloatVector even0 = FloatVector.zero(SPECIES);
    FloatVector even1 = even0;
    FloatVector even2 = even0;
    FloatVector even3 = even0;
    FloatVector odd0 = even0;
    FloatVector odd1 = even0;
    FloatVector odd2 = even0;
    FloatVector odd3 = even0;
    long at = 4L * column;
    int k = 0;
    for (; k + 1 < p.k; k += 2) {
      FloatVector a = FloatVector.broadcast(SPECIES, x[k]);
      even0 = load(b, at).fma(a, even0);
      even1 = load(b, at + vector).fma(a, even1);
      even2 = load(b, at + 2 * vector).fma(a, even2);
      even3 = load(b, at + 3 * vector).fma(a, even3);
      a = FloatVector.broadcast(SPECIES, x[k + 1]);
      odd0 = load(b, at + next).fma(a, odd0);
      odd1 = load(b, at + next + vector).fma(a, odd1);
      odd2 = load(b, at + next + 2 * vector).fma(a, odd2);
      odd3 = load(b, at + next + 3 * vector).fma(a, odd3);
      at += 2 * next;
    }
    if (k < p.k) {
      FloatVector a = FloatVector.broadcast(SPECIES, x[k]);
      even0 = load(b, at).fma(a, even0);
      even1 = load(b, at + vector).fma(a, even1);
      even2 = load(b, at + 2 * vector).fma(a, even2);
      even3 = load(b, at + 3 * vector).fma(a, even3);
    }
    finish(p, row, column, even0.add(odd0));
    finish(p, row, column + lanes, even1.add(odd1));
    finish(p, row, column + 2 * lanes, even2.add(odd2));
    finish(p, row, column + 3 * lanes, even3.add(odd3));
  }

  private static void oneVector(Product p, int row, float[] x, int column) {
    final MemorySegment b = p.b;
    final long next = 4L * p.n;
    FloatVector even = FloatVector.zero(SPECIES);
    FloatVector odd = even;
    long at = 4L * column;
    int k = 0;
    for (; k + 1 < p.k; k += 2) {
      even = load(b, at).fma(FloatVector.broadcast(SPECIES, x[k]), even);
      odd = load(b, at + next).fma(FloatVector.broadcast(SPECIES, x[k + 1]), odd);
      at += 2 * next;
    }
    if (k < p.k) {
      even = load(b, at).fma(FloatVector.broadcast(SPECIES, x[k]), even);
    }
    finish(p, row, column, even.add(odd));
  }

  /// Bias, ReLU and the way out.
  private static void finish(Product p, int row, int column, FloatVector sum) {
    FloatVector value = p.bias == null ? sum : sum.add(load(p.bias, 4L * column));
    value = p.relu ? value.max(0f) : value;
    value.intoMemorySegment(p.out, 4 * ((long) row * p.n + column), ORDER);
  }

  private static void oneColumn(Product p, int row, float[] x, int column) {
    float even = 0;
    float odd = 0;
    long at = column;
    int k = 0;
    for (; k + 1 < p.k; k += 2) {
      even = Math.fma(Floats.get(p.b, at), x[k], even);
      odd = Math.fma(Floats.get(p.b, at + p.n), x[k + 1], odd);
      at += 2L * p.n;
    }
    if (k < p.k) {
      even = Math.fma(Floats.get(p.b, at), x[k], even);
    }
    float sum = even + odd;
    sum = p.bias == null ? sum : sum + Floats.get(p.bias, column);
    Floats.set(p.out, (long) row * p.n + column, p.relu ? Math.max(sum, 0f) : sum);
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(SPECIES, memory, at, ORDER);
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
