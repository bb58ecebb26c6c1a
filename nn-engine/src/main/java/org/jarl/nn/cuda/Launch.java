package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;

/// One launch of a kernel: grid, block, shared memory and arguments, in the kernel's order.
final class Launch {
  /// Blocks that a grid may have along its second and third axis.
  private static final int MOST = 65_535;

  private final String kernel;
  private final int threads;
  private final List<Argument> arguments = new ArrayList<>();
  private int x = 1;
  private int y = 1;
  private int z = 1;
  private int sharedBytes;

  /// An argument as the kernel's parameter memory holds it.
  ///
  /// @param bits of the value, in the low bytes
  /// @param bytes 4 or 8
  record Argument(long bits, int bytes) {}

  /// One block.
  ///
  /// @param kernel its name in the PTX
  /// @param threads of each block, a multiple of 32 up to 1,024
  Launch(String kernel, int threads) {
    if (threads < 32 || threads > 1024 || threads % 32 != 0) {
      throw new IllegalArgumentException(
          kernel + ": a block has 32 to 1024 threads, a multiple of 32, got " + threads);
    }
    this.kernel = kernel;
    this.threads = threads;
  }

  /// One thread for each of `elements` things, at most `2^31 - 1` blocks.
  static Launch over(String kernel, long elements, int threads) {
    return new Launch(kernel, threads).grid(Math.toIntExact((elements + threads - 1) / threads));
  }

  /// So many blocks.
  Launch grid(int blocks) {
    return grid(blocks, 1, 1);
  }

  /// So many blocks along each axis.
  Launch grid(int blocksX, int blocksY, int blocksZ) {
    if (blocksX < 1 || blocksY < 1 || blocksZ < 1 || blocksY > MOST || blocksZ > MOST) {
      throw new IllegalArgumentException(
          "%s: a grid has at least one block along each axis, and at most %d along y and z,"
                  .formatted(kernel, MOST)
              + " got %d x %d x %d".formatted(blocksX, blocksY, blocksZ));
    }
    x = blocksX;
    y = blocksY;
    z = blocksZ;
    return this;
  }

  /// Bytes of shared memory whose size the launch gives; at most 48 KiB.
  Launch shared(int bytes) {
    if (bytes < 0 || bytes > 48 << 10) {
      throw new IllegalArgumentException(
          kernel + ": a block has at most 48 KiB of shared memory, got " + bytes + " bytes");
    }
    sharedBytes = bytes;
    return this;
  }

  /// A device address, or 0.
  Launch pointer(long address) {
    arguments.add(new Argument(address, 8));
    return this;
  }

  /// An `int`.
  Launch integer(int value) {
    arguments.add(new Argument(value & 0xffffffffL, 4));
    return this;
  }

  /// A 64-bit integer.
  Launch word(long value) {
    arguments.add(new Argument(value, 8));
    return this;
  }

  /// A `float`.
  Launch number(float value) {
    arguments.add(new Argument(Float.floatToRawIntBits(value) & 0xffffffffL, 4));
    return this;
  }

  String kernel() {
    return kernel;
  }

  int threads() {
    return threads;
  }

  int blocksX() {
    return x;
  }

  int blocksY() {
    return y;
  }

  int blocksZ() {
    return z;
  }

  int sharedBytes() {
    return sharedBytes;
  }

  List<Argument> arguments() {
    return arguments;
  }

  @Override
  public String toString() {
    return "%s <<<%d x %d x %d, %d>>>".formatted(kernel, x, y, z, threads);
  }
}
