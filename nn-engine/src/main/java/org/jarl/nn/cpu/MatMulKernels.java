package org.jarl.nn.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Matrix products `[M, K] x [K, N]`: oneDNN for what is large, Java for single rows and where
/// there is no oneDNN.
final class MatMulKernels {
  /// Weights up to which one row is worth a padded copy.
  private static final long LARGEST_ROW = 1 << 17;

  /// Rows that are computed one by one, and their work up to which that takes less time than a call
  /// into oneDNN.
  private static final int FEW = 8;

  private static final long LARGEST_ROWS = 1 << 16;

  /// Work per slice worth a hand-over, multiply-adds.
  private static final double SLICE = 4e6;

  /// Columns that leave most of a vector empty.
  private static final int NARROW = 4;

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

  /// The kernel for a product; the choice follows from shapes and from what is installed.
  ///
  /// @param weights whose values `b` and the bias are, or null if they are not all parameters
  static Kernel product(Product p, @Nullable CpuStorage weights) {
    boolean small = p.m == 1 ? p.work() <= LARGEST_ROW : p.work() <= LARGEST_ROWS;
    if (small && weights != null && !p.transposeA && !p.transposeB && p.m <= FEW) {
      return new RowKernel(p, weights);
    }
    if (LongRowKernel.fits(p) && p.work() > LARGEST_ROW) {
      return new LongRowKernel(p);
    }
    if (!OneDnn.isAvailable()) {
      return plain(p);
    }
    return p.n <= NARROW && p.m >= 4 * p.n && p.transposeA && !p.transposeB
        ? sideways(p)
        : oneDnn(p);
  }

  /// A narrow weight gradient, `a^T b`, as the transpose of `b^T a`, whose rows fill vectors.
  private static Kernel sideways(Product p) {
    MemorySegment turned = Arena.ofAuto().allocate(4L * p.m * p.n, 64);
    OneDnn.Call call =
        call(
            new Product(p.label, p.n, p.m, p.k, true, false, p.b, p.a, null, turned, false),
            0,
            p.n,
            0,
            p.m);
    String label = p.label + " sideways by " + call.implementation();
    return new Kernel(label, 1, 500 + p.work() / 20) {
      @Override
      void run(int slice, Scratch scratch) {
        call.run();
        for (int row = 0; row < p.m; row++) {
          for (int column = 0; column < p.n; column++) {
            Floats.set(
                p.out, (long) row * p.n + column, Floats.get(turned, (long) column * p.m + row));
          }
        }
      }
    };
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

  private static Kernel plain(Product p) {
    int slices = Math.max(1, Math.min(p.m, (int) Math.min(8, p.work() / 1e5)));
    return new Kernel(p.label + " Java", slices, 60 + p.work() / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), p.m);
        for (int row = from(slice, slices(), p.m); row < end; row++) {
          plainRow(p, row);
        }
      }
    };
  }

  private static void plainRow(Product p, int row) {
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

  /// The plain twin of every product: one element after another.
  static void reference(Product p) {
    for (int row = 0; row < p.m; row++) {
      plainRow(p, row);
    }
  }
}
