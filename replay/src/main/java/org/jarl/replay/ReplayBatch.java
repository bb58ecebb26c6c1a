package org.jarl.replay;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.EnvironmentSpec;

/// Memory of a batch of `B` transitions, which a replay buffer draws into: the caller's, as a rule
/// the input buffers of a compiled update. Row-major, native byte order.
///
/// @param size number of transitions, `B`
/// @param observations `[B, observation]` in the observation space's element type; or `[B, k]` i32,
///   indices of the `k` frames of a stack
/// @param actions `[B, D]`, i32 choices, or f32 numbers for a [org.jarl.env.Space.Box] of actions
/// @param rewards `[B]` f32, n-step returns: `r_0 + gamma r_1 + ...` up to n rewards
/// @param discounts `[B]` f32, what the value of the next observation is multiplied by: `gamma^k`
///   after k rewards, 0 where the task ended
/// @param nextObservations what followed the last of these rewards, of the same shape
/// @param legalActions `[B, A]` f32, 1 for the actions that were legal at the observation, else 0;
///   empty where the environment has no mask, or where it is not wanted
/// @param nextLegalActions `[B, A]` f32, the same at the next observation, all 1 where the task
///   ended; empty where the environment has no mask
/// @param weights `[B]` f32, what the loss of each transition is multiplied by: ones, written when
///   the batch is made, unless the sampler of the buffer draws with others
/// @param ids `[B]`, which transitions these are, for [ReplayBuffer#prioritize]
public record ReplayBatch(
    int size,
    MemorySegment observations,
    MemorySegment actions,
    MemorySegment rewards,
    MemorySegment discounts,
    MemorySegment nextObservations,
    MemorySegment legalActions,
    MemorySegment nextLegalActions,
    MemorySegment weights,
    long[] ids) {
  public ReplayBatch {
    if (size < 1) {
      throw new IllegalArgumentException("ReplayBatch.size must be at least 1, got " + size);
    }
    checkBytes("rewards", "f32", size, 4, rewards);
    checkBytes("discounts", "f32", size, 4, discounts);
    checkBytes("weights", "f32", size, 4, weights);
    if (ids.length != size) {
      throw new IllegalArgumentException(
          "ReplayBatch.ids must hold %d numbers, got %d".formatted(size, ids.length));
    }
    for (int i = 0; i < size; i++) {
      weights.setAtIndex(JAVA_FLOAT_UNALIGNED, i, 1);
    }
  }

  /// A batch of an environment without a mask, whose weights are not wanted elsewhere.
  public ReplayBatch(
      int size,
      MemorySegment observations,
      MemorySegment actions,
      MemorySegment rewards,
      MemorySegment discounts,
      MemorySegment nextObservations) {
    this(
        size,
        observations,
        actions,
        rewards,
        discounts,
        nextObservations,
        MemorySegment.NULL,
        MemorySegment.NULL,
        MemorySegment.ofArray(new float[Math.max(size, 0)]),
        new long[Math.max(size, 0)]);
  }

  /// A batch in memory of its own, which lives as long as the arena.
  public static ReplayBatch allocate(int size, EnvironmentSpec spec, Arena arena) {
    long observations = size * spec.observationSpace().bytes();
    long legal = 4L * size * spec.maskSize();
    return new ReplayBatch(
            size,
            arena.allocate(observations, 64),
            arena.allocate(4L * size * spec.actionSpace().size(), 64),
            arena.allocate(4L * size, 64),
            arena.allocate(4L * size, 64),
            arena.allocate(observations, 64))
        .withLegalActions(arena.allocate(legal, 64), arena.allocate(legal, 64))
        .withWeights(arena.allocate(4L * size, 64));
  }

  /// The same memory with masks.
  ///
  /// @param now `[B, A]` f32, or empty where it is not wanted
  /// @param next `[B, A]` f32
  public ReplayBatch withLegalActions(MemorySegment now, MemorySegment next) {
    return new ReplayBatch(
        size, observations, actions, rewards, discounts, nextObservations, now, next, weights, ids);
  }

  /// The same memory with other weights, which become ones.
  ///
  /// @param other `[B]` f32
  public ReplayBatch withWeights(MemorySegment other) {
    return new ReplayBatch(
        size,
        observations,
        actions,
        rewards,
        discounts,
        nextObservations,
        legalActions,
        nextLegalActions,
        other,
        ids);
  }

  /// Checks that the batch has room for what an environment gives.
  ///
  /// @param each bytes of one observation
  /// @param depth number of frame indices, each of 4 bytes, that stand for it; 0 for none
  void check(EnvironmentSpec spec, long each, int depth) {
    if (observations.byteSize() != size * each || nextObservations.byteSize() != size * each) {
      String type =
          depth > 0
              ? "frame indices [" + depth + "]"
              : spec.observationSpace().type() + " " + spec.observationSpace().shape();
      checkBytes("observations", type, size, each, observations);
      checkBytes("nextObservations", type, size, each, nextObservations);
    }
    int actionSize = spec.actionSpace().size();
    if (actions.byteSize() != 4L * size * actionSize) {
      checkBytes("actions", "actions [" + actionSize + "]", size, 4L * actionSize, actions);
    }
    long mask = 4L * spec.maskSize();
    if (nextLegalActions.byteSize() != size * mask) {
      checkBytes("nextLegalActions", maskType(spec), size, mask, nextLegalActions);
    }
    if (legalActions.byteSize() != 0 && legalActions.byteSize() != size * mask) {
      checkBytes("legalActions", maskType(spec), size, mask, legalActions);
    }
  }

  private static String maskType(EnvironmentSpec spec) {
    return "f32 [" + spec.maskSize() + "]";
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
