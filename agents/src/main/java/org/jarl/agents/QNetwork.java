package org.jarl.agents;

import java.util.random.RandomGenerator;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.Dueling;
import org.jarl.nn.Linear;
import org.jarl.nn.Module;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// Action values `[N, A]` from observations: a [Torso] and a head with one output per action, or
/// with separate value and advantage streams (Wang et al. 2016).
final class QNetwork implements Module {
  private final Torso torso;
  private final Module head;

  /// A network with parameters of its own in `variables`.
  ///
  /// @throws IllegalArgumentException if it does not fit the environment
  QNetwork(
      Variables variables,
      EnvironmentSpec spec,
      NetworkConfig network,
      boolean dueling,
      RandomGenerator random) {
    int actions = actions(spec);
    torso = new Torso(variables, "", spec, network, NetworkConfig.Initialization.FAN_IN, random);
    head =
        dueling
            ? new Dueling(variables, "head", torso.features(), actions, random)
            : new Linear(variables, "head", torso.features(), actions, random);
  }

  /// Number of actions.
  ///
  /// @throws IllegalArgumentException if the actions are not discrete
  static int actions(EnvironmentSpec spec) {
    if (spec.actionSpace() instanceof Space.Discrete(int n)) {
      return n;
    }
    throw new IllegalArgumentException(
        "dqn chooses between discrete actions, and this environment takes "
            + spec.actionSpace()
            + ": use an environment with a Discrete action space");
  }

  @Override
  public Tensor apply(Tensor observations) {
    return head.apply(torso.apply(observations));
  }
}
