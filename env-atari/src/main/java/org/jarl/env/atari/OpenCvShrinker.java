package org.jarl.env.atari;

import java.util.Arrays;

/// The bits of OpenCV's `resize` with `INTER_AREA` (version 4.6).
///
/// OpenCV averages in single precision, first along the row and then down the rows, adds in the
/// order of the pixels and rounds half to even. Shares are rounded to single precision, and one of
/// less than 1e-3 of a pixel is left out. Where both axes shrink by whole numbers it sums whole
/// numbers instead, and for two by two rounds half up.
final class OpenCvShrinker implements Shrinker {
  private static final double LEAST_SHARE = 1e-3;

  private final int height;
  private final int width;
  private final int size;
  private final Shares rows;
  private final Shares columns;

  /// A row of the source, with zeros at the end for taps that have no share.
  private final float[] wide;

  /// A row of the source, averaged along.
  private final float[] narrow;

  private final float[] sums;

  OpenCvShrinker(int height, int width, int size) {
    this.height = height;
    this.width = width;
    this.size = size;
    rows = new Shares(height, size);
    columns = new Shares(width, size);
    wide = new float[width + columns.taps];
    narrow = new float[size];
    sums = new float[size];
  }

  /// Which source pixels along one axis each pixel of the result covers, and which share of it each
  /// is.
  private static final class Shares {
    /// Shares kept for each pixel of the result; those past its end are zero.
    final int taps;

    /// `[size]`, the first source pixel.
    final int[] first;

    /// `[size, taps]`
    final float[] share;

    Shares(int source, int size) {
      // OpenCV divides twice, which decides the last bit.
      double scale = 1 / ((double) size / source);
      taps = Math.max(USUAL_TAPS, (int) Math.ceil(scale) + 1);
      first = new int[size];
      share = new float[size * taps];
      for (int i = 0; i < size; i++) {
        double from = i * scale;
        double to = from + scale;
        double length = Math.min(scale, source - from);
        int last = Math.min((int) Math.floor(to), source - 1);
        int whole = Math.min((int) Math.ceil(from), last);
        boolean before = whole - from > LEAST_SHARE;
        first[i] = before ? whole - 1 : whole;
        int at = i * taps;
        if (before) {
          share[at++] = (float) ((whole - from) / length);
        }
        for (int k = whole; k < last; k++) {
          share[at++] = (float) (1 / length);
        }
        if (to - last > LEAST_SHARE) {
          share[at] = (float) (Math.min(Math.min(to - last, 1), length) / length);
        }
      }
    }
  }

  @Override
  public void shrink(byte[] pixels, boolean[] repeats, byte[] out) {
    if (height % size == 0 && width % size == 0) {
      shrinkWhole(pixels, out);
      return;
    }
    int ready = -1;
    for (int y = 0; y < size; y++) {
      Arrays.fill(sums, 0);
      for (int k = 0; k < rows.taps; k++) {
        float share = rows.share[y * rows.taps + k];
        if (share != 0) {
          int row = rows.first[y] + k;
          if (row != ready && !(repeats[row] && row - 1 == ready)) {
            widen(pixels, row * width, width, wide);
            average(wide, columns, narrow);
          }
          ready = row;
          add(narrow, share, sums);
        }
      }
      round(sums, out, y * size);
    }
  }

  private static void widen(byte[] pixels, int from, int width, float[] wide) {
    for (int x = 0; x < width; x++) {
      // Through a long, since C2 makes vectors of that and not of an int.
      wide[x] = pixels[from + x] + 128L;
    }
  }

  private static void average(float[] wide, Shares columns, float[] narrow) {
    int taps = columns.taps;
    int[] first = columns.first;
    float[] share = columns.share;
    for (int x = 0, s = 0; x < narrow.length; x++, s += taps) {
      int from = first[x];
      float sum = wide[from] * share[s];
      sum += wide[from + 1] * share[s + 1];
      sum += wide[from + 2] * share[s + 2];
      for (int k = USUAL_TAPS; k < taps; k++) {
        sum += wide[from + k] * share[s + k];
      }
      narrow[x] = sum;
    }
  }

  private static void add(float[] narrow, float share, float[] sums) {
    for (int x = 0; x < sums.length; x++) {
      sums[x] += share * narrow[x];
    }
  }

  private static void round(float[] sums, byte[] out, int to) {
    for (int x = 0; x < sums.length; x++) {
      out[to + x] = (byte) (int) Math.rint(sums[x]);
    }
  }

  private void shrinkWhole(byte[] pixels, byte[] out) {
    int down = height / size;
    int across = width / size;
    int area = down * across;
    boolean halves = down == 2 && across == 2;
    float share = 1f / area;
    for (int y = 0; y < size; y++) {
      for (int x = 0; x < size; x++) {
        int sum = 128 * area;
        for (int row = y * down; row < (y + 1) * down; row++) {
          for (int column = x * across; column < (x + 1) * across; column++) {
            sum += pixels[row * width + column];
          }
        }
        out[y * size + x] = (byte) (halves ? sum + 2 >> 2 : (int) Math.rint(sum * share));
      }
    }
  }
}
