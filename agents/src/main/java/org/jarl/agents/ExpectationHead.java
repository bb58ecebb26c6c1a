package org.jarl.agents;

import org.jarl.agents.config.Loss;
import org.jarl.nn.Module;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// One number per action, its expected return: Mnih et al. (2015), "Human-level control through
/// deep reinforcement learning".
public record ExpectationHead() implements ValueHead {

  @Override
  public Net net(Scope scope, int features, int actions, @Nullable Streams dueling) {
    Module layer =
        dueling == null
            ? scope.linear("head", features, actions)
            : new Dueling(scope.at("head"), features, actions, dueling, 0);
    return x -> {
      Tensor values = layer.apply(x);
      return new Values(values, values, null);
    };
  }

  /// `r + discount * Q(s', a')`: `y_j` of algorithm 1.
  @Override
  public Tensor target(Tensor rewards, Tensor discounts, Chosen next) {
    return rewards.plus(discounts.times(next.outputs())).stopGradient();
  }

  /// Loss of `Q(s, a) - y`.
  @Override
  public Tensor losses(Chosen taken, Tensor target, Loss loss) {
    return loss.of(taken.outputs().minus(target));
  }
}
