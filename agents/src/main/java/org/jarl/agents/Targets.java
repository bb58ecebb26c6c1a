package org.jarl.agents;

import org.jarl.nn.Tensor;

/// What action values are moved towards.
public final class Targets {
  private Targets() {}

  /// `r + discount * max_a Q(s', a; target)`: Q-learning (Mnih et al. 2015, algorithm 1). The
  /// discount is `gamma^n`, or 0 after a terminated step.
  ///
  /// @param rewards `[B]`, n-step returns
  /// @param discounts `[B]`
  /// @param nextValues `[B, A]`, target network at the next observations
  /// @return `[B]`, through which no gradient passes
  public static Tensor maximum(Tensor rewards, Tensor discounts, Tensor nextValues) {
    return bootstrapped(rewards, discounts, nextValues.max(1));
  }

  /// `r + discount * Q(s', argmax_a Q(s', a; online); target)`: double Q-learning (van Hasselt et
  /// al. 2016, equation 4).
  ///
  /// @param nextOnline `[B, A]`, online network at the next observations
  /// @param nextValues `[B, A]`, target network there
  /// @return `[B]`, through which no gradient passes
  public static Tensor doubleQ(
      Tensor rewards, Tensor discounts, Tensor nextOnline, Tensor nextValues) {
    return bootstrapped(rewards, discounts, nextValues.pick(nextOnline.argMax()));
  }

  private static Tensor bootstrapped(Tensor rewards, Tensor discounts, Tensor nextValue) {
    return rewards.plus(discounts.times(nextValue)).stopGradient();
  }
}
