package org.jarl.nn;

import java.util.random.RandomGenerator;

/// Dueling head (Wang et al. 2016, equation 9): `Q = V + A - mean(A)`, each stream one linear
/// layer: `[N, features]` to `[N, actions]`.
public final class Dueling implements Module {
  private final Linear value;
  private final Linear advantage;

  /// Streams `path.value` and `path.advantage`.
  public Dueling(
      Variables variables, String path, int features, int actions, RandomGenerator random) {
    value = new Linear(variables, path + ".value", features, 1, random);
    advantage = new Linear(variables, path + ".advantage", features, actions, random);
  }

  @Override
  public Tensor apply(Tensor x) {
    Tensor a = advantage.apply(x);
    return value.apply(x).plus(a.minus(a.mean(1).reshape(-1, 1)));
  }
}
