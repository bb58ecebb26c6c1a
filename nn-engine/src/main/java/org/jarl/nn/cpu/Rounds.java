package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// What lies between the rounds of a run: per-round inputs are brought to where kernels read them,
/// outputs to their rows. With one round both are in place and nothing is moved.
///
/// @param count of each run
/// @param loads inputs of each round
/// @param stores outputs
/// @param stop the number that ends a run when it is above 0, or null
record Rounds(int count, Slot[] loads, Slot[] stores, @Nullable MemorySegment stop) {

  /// The values of all rounds, one after another, and the place that kernels know.
  record Slot(MemorySegment all, MemorySegment place) {}

  /// Before a round.
  void load(int round) {
    for (Slot slot : loads) {
      long bytes = slot.place.byteSize();
      MemorySegment.copy(slot.all, round * bytes, slot.place, 0, bytes);
    }
  }

  /// When all tensors of a round have been computed.
  ///
  /// @return whether the round takes effect
  boolean store(int round) {
    for (Slot slot : stores) {
      long bytes = slot.place.byteSize();
      MemorySegment.copy(slot.place, 0, slot.all, round * bytes, bytes);
    }
    return stop == null || !(Floats.get(stop, 0) > 0);
  }

  /// Whether effects follow from tensors at once, as with a single round that nothing can stop.
  boolean simple() {
    return count == 1 && stop == null;
  }
}
