package org.jarl.agents;

import org.jarl.nn.Linear;
import org.jarl.nn.Module;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;

/// Dueling streams (Wang et al. 2016, equation 9): `Q = V + A - mean(A)`, each stream one linear
/// layer: `[N, features]` to `[N, actions]`, or to `[N, actions, K]` where each action has `K`
/// numbers.
final class Dueling implements Module {
  private final Linear value;
  private final Linear advantage;
  private final int actions;
  private final int outputs;

  /// Streams `value` and `advantage`.
  ///
  /// @param outputs numbers of each action, `K`; 0 for one number without an axis of its own
  Dueling(Scope scope, int features, int actions, int outputs) {
    this.actions = actions;
    this.outputs = outputs;
    int width = Math.max(1, outputs);
    value = scope.linear("value", features, width);
    advantage = scope.linear("advantage", features, actions * width);
  }

  @Override
  public Tensor apply(Tensor x) {
    Tensor a = advantage.apply(x);
    Tensor v = value.apply(x);
    if (outputs == 0) {
      return v.plus(a.minus(a.mean(1).reshape(-1, 1)));
    }
    Tensor perAction = a.reshape(-1, actions, outputs);
    Tensor centered = perAction.minus(perAction.mean(1).reshape(-1, 1, outputs));
    return v.reshape(-1, 1, outputs).plus(centered);
  }
}
