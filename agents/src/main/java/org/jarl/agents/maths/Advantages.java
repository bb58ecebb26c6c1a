package org.jarl.agents.maths;

import java.util.Objects;
import org.jarl.agents.config.Require;
import org.jarl.nn.Tensor;

/// Advantages of the actions of a rollout: how much better than the value of their state they
/// turned out. Nothing is allocated.
public final class Advantages {
  private Advantages() {}

  /// Generalized advantage estimation, GAE (Schulman et al. 2016, equation 16), computed backwards:
  ///
  ///     delta_t = r_t + gamma V(s_{t+1}) - V(s_t)
  ///     A_t     = delta_t + gamma lambda A_{t+1}
  ///
  /// An end of an episode stops the sum, so that no credit leaks into the next one. A truncated step
  /// bootstraps from its own final observation, a terminated one does not.
  ///
  /// @param gamma discount of one step, in `[0, 1]`
  /// @param lambda 0 for `delta`, 1 for Monte Carlo returns less the values
  /// @param advantages `[T, N]`, receives `A`
  /// @param returns `[T, N]`, receives `A + V`: what the values are moved towards
  /// @throws IllegalArgumentException if a factor or a length is out of range
  public static void gae(
      Rollout rollout, float gamma, float lambda, float[] advantages, float[] returns) {
    requireFactor("gamma", gamma);
    requireFactor("lambda", lambda);
    float[] values = rollout.values();
    float[] rewards = rollout.rewards();
    rollout.requireLength("advantages", advantages.length);
    rollout.requireLength("returns", returns.length);
    for (int i = rewards.length - 1; i >= 0; i--) {
      float delta = rewards[i] + gamma * rollout.nextValue(i) - values[i];
      float following = rollout.cut(i) ? 0 : advantages[i + rollout.copies()];
      advantages[i] = delta + gamma * lambda * following;
      returns[i] = advantages[i] + values[i];
    }
  }

  /// Advantages with mean 0 and deviation 1, the deviation as of a sample, `n - 1` in its
  /// denominator (Huang et al. 2022, detail 7); no gradient passes.
  ///
  /// @param advantage `[B]` with `B > 1`
  public static Tensor normalized(Tensor advantage) {
    int size = advantage.shape().elements();
    Tensor centered = advantage.minus(advantage.mean());
    Tensor deviation = centered.square().sum().times(1f / (size - 1)).sqrt();
    return centered.dividedBy(deviation.plus(1e-8f)).stopGradient();
  }

  /// Returns to go: the discounted sums of an episode's rewards from each step on, `G_t = r_t +
  /// gamma G_{t+1}` (Williams 1992).
  ///
  /// @param rewards of steps one after another
  /// @param from the episode's first step
  /// @param to one behind its last step
  /// @param gamma discount of one step, in `[0, 1]`
  /// @param bootstrap what comes after the last step: 0 where that terminated the episode
  /// @param out receives the sums at `from .. to - 1`; may be `rewards` itself
  /// @throws IllegalArgumentException if the discount is out of range
  /// @throws IndexOutOfBoundsException if the steps lie outside one of the arrays
  public static void returnsToGo(
      float[] rewards, int from, int to, float gamma, float bootstrap, float[] out) {
    requireFactor("gamma", gamma);
    Objects.checkFromToIndex(from, to, Math.min(rewards.length, out.length));
    float sum = bootstrap;
    for (int t = to - 1; t >= from; t--) {
      sum = rewards[t] + gamma * sum;
      out[t] = sum;
    }
  }

  /// Allocates nothing where the factor is right.
  private static void requireFactor(String name, float factor) {
    if (!(factor >= 0 && factor <= 1)) {
      Require.unitInterval(name, factor);
    }
  }
}
