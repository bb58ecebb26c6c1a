package org.jarl.env.picture;

import java.util.Arrays;

/// A byte array that grows and keeps its memory when it is cleared. Not thread-safe.
public final class Bytes {
  private byte[] array = new byte[1 << 10];
  private int size;

  /// No bytes.
  public Bytes() {}

  /// The content is `0 .. size()-1`; valid until the next `put`.
  public byte[] array() {
    return array;
  }

  /// Bytes that count.
  public int size() {
    return size;
  }

  /// Forgets the content.
  public void clear() {
    size = 0;
  }

  /// Adds the lowest 8 bits.
  public void put(int value) {
    reserve(1);
    array[size++] = (byte) value;
  }

  /// Adds bytes.
  public void put(byte[] values) {
    put(values, 0, values.length);
  }

  /// Adds `count` bytes.
  public void put(byte[] values, int from, int count) {
    reserve(count);
    System.arraycopy(values, from, array, size, count);
    size += count;
  }

  /// Adds four bytes, the highest first, as PNG has it.
  public void putInt(int value) {
    reserve(4);
    setInt(size, value);
    size += 4;
  }

  /// Overwrites four bytes.
  public void setInt(int at, int value) {
    array[at] = (byte) (value >> 24);
    array[at + 1] = (byte) (value >> 16);
    array[at + 2] = (byte) (value >> 8);
    array[at + 3] = (byte) value;
  }

  /// Adds two bytes, the lowest first, as GIF has it.
  public void putShortLittle(int value) {
    put(value);
    put(value >> 8);
  }

  /// Makes room for `count` more bytes in [#array].
  public void reserve(int count) {
    int needed = Math.addExact(size, count);
    if (needed > array.length) {
      array =
          Arrays.copyOf(
              array, (int) Math.min(Integer.MAX_VALUE - 8L, Math.max(needed, 2L * array.length)));
    }
  }

  /// Counts bytes in that were written into the reserved room.
  public void grow(int count) {
    size += count;
  }
}
