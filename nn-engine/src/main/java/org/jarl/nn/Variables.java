package org.jarl.nn;

import java.lang.foreign.MemorySegment;

/// placeholder
public interface Variables {
  /// Bytes of the flat arena.
  long bytes();

  /// Copies the arena to host memory of [#bytes].
  void read(MemorySegment out);

  /// Copies host memory of [#bytes] into the arena.
  void write(MemorySegment in);
}
