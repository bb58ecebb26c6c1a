package org.jarl.env;

import java.lang.foreign.MemorySegment;

/// Gives back what a [StateWriter] received, in the same order.
///
/// Every method throws [IllegalArgumentException] when the state ends early or has another shape.
public interface StateReader {

  /// Checks that the part of this name follows.
  ///
  /// @throws IllegalArgumentException naming both, if another part follows
  void section(String name);

  /// Reads what [StateWriter#putBoolean] wrote.
  default boolean getBoolean() {
    return getInt() != 0;
  }

  /// Reads 4 bytes.
  int getInt();

  /// Reads 8 bytes.
  long getLong();

  /// Reads 4 bytes.
  default float getFloat() {
    return Float.intBitsToFloat(getInt());
  }

  /// Reads 8 bytes.
  default double getDouble() {
    return Double.longBitsToDouble(getLong());
  }

  /// Reads numbers into an array of exactly the written length.
  default void getFloats(float[] out) {
    checkLength("floats", out.length);
    for (int i = 0; i < out.length; i++) {
      out[i] = getFloat();
    }
  }

  /// Reads numbers into an array of exactly the written length.
  default void getDoubles(double[] out) {
    checkLength("doubles", out.length);
    for (int i = 0; i < out.length; i++) {
      out[i] = getDouble();
    }
  }

  /// Reads numbers into an array of exactly the written length.
  default void getInts(int[] out) {
    checkLength("ints", out.length);
    for (int i = 0; i < out.length; i++) {
      out[i] = getInt();
    }
  }

  /// Reads flags into an array of exactly the written length.
  default void getBooleans(boolean[] out) {
    checkLength("booleans", out.length);
    for (int i = 0; i < out.length; i++) {
      out[i] = getBoolean();
    }
  }

  /// Reads bytes into memory of exactly the written length.
  void getBytes(MemorySegment out);

  /// Reads what [StateWriter#putBlocks] wrote, into memory of exactly the written length.
  default void getBlocks(MemorySegment out, long blockBytes) {
    getBytes(out);
  }

  private void checkLength(String what, int expected) {
    int written = getInt();
    if (written != expected) {
      throw new IllegalArgumentException(
          "the saved state holds "
              + written
              + " "
              + what
              + " where "
              + expected
              + " are needed: it was written by another configuration");
    }
  }
}
