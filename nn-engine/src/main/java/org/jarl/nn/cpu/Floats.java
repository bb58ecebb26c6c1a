package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// f32 and i32 elements of native memory.
final class Floats {
  static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
  static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT;

  private Floats() {}

  static float get(MemorySegment memory, long index) {
    return memory.get(F32, index << 2);
  }

  static void set(MemorySegment memory, long index, float value) {
    memory.set(F32, index << 2, value);
  }

  static int getInt(MemorySegment memory, long index) {
    return memory.get(I32, index << 2);
  }

  /// Copies into an array.
  static void load(MemorySegment from, long index, float[] to, int length) {
    MemorySegment.copy(from, F32, index << 2, to, 0, length);
  }

  /// Copies out of an array.
  static void store(float[] from, MemorySegment to, long index, int length) {
    MemorySegment.copy(from, 0, to, F32, index << 2, length);
  }
}
