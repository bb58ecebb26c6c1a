package org.jarl.viewer;

import java.util.Arrays;

/// The distinct colours of a picture in the order in which they came, and how often each came. Not
/// thread-safe.
final class ColorTable {
  private int[] slots = new int[1 << 10];
  private int[] colors = new int[1 << 9];
  private int[] counts = new int[1 << 9];
  private int size;

  ColorTable() {
    Arrays.fill(slots, -1);
  }

  void clear() {
    Arrays.fill(slots, -1);
    size = 0;
  }

  int size() {
    return size;
  }

  /// `0xRRGGBB` of an index.
  int color(int index) {
    return colors[index];
  }

  /// How often the colour of an index was added.
  int count(int index) {
    return counts[index];
  }

  /// The index of a colour, -1 for one that never came.
  int find(int color) {
    return slots[slot(color)];
  }

  /// Adds a colour, or counts it once more.
  ///
  /// @return its index
  int add(int color) {
    int slot = slot(color);
    if (slots[slot] >= 0) {
      counts[slots[slot]]++;
      return slots[slot];
    }
    if (size == colors.length) {
      enlarge();
      slot = slot(color);
    }
    slots[slot] = size;
    colors[size] = color;
    counts[size] = 1;
    return size++;
  }

  private int slot(int color) {
    int mask = slots.length - 1;
    int slot = color * 0x9E3779B1 >>> 8 & mask;
    while (slots[slot] >= 0 && colors[slots[slot]] != color) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  /// At most half of the slots are in use, so that a search ends.
  private void enlarge() {
    colors = Arrays.copyOf(colors, 2 * size);
    counts = Arrays.copyOf(counts, 2 * size);
    slots = new int[4 * size];
    Arrays.fill(slots, -1);
    for (int i = 0; i < size; i++) {
      slots[slot(colors[i])] = i;
    }
  }
}
