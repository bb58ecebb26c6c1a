package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class MemoryStateTest {
  /// One of everything.
  private static final class Everything implements Checkpointable {
    private String name = "first";
    private boolean flag;
    private int number;
    private long large;
    private float real;
    private double exact;
    private float[] floats = new float[2];
    private double[] doubles = new double[1];
    private int[] ints = new int[3];
    private boolean[] flags = new boolean[2];
    private byte[] block = new byte[3];

    @Override
    public void save(StateWriter to) {
      to.section(name);
      to.putBoolean(flag);
      to.putInt(number);
      to.putLong(large);
      to.putFloat(real);
      to.putDouble(exact);
      to.putFloats(floats);
      to.putDoubles(doubles);
      to.putInts(ints);
      to.putBooleans(flags);
      to.putBytes(MemorySegment.ofArray(block));
    }

    @Override
    public void load(StateReader from) {
      from.section(name);
      flag = from.getBoolean();
      number = from.getInt();
      large = from.getLong();
      real = from.getFloat();
      exact = from.getDouble();
      from.getFloats(floats);
      from.getDoubles(doubles);
      from.getInts(ints);
      from.getBooleans(flags);
      from.getBytes(MemorySegment.ofArray(block));
    }
  }

  private static Everything filled() {
    Everything object = new Everything();
    object.flag = true;
    object.number = 0x01020304;
    object.large = -5;
    object.real = -0f;
    object.exact = Double.MIN_VALUE;
    object.floats = new float[] {1.5f, Float.NEGATIVE_INFINITY};
    object.doubles = new double[] {Math.PI};
    object.ints = new int[] {1, -2, 3};
    object.flags = new boolean[] {false, true};
    object.block = new byte[] {7, -8, 9};
    return object;
  }

  private static void assertRefused(String message, byte[] state, Everything into) {
    assertEquals(
        message,
        assertThrows(IllegalArgumentException.class, () -> MemoryState.load(state, into))
            .getMessage());
  }

  @Test
  void everythingComesBackBitForBit() {
    byte[] state = MemoryState.save(filled());
    Everything loaded = new Everything();
    MemoryState.load(state, loaded);
    assertArrayEquals(state, MemoryState.save(loaded));
    assertTrue(loaded.flag);
    assertArrayEquals(new int[] {1, -2, 3}, loaded.ints);
    assertArrayEquals(new byte[] {7, -8, 9}, loaded.block);
  }

  @Test
  void aWriterWritesOneStateAfterAnother() {
    MemoryState.Writer writer = new MemoryState.Writer();
    Everything longer = filled();
    longer.name = "gr\u00f6\u00dfer";
    longer.block = new byte[5000];
    for (Everything object : new Everything[] {filled(), longer, filled()}) {
      writer.clear();
      object.save(writer);
      byte[] state = Arrays.copyOf(writer.bytes(), writer.size());
      assertArrayEquals(MemoryState.save(object), state);
      Everything loaded = new Everything();
      loaded.name = object.name;
      loaded.block = new byte[object.block.length];
      MemoryState.load(state, loaded);
      assertArrayEquals(state, MemoryState.save(loaded));
    }
  }

  /// The name begins at byte 8, the flag follows at 13, the number at 14.
  @Test
  void numbersAreLittleEndian() {
    byte[] state = MemoryState.save(filled());
    assertArrayEquals(new byte[] {4, 3, 2, 1}, Arrays.copyOfRange(state, 14, 18));
  }

  @Test
  void anotherSectionIsRefusedWithBothNames() {
    Everything other = new Everything();
    other.name = "second";
    assertRefused(
        "the saved state has section \"first\" at byte 0, where section \"second\" is needed",
        MemoryState.save(filled()),
        other);
  }

  @Test
  void numbersInsteadOfASectionAreRefused() {
    assertRefused(
        "the saved state has no section at byte 0, where section \"first\" is needed",
        new byte[100],
        new Everything());
  }

  @Test
  void arraysAndBlocksOfAnotherLengthAreRefused() {
    Everything shorter = new Everything();
    shorter.ints = new int[2];
    assertRefused(
        "the saved state holds 3 ints where 2 are needed: it was written by another configuration",
        MemoryState.save(filled()),
        shorter);
    Everything larger = new Everything();
    larger.block = new byte[4];
    assertRefused(
        "the saved state holds a block of 3 bytes where 4 are needed",
        MemoryState.save(filled()),
        larger);
  }

  @Test
  void everyShortenedStateIsRefused() {
    byte[] state = MemoryState.save(filled());
    for (int length = 0; length < state.length; length++) {
      byte[] cut = Arrays.copyOf(state, length);
      assertThrows(
          IllegalArgumentException.class,
          () -> MemoryState.load(cut, new Everything()),
          "length " + length);
    }
  }

  @Test
  void whatIsLeftOverIsRefused() {
    byte[] state = MemoryState.save(filled());
    assertRefused(
        "the saved state holds %d bytes, only %d of them were read"
            .formatted(state.length + 2, state.length),
        Arrays.copyOf(state, state.length + 2),
        new Everything());
  }
}
