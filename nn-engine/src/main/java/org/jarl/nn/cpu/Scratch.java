package org.jarl.nn.cpu;

/// Blocks of numbers that one thread computes in; small enough to stay in the first-level cache.
final class Scratch {
  /// Elements per block.
  static final int BLOCK = 512;

  private float[][] blocks = new float[16][BLOCK];
  private final float[][] images = new float[4][0];
  private final byte[][] bytes = new byte[4][BLOCK];
  private final int[] ints = new int[BLOCK];

  /// At least `count` blocks; grows on the first run of a larger kernel only.
  float[][] blocks(int count) {
    if (blocks.length < count) {
      blocks = new float[count][BLOCK];
    }
    return blocks;
  }

  /// At least `length` numbers, one of four such arrays; grows on the first run of a larger kernel
  /// only.
  float[] image(int index, int length) {
    if (images[index].length < length) {
      images[index] = new float[length];
    }
    return images[index];
  }

  /// Four blocks of bytes.
  byte[][] bytes() {
    return bytes;
  }

  /// One block of whole numbers.
  int[] ints() {
    return ints;
  }
}
