package org.jarl.env;

import java.util.ArrayList;
import java.util.List;

/// The actions of `N` copies, in arrays that the learner fills and a [VectorEnvironment] reads.
///
/// Choices ([Space.Discrete], [Space.MultiDiscrete]) are in [#indices], numbers ([Space.Box]) in
/// [#values]; the other array is empty. Both are `[N, D]`, row-major. Not thread-safe.
public final class ActionBatch {
  private final Space space;
  private final int count;
  private final int size;
  private final int[] indices;
  private final float[] values;

  /// Options of each choice `[D]`; empty for continuous actions.
  private final int[] options;

  /// Bounds of each number `[D]`; empty for discrete actions.
  private final float[] low;

  private final float[] high;

  /// Zeros for every copy.
  ///
  /// @param count number of copies, `N`
  /// @throws IllegalArgumentException if `count` is not positive
  public ActionBatch(Space space, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("ActionBatch.count must be at least 1, got " + count);
    }
    this.space = space;
    this.count = count;
    this.size = space.size();
    boolean continuous = space instanceof Space.Box;
    this.indices = new int[continuous ? 0 : count * size];
    this.values = new float[continuous ? count * size : 0];
    this.options =
        switch (space) {
          case Space.Discrete(int n) -> new int[] {n};
          case Space.MultiDiscrete(List<Integer> sizes) ->
              sizes.stream().mapToInt(Integer::intValue).toArray();
          case Space.Box _ -> new int[0];
        };
    this.low = new float[continuous ? size : 0];
    this.high = new float[continuous ? size : 0];
    if (space instanceof Space.Box box) {
      for (int i = 0; i < size; i++) {
        low[i] = box.low(i);
        high[i] = box.high(i);
      }
    }
  }

  /// What every action must be an element of.
  public Space space() {
    return space;
  }

  /// Number of copies, `N`.
  public int count() {
    return count;
  }

  /// Numbers per action, `D`.
  public int size() {
    return size;
  }

  /// `[N, D]` choices; empty for continuous actions.
  public int[] indices() {
    return indices;
  }

  /// `[N, D]` numbers; empty for discrete actions. Numbers beyond the bounds are allowed here: an
  /// environment receives them clipped, as with Gymnasium's `ClipAction`.
  public float[] values() {
    return values;
  }

  /// Checks every action: choices within range and legal, numbers finite. Vector environments call
  /// it before they step anything.
  ///
  /// @param legal `[N, A]`, which actions are legal now; empty when all are
  /// @throws IllegalArgumentException naming copy, value and what is allowed
  public void check(boolean[] legal) {
    if (options.length == 1) {
      checkSingleChoices(legal);
      return;
    }
    for (int i = 0; i < indices.length; i++) {
      int bound = options[i % size];
      if (indices[i] < 0 || indices[i] >= bound) {
        throw new IllegalArgumentException(
            "choice %d of the action of copy %d must be in 0 .. %d, got %d"
                .formatted(i % size, i / size, bound - 1, indices[i]));
      }
    }
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new IllegalArgumentException(
            "number %d of the action of copy %d must be finite, got %s"
                .formatted(i % size, i / size, values[i]));
      }
    }
  }

  private void checkSingleChoices(boolean[] legal) {
    int bound = options[0];
    for (int copy = 0; copy < count; copy++) {
      int index = indices[copy];
      if (index < 0 || index >= bound) {
        throw new IllegalArgumentException(
            "the action of copy %d must be in 0 .. %d, got %d".formatted(copy, bound - 1, index));
      }
      if (legal.length != 0 && !legal[copy * bound + index]) {
        throw new IllegalArgumentException(
            "action %d of copy %d is illegal now; legal are %s"
                .formatted(index, copy, legalOf(legal, copy * bound, bound)));
      }
    }
  }

  private static List<Integer> legalOf(boolean[] legal, int from, int length) {
    List<Integer> choices = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      if (legal[from + i]) {
        choices.add(i);
      }
    }
    return choices;
  }

  /// Writes the numbers, each moved to the nearest bound where it lies outside, for a vector
  /// environment to act on. Does nothing for discrete actions.
  ///
  /// @param out `[N, D]`
  public void clipInto(float[] out) {
    for (int row = 0; row < values.length; row += size) {
      for (int i = 0; i < size; i++) {
        out[row + i] = Math.min(Math.max(values[row + i], low[i]), high[i]);
      }
    }
  }
}
