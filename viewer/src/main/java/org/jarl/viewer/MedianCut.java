package org.jarl.viewer;

import java.util.Arrays;

/// Replaces many colours by few: median cut (Heckbert 1982). The box of colours with the longest
/// side is halved, at the pixel in the middle along that side, until there are enough boxes; the
/// mean of a box stands for its colours. Equal pictures give equal palettes. Not thread-safe.
final class MedianCut {
  /// An entry: 8 bits to sort by, the colour's 24, and how many pixels have it.
  private static final int SORT_SHIFT = 55;

  private static final int COLOR_SHIFT = 31;
  private static final long COUNT_MASK = (1L << COLOR_SHIFT) - 1;

  private long[] entries = {};
  private final int[] starts = new int[257];
  private final int[] sides = new int[256];
  private final int[] channels = new int[256];
  private final int[] palette = new int[256];
  private int boxes;

  /// Chooses at most 256 colours.
  ///
  /// @param table more than 256 colours
  /// @param map receives the chosen colour of every index of the table
  /// @return the number of chosen colours
  int choose(ColorTable table, byte[] map) {
    if (entries.length < table.size()) {
      entries = new long[table.size()];
    }
    for (int i = 0; i < table.size(); i++) {
      entries[i] = (long) table.color(i) << COLOR_SHIFT | table.count(i);
    }
    boxes = 1;
    starts[0] = 0;
    starts[1] = table.size();
    measure(0);
    while (boxes < 256) {
      int longest = 0;
      for (int box = 1; box < boxes; box++) {
        if (sides[box] > sides[longest]) {
          longest = box;
        }
      }
      split(longest);
    }
    for (int box = 0; box < boxes; box++) {
      palette[box] = mean(box);
      for (int i = starts[box]; i < starts[box + 1]; i++) {
        map[table.find(color(entries[i]))] = (byte) box;
      }
    }
    return boxes;
  }

  /// `0xRRGGBB` of a chosen colour.
  int color(int index) {
    return palette[index];
  }

  private static int color(long entry) {
    return (int) (entry >>> COLOR_SHIFT) & 0xffffff;
  }

  /// Finds the longest side of a box and its channel; 0 for a single colour.
  private void measure(int box) {
    sides[box] = 0;
    channels[box] = 16;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int low = 255;
      int high = 0;
      for (int i = starts[box]; i < starts[box + 1]; i++) {
        int value = color(entries[i]) >> shift & 0xff;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      if (high - low > sides[box]) {
        sides[box] = high - low;
        channels[box] = shift;
      }
    }
  }

  private void split(int box) {
    int from = starts[box];
    int to = starts[box + 1];
    long pixels = 0;
    for (int i = from; i < to; i++) {
      long value = color(entries[i]) >> channels[box] & 0xff;
      entries[i] |= value << SORT_SHIFT;
      pixels += entries[i] & COUNT_MASK;
    }
    Arrays.sort(entries, from, to);
    int cut = from;
    long before = 0;
    while (cut < to - 1 && (cut == from || 2 * before < pixels)) {
      before += entries[cut] & COUNT_MASK;
      cut++;
    }
    for (int i = from; i < to; i++) {
      entries[i] &= (1L << SORT_SHIFT) - 1;
    }
    for (int i = boxes; i > box; i--) {
      starts[i + 1] = starts[i];
      sides[i] = sides[i - 1];
      channels[i] = channels[i - 1];
    }
    boxes++;
    starts[box + 1] = cut;
    measure(box);
    measure(box + 1);
  }

  private int mean(int box) {
    long pixels = 0;
    for (int i = starts[box]; i < starts[box + 1]; i++) {
      pixels += entries[i] & COUNT_MASK;
    }
    int mean = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      long sum = 0;
      for (int i = starts[box]; i < starts[box + 1]; i++) {
        sum += (color(entries[i]) >> shift & 0xff) * (entries[i] & COUNT_MASK);
      }
      mean |= (int) ((sum + pixels / 2) / pixels) << shift;
    }
    return mean;
  }
}
