package org.jarl.env.wrappers;

import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Rewards made comparable between tasks: their sign, or themselves within bounds.
///
/// Learners see clipped rewards; put [EpisodeStatistics] inside, so that returns are told as the
/// task counts them. Not thread-safe.
public final class RewardClip extends RewardWrapper {
  private final boolean sign;
  private final float low;
  private final float high;

  private RewardClip(VectorEnvironment inner, boolean sign, float low, float high) {
    super(inner);
    this.sign = sign;
    this.low = low;
    this.high = high;
  }

  /// Rewards become -1, 0 or 1 (Mnih et al. 2015).
  public static RewardClip sign(VectorEnvironment inner) {
    return new RewardClip(inner, true, -1, 1);
  }

  /// Rewards beyond a bound become the bound.
  ///
  /// @throws IllegalArgumentException if `low` is not less than `high`
  public static RewardClip range(VectorEnvironment inner, float low, float high) {
    if (!(low < high)) {
      throw new IllegalArgumentException(
          "RewardClip.low must be less than RewardClip.high, got " + low + " and " + high);
    }
    return new RewardClip(inner, false, low, high);
  }

  @Override
  void transform(StepBatch in, float[] out) {
    float[] rewards = in.rewards();
    for (int i = 0; i < out.length; i++) {
      out[i] = sign ? Math.signum(rewards[i]) : Math.min(Math.max(rewards[i], low), high);
    }
  }
}
