package org.jarl.viewer;

import java.util.Arrays;

/// A byte array that grows and keeps its memory when it is cleared. Not thread-safe.
final class Bytes {
  private byte[] array = new byte[1 << 10];
  private int size;

  /// The content is `0 .. size()-1`; valid until the next `put`.
  byte[] array() {
    return array;
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  void put(int value) {
    reserve(1);
    array[size++] = (byte) value;
  }

  void put(byte[] values) {
    put(values, 0, values.length);
  }

  void put(byte[] values, int from, int count) {
    reserve(count);
    System.arraycopy(values, from, array, size, count);
    size += count;
  }

  /// The highest byte first, as PNG has it.
  void putInt(int value) {
    reserve(4);
    setInt(size, value);
    size += 4;
  }

  /// Overwrites four bytes.
  void setInt(int at, int value) {
    array[at] = (byte) (value >> 24);
    array[at + 1] = (byte) (value >> 16);
    array[at + 2] = (byte) (value >> 8);
    array[at + 3] = (byte) value;
  }

  /// The lowest byte first, as GIF has it.
  void putShortLittle(int value) {
    put(value);
    put(value >> 8);
  }

  /// Makes room for `count` more bytes in [#array].
  void reserve(int count) {
    int needed = Math.addExact(size, count);
    if (needed > array.length) {
      array =
          Arrays.copyOf(
              array, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * array.length)));
    }
  }

  /// Counts bytes in that were written into the reserved room.
  void grow(int count) {
    size += count;
  }
}
