package org.jarl.env;

/// The actions of `N` copies, in arrays that the learner fills and a [VectorEnvironment] reads.
///
/// Choices ([Space.Discrete], [Space.MultiDiscrete]) are in [#indices], numbers ([Space.Box]) in
/// [#values]; the other array is empty. Both are `[N, D]`, row-major.
public final class ActionBatch {
  private final int size;
  private final int[] indices;
  private final float[] values;

  /// Zeros for every copy.
  ///
  /// @param count number of copies, `N`
  public ActionBatch(Space space, int count) {
    this.size = space.size();
    boolean continuous = space instanceof Space.Box;
    this.indices = new int[continuous ? 0 : count * size];
    this.values = new float[continuous ? count * size : 0];
  }

  /// Numbers per action, `D`.
  public int size() {
    return size;
  }

  /// `[N, D]` choices; empty for continuous actions.
  public int[] indices() {
    return indices;
  }

  /// `[N, D]` numbers; empty for discrete actions.
  public float[] values() {
    return values;
  }
}
