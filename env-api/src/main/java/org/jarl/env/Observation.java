package org.jarl.env;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.Space.Box;

/// Where an environment writes what the agent sees: one element of a [Box], in memory that the
/// caller owns.
///
/// An environment must write every element on every reset and step, and must not keep the object.
/// Not thread-safe.
public final class Observation {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final Box space;
  private final int size;
  private final boolean u8;
  private MemorySegment memory;

  /// An observation over the memory of a caller.
  ///
  /// @param memory `space.bytes()` bytes
  /// @throws IllegalArgumentException if the memory has another size
  public Observation(Box space, MemorySegment memory) {
    this.space = space;
    this.size = space.size();
    this.u8 = space.type() == Space.ElementType.U8;
    this.memory = memory;
    bind(memory);
  }

  /// Points to other memory of the same size; for vector environments.
  ///
  /// @throws IllegalArgumentException if the memory has another size
  public void bind(MemorySegment to) {
    if (to.byteSize() != (u8 ? size : 4L * size)) {
      throw new IllegalArgumentException(
          "an observation of "
              + space
              + " takes "
              + space.bytes()
              + " bytes, got memory of "
              + to.byteSize());
    }
    this.memory = to;
  }

  /// Shape, type and bounds.
  public Box space() {
    return space;
  }

  /// Number of elements.
  public int size() {
    return size;
  }

  /// The bytes themselves, for environments that write them in bulk.
  public MemorySegment memory() {
    return memory;
  }

  /// Writes one element; a u8 observation keeps the low 8 bits of the truncated value.
  ///
  /// @throws IndexOutOfBoundsException if `index` is not in `0 .. size()-1`
  public void set(int index, float value) {
    if (index < 0 || index >= size) {
      throw noElement(index);
    }
    if (u8) {
      memory.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
    } else {
      memory.set(F32, 4L * index, value);
    }
  }

  /// Reads one element; bytes are unsigned.
  ///
  /// @throws IndexOutOfBoundsException if `index` is not in `0 .. size()-1`
  public float get(int index) {
    if (index < 0 || index >= size) {
      throw noElement(index);
    }
    return u8 ? memory.get(ValueLayout.JAVA_BYTE, index) & 0xff : memory.get(F32, 4L * index);
  }

  private IndexOutOfBoundsException noElement(int index) {
    return new IndexOutOfBoundsException(
        "an observation of shape %s has elements 0 .. %d, got %d"
            .formatted(space.shape(), size - 1, index));
  }

  /// Sets every element.
  public void fill(float value) {
    for (int i = 0; i < size; i++) {
      set(i, value);
    }
  }
}
