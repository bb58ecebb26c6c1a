package org.jarl.replay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.Space;

/// Memory of a batch of `B` transitions, which a replay buffer draws into: the caller's, as a rule
// the
/// input buffers of a compiled update. Row-major, native byte order.
///
/// @param size number of transitions, `B`
/// @param observations `[B, observation]` in the observation space's element type; or `[B, k]` i32,
///   indices of the `k` frames of a stack
/// @param actions `[B, D]`, i32 choices, or f32 numbers for a [Space.Box] of actions
/// @param rewards `[B]` f32, n-step returns: `r_0 + gamma r_1 + ...` up to n rewards
/// @param discounts `[B]` f32, what the value of the next observation is multiplied by: `gamma^k`
///   after k rewards, 0 where the task ended
/// @param nextObservations what followed the last of these rewards, of the same shape
public record ReplayBatch(
    int size,
    MemorySegment observations,
    MemorySegment actions,
    MemorySegment rewards,
    MemorySegment discounts,
    MemorySegment nextObservations) {
  public ReplayBatch {
    if (size < 1) {
      throw new IllegalArgumentException("ReplayBatch.size must be at least 1, got " + size);
    }
    checkBytes("rewards", "f32", size, 4, rewards);
    checkBytes("discounts", "f32", size, 4, discounts);
  }

  /// A batch in memory of its own, which lives as long as the arena.
  public static ReplayBatch allocate(
      int size, Space.Box observationSpace, Space actionSpace, Arena arena) {
    return new ReplayBatch(
        size,
        arena.allocate(size * observationSpace.bytes(), 64),
        arena.allocate(4L * size * actionSpace.size(), 64),
        arena.allocate(4L * size, 64),
        arena.allocate(4L * size, 64),
        arena.allocate(size * observationSpace.bytes(), 64));
  }

  /// Checks that the batch has room for what these spaces hold.
  ///
  /// @param each bytes of one observation
  /// @param depth of indices, each of 4 bytes, that stand for it; 0 for none
  void check(Space.Box observationSpace, long each, int depth, int actionSize) {
    if (observations.byteSize() != size * each || nextObservations.byteSize() != size * each) {
      String type =
          depth > 0
              ? "frame indices [" + depth + "]"
              : observationSpace.type() + " " + observationSpace.shape();
      checkBytes("observations", type, size, each, observations);
      checkBytes("nextObservations", type, size, each, nextObservations);
    }
    if (actions.byteSize() != 4L * size * actionSize) {
      checkBytes("actions", "actions [" + actionSize + "]", size, 4L * actionSize, actions);
    }
  }

  private static void checkBytes(
      String name, String element, int size, long each, MemorySegment memory) {
    if (memory.byteSize() != size * each) {
      throw new IllegalArgumentException(
          "ReplayBatch.%s must hold %d x %s (%d bytes), got %d bytes"
              .formatted(name, size, element, size * each, memory.byteSize()));
    }
  }
}
