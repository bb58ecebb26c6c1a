package org.jarl.agents;

import org.jarl.nn.Module;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;

/// Dueling streams (Wang et al. 2016, equation 9): `Q = V + A - mean(A)`, from `[N, features]` to
/// `[N, actions]`, or to `[N, actions, K]` where each action has `K` numbers.
///
///     features --hidden, ReLU--> linear: V --\
///         \------hidden, ReLU--> linear: A ---> V + A - mean(A)
///
/// Where the streams have hidden layers of their own, as in the paper, the gradient that both send
/// back is scaled by `1 / sqrt(2)` (section 4.2).
final class Dueling implements Module {
  private static final float GRADIENT_SCALE = (float) Math.sqrt(0.5);

  private final Module value;
  private final Module advantage;
  private final boolean scaled;
  private final int actions;
  private final int outputs;

  /// Streams `value` and `advantage`.
  ///
  /// @param streams hidden layers of both
  /// @param outputs numbers of each action, `K`; 0 for one number without an axis of its own
  Dueling(Scope scope, int features, int actions, ValueHead.Streams streams, int outputs) {
    this.actions = actions;
    this.outputs = outputs;
    this.scaled = streams.units() > 0;
    int width = Math.max(1, outputs);
    value = stream(scope, "value", features, streams, width);
    advantage = stream(scope, "advantage", features, streams, actions * width);
  }

  private static Module stream(
      Scope scope, String name, int features, ValueHead.Streams streams, int outputs) {
    int units = streams.units();
    return units == 0
        ? scope.linear(name, features, outputs)
        : scope
            .linear(name + "Hidden", features, units, Torso.GAIN)
            .then(streams.activation()::apply)
            .then(scope.linear(name, units, outputs));
  }

  @Override
  public Tensor apply(Tensor x) {
    Tensor seen = scaled ? scaledBack(x) : x;
    Tensor a = advantage.apply(seen);
    Tensor v = value.apply(seen);
    if (outputs == 0) {
      return v.plus(a.minus(a.mean(1).reshape(-1, 1)));
    }
    Tensor perAction = a.reshape(-1, actions, outputs);
    Tensor centered = perAction.minus(perAction.mean(1).reshape(-1, 1, outputs));
    return v.reshape(-1, 1, outputs).plus(centered);
  }

  /// The same numbers, whose gradient is less.
  private static Tensor scaledBack(Tensor x) {
    Tensor still = x.stopGradient();
    return still.plus(x.minus(still).times(GRADIENT_SCALE));
  }
}
