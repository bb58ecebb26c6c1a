package org.jarl.nn.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.nn.Variables;

/// A flat arena of variables in host memory, aligned to 64 bytes.
final class CpuStorage implements Variables.Storage {
  private final Arena arena;
  private final MemorySegment values;
  private MemorySegment gradients = MemorySegment.NULL;
  private int version;

  CpuStorage(Arena arena, long bytes) {
    this.arena = arena;
    this.values = arena.allocate(Math.max(64, bytes), 64).asSlice(0, bytes);
  }

  MemorySegment values() {
    return values;
  }

  /// An arena of the same layout for gradients, made when first asked for; its gaps stay zero.
  MemorySegment gradients() {
    if (gradients.equals(MemorySegment.NULL)) {
      gradients = arena.allocate(Math.max(64, values.byteSize()), 64).asSlice(0, values.byteSize());
    }
    return gradients;
  }

  /// Changes whenever the values may have: copies in other layouts are renewed by it.
  int version() {
    return version;
  }

  void changed() {
    version++;
  }

  @Override
  public void read(MemorySegment out) {
    MemorySegment.copy(values, 0, out, 0, values.byteSize());
  }

  @Override
  public void write(MemorySegment in) {
    MemorySegment.copy(in, 0, values, 0, values.byteSize());
    changed();
  }

  @Override
  public void copyFrom(Variables.Storage source) {
    write(((CpuStorage) source).values);
  }
}
