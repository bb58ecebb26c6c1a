package org.jarl.env;

/// One action, as an environment reads it. Valid during the call that receives it.
///
/// The caller has checked it against the action space.
public final class Action {
  private int[] indices = {};
  private float[] values = {};
  private int at;

  /// Points to the numbers of one action inside a batch; for vector environments.
  ///
  /// @param indices choices of all copies; empty for continuous actions
  /// @param values numbers of all copies; empty for discrete actions
  /// @param at where this action begins
  public void bind(int[] indices, float[] values, int at) {
    this.indices = indices;
    this.values = values;
    this.at = at;
  }

  /// The choice of a [Space.Discrete] action.
  public int index() {
    return indices[at];
  }

  /// Choice `i` of a [Space.MultiDiscrete] action.
  public int index(int i) {
    return indices[at + i];
  }

  /// Number `i` of a [Space.Box] action.
  public float value(int i) {
    return values[at + i];
  }
}
