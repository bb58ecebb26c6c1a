package org.jarl.nn;

import java.util.random.RandomGenerator;

/// Head of a distribution per action (Bellemare et al. 2017): `[N, features]` to log-probabilities
/// `[N, actions, atoms]`.
public final class Distributional implements Module {
  private final Linear logits;
  private final int actions;
  private final int atoms;

  /// One linear layer `path`.
  public Distributional(
      Variables variables,
      String path,
      int features,
      int actions,
      int atoms,
      RandomGenerator random) {
    this.actions = actions;
    this.atoms = atoms;
    logits = new Linear(variables, path, features, actions * atoms, random);
  }

  @Override
  public Tensor apply(Tensor x) {
    return logits.apply(x).reshape(-1, actions, atoms).logSoftmax();
  }
}
