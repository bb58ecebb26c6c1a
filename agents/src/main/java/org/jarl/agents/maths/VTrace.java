package org.jarl.agents.maths;

import org.jarl.agents.config.Require;

/// Targets and advantages from actions of an older policy `mu` for the present one `pi` (Espeholt
/// et al. 2018), with `rho_t = min(rhoBar, pi/mu)` and `c_t = lambda min(cBar, pi/mu)`. Immutable.
///
/// @param gamma discount of one step, in `[0, 1]`
/// @param lambda shortens the traces, in `[0, 1]`; 1 in the paper's experiments (remark 2)
/// @param rhoBar above 0: the larger, the closer to the values of `pi` the targets lead; to those
///   themselves for infinity
/// @param cBar above 0 and at most `rhoBar`: how far a surprise reaches back
public record VTrace(float gamma, float lambda, float rhoBar, float cBar) {

  /// Checks the factors.
  ///
  /// @throws IllegalArgumentException if one is out of range
  public VTrace {
    Require.unitInterval("gamma", gamma);
    Require.unitInterval("lambda", lambda);
    Require.that(rhoBar > 0, "rhoBar", "above 0", rhoBar);
    Require.that(
        cBar > 0 && cBar <= rhoBar, "cBar", "above 0 and at most rhoBar (" + rhoBar + ")", cBar);
  }

  /// Equation 1 in the recursive form of remark 1, computed backwards:
  ///
  ///     delta_t = rho_t (r_t + gamma V(x_{t+1}) - V(x_t))
  ///     v_t     = V(x_t) + delta_t + gamma c_t (v_{t+1} - V(x_{t+1}))
  ///     A_t     = rho_t (r_t + gamma v_{t+1} - V(x_t))
  ///
  /// Where an episode or the rollout ends, `v_{t+1}` is `V(x_{t+1})`: 0 after a terminated step, that
  /// of the final observation after a truncated one. Nothing is allocated.
  ///
  /// @param ratios `[T, N]`, `pi(a|x) / mu(a|x)` of the actions taken
  /// @param targets `[T, N]`, receives `v`: what the values are moved towards
  /// @param advantages `[T, N]`, receives `A`: the factors of the policy's gradient
  /// @throws IllegalArgumentException if an array does not have the length of the rollout
  public void correct(Rollout rollout, float[] ratios, float[] targets, float[] advantages) {
    float[] values = rollout.values();
    float[] rewards = rollout.rewards();
    int copies = rollout.copies();
    rollout.requireLength("ratios", ratios.length);
    rollout.requireLength("targets", targets.length);
    rollout.requireLength("advantages", advantages.length);
    for (int i = rewards.length - 1; i >= 0; i--) {
      float rho = Math.min(rhoBar, ratios[i]);
      float c = lambda * Math.min(cBar, ratios[i]);
      float nextValue = rollout.nextValue(i);
      float nextTarget = rollout.cut(i) ? nextValue : targets[i + copies];
      float delta = rho * (rewards[i] + gamma * nextValue - values[i]);
      targets[i] = values[i] + delta + gamma * c * (nextTarget - nextValue);
      advantages[i] = rho * (rewards[i] + gamma * nextTarget - values[i]);
    }
  }
}
