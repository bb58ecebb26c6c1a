package org.jarl.env;

import java.lang.foreign.MemorySegment;

/// Receives the state of a [Checkpointable]. What is written in one order is read in the same order
/// by [StateReader]. Little-endian on every machine.
public interface StateWriter {

  /// Names the part that follows, so that a reader of another shape fails with names, not noise.
  void section(String name);

  /// Writes a flag.
  default void putBoolean(boolean value) {
    putInt(value ? 1 : 0);
  }

  /// Writes 4 bytes.
  void putInt(int value);

  /// Writes 8 bytes.
  void putLong(long value);

  /// Writes 4 bytes.
  default void putFloat(float value) {
    putInt(Float.floatToRawIntBits(value));
  }

  /// Writes 8 bytes.
  default void putDouble(double value) {
    putLong(Double.doubleToRawLongBits(value));
  }

  /// Writes the length, then the numbers.
  default void putFloats(float[] values) {
    putInt(values.length);
    for (float value : values) {
      putFloat(value);
    }
  }

  /// Writes the length, then the numbers.
  default void putDoubles(double[] values) {
    putInt(values.length);
    for (double value : values) {
      putDouble(value);
    }
  }

  /// Writes the length, then the numbers.
  default void putInts(int[] values) {
    putInt(values.length);
    for (int value : values) {
      putInt(value);
    }
  }

  /// Writes the length, then the flags.
  default void putBooleans(boolean[] values) {
    putInt(values.length);
    for (boolean value : values) {
      putBoolean(value);
    }
  }

  /// Writes the length, then the bytes; for large blocks.
  void putBytes(MemorySegment bytes);

  /// Writes memory of which little changes from one save to the next, such as a replay ring of
  /// gigabytes. Whoever keeps states may write a block only when its version is another than in the
  /// save before.
  ///
  /// @param memory a whole number of blocks and a rest, outside the heap; the same memory at every
  ///   save, of which more and more may be given as it fills
  /// @param blockBytes size of a block
  /// @param versions one per block, the rest counted as one; there may be more of them. While a
  ///   version stays, so do the bytes. They are part of the state, and its owner must save them
  default void putBlocks(MemorySegment memory, long blockBytes, long[] versions) {
    putBytes(memory);
  }
}
