package org.jarl.nn.cuda;

import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Folding and normalizing along an axis, by the kernels of `reduce.cuh`. Grids, and with them the
/// order of sums, follow from the sizes alone.
final class Reductions {
  private static final int THREADS = 256;

  /// The longest row that one warp folds, where there are few and where there are many.
  private static final int SHORT_ROW = 128;

  private static final int LONG_ROW = 1024;

  /// So many results keep a device busy with one thread each.
  private static final int MANY_RESULTS = 1 << 15;

  /// Below this a device has multiprocessors with nothing to do.
  private static final int FEW_BLOCKS = 128;

  /// Neighbouring columns that are one access to memory.
  private static final int LEAST_COLUMNS = 8;

  /// Blocks that folding in chunks aims at, and the rows of a chunk that make it worth it.
  private static final int BLOCKS = 528;

  private static final int ROWS_PER_THREAD = 16;

  private Reductions() {}

  /// `[outer, length, inner]` to `[outer, inner]`.
  private record Sizes(int outer, int length, int inner) {
    static Sizes of(Tensor tensor, int axis) {
      Shape in = tensor.inputs().getFirst().shape();
      return new Sizes(in.product(0, axis), in.size(axis), in.product(axis + 1, in.rank()));
    }

    int results() {
      return outer * inner;
    }

    /// Whether one thread for each result, or a few for each row, will do.
    boolean small() {
      if (inner == 1) {
        return length <= 32
            || (outer > 1 && length <= SHORT_ROW)
            || (outer >= FEW_BLOCKS && length <= LONG_ROW);
      }
      return length <= 8 || results() >= MANY_RESULTS;
    }

    /// Neighbouring columns that a block folds: fewer where that gives too few blocks.
    int columns() {
      int columns = Math.min(32, powerOfTwo(inner));
      while (columns > LEAST_COLUMNS && (long) outer * tiles(columns) < FEW_BLOCKS) {
        columns /= 2;
      }
      return columns;
    }

    int tiles() {
      return tiles(columns());
    }

    private int tiles(int columns) {
      return (inner - 1) / columns + 1;
    }

    /// Parts of the axis that are folded by blocks of their own first.
    int chunks() {
      if (small()) {
        return 1;
      }
      int most = length / (THREADS / columns() * ROWS_PER_THREAD);
      return Math.clamp(BLOCKS / ((long) tiles() * outer), 1, Math.max(1, most));
    }
  }

  private static int powerOfTwo(int atLeast) {
    return atLeast == 1 ? 1 : Integer.highestOneBit(atLeast - 1) << 1;
  }

  /// Bytes that folding in chunks needs.
  static long workspace(Tensor tensor) {
    if (!(tensor.op() instanceof Op.Reduce(_, int axis))) {
      return 0;
    }
    Sizes sizes = Sizes.of(tensor, axis);
    return sizes.chunks() == 1 ? 0 : 4L * sizes.results() * sizes.chunks();
  }

  /// Of [Op.Reduce].
  static List<Launch> fold(Tensor tensor, Op.Reduce op, Placement placement) {
    Sizes sizes = Sizes.of(tensor, op.axis());
    int sum = op.kind() == Op.ReduceKind.SUM ? 1 : 0;
    long from = placement.place(tensor.inputs().getFirst());
    long to = placement.place(tensor);
    if (sizes.small()) {
      return List.of(
          sizes.inner == 1
              ? rows("reduce_rows", from, to, sizes.outer, sizes.length).integer(sum)
              : Launch.over("reduce_each", sizes.results(), THREADS)
                  .pointer(from)
                  .pointer(to)
                  .integer(sizes.results())
                  .integer(sizes.length)
                  .integer(sizes.inner)
                  .integer(sum));
    }
    int chunks = sizes.chunks();
    if (chunks == 1) {
      return List.of(columns(sizes, 1, from, to, sum));
    }
    Sizes rest = new Sizes(sizes.outer, chunks, sizes.inner);
    return List.of(
        columns(sizes, chunks, from, placement.workspace(), sum),
        columns(rest, 1, placement.workspace(), to, sum));
  }

  private static Launch columns(Sizes sizes, int chunks, long from, long to, int sum) {
    return new Launch("reduce_columns", THREADS)
        .grid(Math.toIntExact((long) sizes.outer * chunks * sizes.tiles()))
        .pointer(from)
        .pointer(to)
        .integer(sizes.length)
        .integer(sizes.inner)
        .integer(sizes.columns())
        .integer(sizes.tiles())
        .integer(chunks)
        .integer(sum);
  }

  /// A few lanes of a warp for each row: fewer for short ones.
  private static Launch rows(String kernel, long from, long to, int rows, int width) {
    int lanes = Math.min(32, powerOfTwo(width));
    return Launch.over(kernel, (long) rows * lanes, THREADS)
        .pointer(from)
        .pointer(to)
        .integer(rows)
        .integer(width)
        .integer(lanes);
  }

  /// Of [Op.ArgMax].
  static List<Launch> argMax(Tensor tensor, Placement placement) {
    Tensor input = tensor.inputs().getFirst();
    int width = input.shape().size(-1);
    return List.of(
        rows(
            "arg_max",
            placement.place(input),
            placement.place(tensor),
            tensor.shape().elements(),
            width));
  }

  /// Of [Op.Softmax] and [Op.LogSoftmax].
  static List<Launch> softmax(Tensor tensor, boolean logarithm, Placement placement) {
    int width = tensor.shape().size(-1);
    int rows = tensor.shape().elements() / width;
    long from = placement.place(tensor.inputs().getFirst());
    long to = placement.place(tensor);
    if (width <= LONG_ROW) {
      return List.of(rows("softmax_rows", from, to, rows, width).integer(logarithm ? 1 : 0));
    }
    return List.of(
        new Launch("softmax_long_rows", THREADS)
            .grid(rows)
            .pointer(from)
            .pointer(to)
            .integer(width)
            .integer(logarithm ? 1 : 0));
  }
}
