package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// Loops over blocks of u8 elements.
///
/// C2 makes no vectors of loops that widen bytes: written plainly they took three to five times as
/// long. Whole vectors are computed, up to a block's end if need be: what lies behind `length` in a
/// block is nobody's.
final class Bytes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());

  /// As many bytes as there are floats in a vector, but no less than the shortest vector holds.
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * FLOATS.length())));

  private Bytes() {}

  /// Numbers from 0 to 255 out of memory into a block.
  ///
  /// @param block a block of bytes to go through
  static void load(MemorySegment from, long index, byte[] block, float[] to, int length) {
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, index, block, 0, length);
    for (int i = 0; i < length; i += BYTES.length()) {
      for (int part = 0; part * FLOATS.length() < BYTES.length(); part++) {
        FloatVector floats =
            (FloatVector) widened(block, i, part).convertShape(VectorOperators.I2F, FLOATS, 0);
        floats.intoArray(to, i + part * FLOATS.length());
      }
    }
  }

  /// One number out of a byte of each of four blocks, that of the first block lowest.
  static void interleave(byte[][] blocks, int[] to, int length) {
    byte[] b0 = blocks[0];
    byte[] b1 = blocks[1];
    byte[] b2 = blocks[2];
    byte[] b3 = blocks[3];
    for (int i = 0; i < length; i += BYTES.length()) {
      for (int part = 0; part * INTS.length() < BYTES.length(); part++) {
        widened(b0, i, part)
            .or(widened(b1, i, part).lanewise(VectorOperators.LSHL, 8))
            .or(widened(b2, i, part).lanewise(VectorOperators.LSHL, 16))
            .or(widened(b3, i, part).lanewise(VectorOperators.LSHL, 24))
            .intoArray(to, i + part * INTS.length());
      }
    }
  }

  private static IntVector widened(byte[] block, int at, int part) {
    ByteVector bytes = ByteVector.fromArray(BYTES, block, at);
    return (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, part);
  }
}
