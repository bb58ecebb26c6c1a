package org.jarl.env.atari;

import java.math.BigInteger;
import java.util.Arrays;

/// Averages over areas in whole numbers, rounded half up.
///
/// Both axes are cut so finely that every edge falls on a cut: a pixel of the source is `size` cuts
/// long and one of the result `source` cuts, both divided by what they share. The weight of a
/// source pixel is the number of cuts that it shares with the result's.
///
/// Several rows of the result, a group, ride in one long, so that one multiplication serves them
/// all: four where their sums fit into 16 bits (as for 210 x 160 to 84 x 84, where a pixel of the
/// result is 200 cuts large), else two. Sums of bytes with sign borrow from the row above in the
/// long; the constant that makes up for the sign, added at the end, gives it back.
final class ExactShrinker implements Shrinker {
  /// Instead of dividing: multiply and shift by this. Exact for areas below 2^20 cuts; the largest
  /// screen has 250 x 160.
  private static final int SHIFT = 48;

  private final int width;
  private final int size;
  private final int laneBits;
  private final int lanes;
  private final Overlaps rows;
  private final Overlaps columns;

  /// `[group][r]`, what source row `r`, counted from the group's first, adds to each of its rows.
  private final long[][] groupWeights;

  /// Makes up for the sign of the pixels, and half a unit for rounding, in every lane.
  private final long correction;

  private final long reciprocal;

  /// Sums down the rows, with zeros at the end for taps that weigh nothing.
  private final long[] down;

  /// Sums over areas.
  private final long[] sums;

  ExactShrinker(int height, int width, int size) {
    this.width = width;
    this.size = size;
    rows = new Overlaps(height, size);
    columns = new Overlaps(width, size);
    long area = (long) rows.cuts * columns.cuts;
    laneBits = 255 * area + area / 2 < 1 << 16 ? 16 : 32;
    lanes = Long.SIZE / laneBits;
    groupWeights = new long[(size + lanes - 1) / lanes][];
    Arrays.setAll(groupWeights, g -> groupWeights(g * lanes));
    long ones = laneBits == 16 ? 0x0001_0001_0001_0001L : 0x0000_0001_0000_0001L;
    correction = ones * (128 * area + area / 2);
    reciprocal = (1L << SHIFT) / area + 1;
    down = new long[width + columns.taps];
    sums = new long[size];
  }

  private long[] groupWeights(int y) {
    int end = Math.min(y + lanes, size);
    long[] weights = new long[rows.end[end - 1] - rows.first[y]];
    for (int i = y; i < end; i++) {
      for (int row = rows.first[i]; row < rows.end[i]; row++) {
        long weight = rows.weight[i * rows.taps + row - rows.first[i]];
        weights[row - rows.first[y]] += weight << (i - y) * laneBits;
      }
    }
    return weights;
  }

  /// Which source pixels along one axis each pixel of the result covers, and how much of each.
  private static final class Overlaps {
    /// Length of a pixel of the result: the sum of its weights.
    final int cuts;

    /// Weights kept for each pixel of the result; those past its end are zero.
    final int taps;

    /// `[size]`, the first source pixel.
    final int[] first;

    /// `[size]`, the source pixel after the last.
    final int[] end;

    /// `[size, taps]`
    final int[] weight;

    Overlaps(int source, int size) {
      int shared = BigInteger.valueOf(source).gcd(BigInteger.valueOf(size)).intValue();
      cuts = source / shared;
      int pixel = size / shared;
      first = new int[size];
      end = new int[size];
      int most = USUAL_TAPS;
      for (int i = 0; i < size; i++) {
        first[i] = i * cuts / pixel;
        end[i] = ((i + 1) * cuts + pixel - 1) / pixel;
        most = Math.max(most, end[i] - first[i]);
      }
      taps = most;
      weight = new int[size * taps];
      for (int i = 0; i < size; i++) {
        for (int k = first[i]; k < end[i]; k++) {
          int from = Math.max(i * cuts, k * pixel);
          int to = Math.min((i + 1) * cuts, (k + 1) * pixel);
          weight[i * taps + k - first[i]] = to - from;
        }
      }
    }
  }

  @Override
  public void shrink(byte[] pixels, boolean[] repeats, byte[] out) {
    for (int group = 0; group < groupWeights.length; group++) {
      int y = group * lanes;
      sumDown(pixels, repeats, rows.first[y], groupWeights[group]);
      sumAcross(down, columns, correction, sums);
      for (int i = y; i < Math.min(y + lanes, size); i++) {
        divide(sums, (i - y) * laneBits, (1L << laneBits) - 1, reciprocal, out, i * size);
      }
    }
  }

  /// Rows that are alike are added at once.
  private void sumDown(byte[] pixels, boolean[] repeats, int first, long[] weights) {
    Arrays.fill(down, 0);
    long weight = 0;
    for (int r = 0; r < weights.length; r++) {
      weight += weights[r];
      if (r + 1 == weights.length || !repeats[first + r + 1]) {
        addRow(pixels, (first + r) * width, width, weight, down);
        weight = 0;
      }
    }
  }

  private static void addRow(byte[] pixels, int from, int width, long weight, long[] down) {
    for (int x = 0; x < width; x++) {
      down[x] += pixels[from + x] * weight;
    }
  }

  private static void sumAcross(long[] down, Overlaps columns, long correction, long[] sums) {
    int taps = columns.taps;
    int[] first = columns.first;
    int[] weight = columns.weight;
    for (int x = 0, w = 0; x < sums.length; x++, w += taps) {
      int from = first[x];
      long sum = correction + down[from] * weight[w];
      sum += down[from + 1] * weight[w + 1];
      sum += down[from + 2] * weight[w + 2];
      for (int k = USUAL_TAPS; k < taps; k++) {
        sum += down[from + k] * weight[w + k];
      }
      sums[x] = sum;
    }
  }

  private static void divide(
      long[] sums, int lane, long mask, long reciprocal, byte[] out, int to) {
    for (int x = 0; x < sums.length; x++) {
      out[to + x] = (byte) ((sums[x] >>> lane & mask) * reciprocal >>> SHIFT);
    }
  }
}
