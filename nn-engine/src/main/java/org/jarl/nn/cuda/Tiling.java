package org.jarl.nn.cuda;

import java.util.List;
import java.util.Locale;
import org.jarl.nn.Precision;

/// How a product of matrices is dealt out to blocks: which tile, and into how many parts what is
/// summed over is cut.
///
/// Chosen by a small model of time on a device of 132 multiprocessors, whatever device is there:
/// the parts decide the order of sums, and equal programs give equal bits.
///
/// @param tile what one block computes
/// @param each inner places of one part, a multiple of the tile's depth
/// @param parts at least 1
record Tiling(Tile tile, int each, int parts) {
  private static final int MULTIPROCESSORS = 132;

  /// Clock cycles that one block alone on a multiprocessor waits in each step, without and with
  /// tensor cores: without them, half as much is on its way at a time.
  private static final int PLAIN_WAIT = 500;

  private static final int TENSOR_WAIT = 100;

  /// Clock cycles that adding the parts takes at least, and bytes that it moves in one.
  private static final int FINISH = 2500;

  private static final int BYTES_PER_CYCLE = 1000;

  private static final int MOST_PARTS = 256;

  /// Tiles that there are kernels for; see tiles.cuh.
  enum Tile {
    /// Many blocks of a small matrix.
    SMALL(32, 32, 32, 195, 300),
    /// Half the bytes for each product.
    LARGE(64, 64, 16, 190, 560),
    /// The same for few columns.
    TALL(128, 32, 16, 205, 560),
    /// Fewest instructions for each product; on tensor cores alone.
    HUGE(128, 64, 16, 245, 0);

    /// Of the block's part of the result, and inner places that are taken at once.
    final int rows;

    final int columns;
    final int depth;

    /// Clock cycles of a multiprocessor for `depth` inner places, by tensor cores and without:
    /// instructions that each of its four schedulers issues, counted.
    private final int tensorCycles;

    private final int plainCycles;

    Tile(int rows, int columns, int depth, int tensorCycles, int plainCycles) {
      this.rows = rows;
      this.columns = columns;
      this.depth = depth;
      this.tensorCycles = tensorCycles;
      this.plainCycles = plainCycles;
    }

    /// Blocks for a matrix of this size.
    int count(long m, long n) {
      return Math.toIntExact(ceil(m, rows) * ceil(n, columns));
    }
  }

  private static long ceil(long a, long b) {
    return (a + b - 1) / b;
  }

  /// The quickest of these tiles for `[m, k] x [k, n]`.
  static Tiling of(int m, int n, int k, Precision precision, List<Tile> tiles) {
    return of(m, n, k, precision, tiles, MOST_PARTS);
  }

  /// The quickest of these tiles where sums cannot be cut.
  static Tiling ofOnePart(int m, int n, int k, Precision precision, List<Tile> tiles) {
    return of(m, n, k, precision, tiles, 1);
  }

  private static Tiling of(
      int m, int n, int k, Precision precision, List<Tile> tiles, int mostParts) {
    Tiling best = new Tiling(tiles.getFirst(), k, 1);
    long shortest = Long.MAX_VALUE;
    for (Tile tile : tiles) {
      if (tile == Tile.HUGE && precision == Precision.FP32) {
        continue;
      }
      int steps = (int) ceil(k, tile.depth);
      for (int wanted = 1; wanted <= Math.min(steps, mostParts); wanted++) {
        int each = (int) ceil(steps, wanted) * tile.depth;
        int parts = (int) ceil(k, each);
        long cycles = cycles(tile, m, n, each / tile.depth, parts, precision);
        if (parts == wanted && cycles < shortest) {
          shortest = cycles;
          best = new Tiling(tile, each, parts);
        }
      }
    }
    return best;
  }

  private static long cycles(
      Tile tile, long m, long n, long steps, int parts, Precision precision) {
    boolean plain = precision == Precision.FP32;
    long together = ceil(tile.count(m, n) * (long) parts, MULTIPROCESSORS);
    long busy = plain ? tile.plainCycles : tile.tensorCycles;
    long step = Math.max(busy + (plain ? PLAIN_WAIT : TENSOR_WAIT), together * busy);
    long finish = parts == 1 ? 0 : FINISH + 8 * m * n * parts / BYTES_PER_CYCLE;
    return steps * step + finish;
  }

  /// Bytes for the sums of all parts; none where there is one part, which needs no adding.
  long workspace(int m, int n) {
    return parts == 1 ? 0 : 4L * m * n * parts;
  }

  /// A launch of this tile's kernel for `[m, n]` sums, without arguments.
  Launch launch(String kernel, int m, int n, Precision precision) {
    String name = kernel + "_" + lower(tile.name()) + "_" + precision.key();
    return new Launch(name, 128).grid(tile.count(m, n), parts, 1);
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /// What is done to sums at the end.
  ///
  /// @param result where they go
  /// @param targets address of entries whose last word says where a row goes, or 0
  /// @param bias one number per column, or 0
  record End(long result, long targets, float scale, long bias, boolean relu) {}

  /// Adds the parts that lie in the workspace.
  Launch finish(long workspace, End end, int m, int n) {
    int groups = Math.clamp(Integer.highestOneBit(parts / 2), 1, 8);
    return Launch.over("finish_product", (long) m * n * groups, 256)
        .pointer(workspace)
        .pointer(end.bias)
        .pointer(end.result)
        .pointer(end.targets)
        .integer(m)
        .integer(n)
        .integer(parts)
        .integer(groups)
        .number(end.scale)
        .integer(end.relu ? 1 : 0);
  }
}
