package org.jarl.env.wrappers;

import java.util.Arrays;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Rewards divided by the standard deviation of the discounted return, so that values are of the
/// order of one whatever the task counts in (Engstrom et al. 2020, section 3).
///
/// The return of a copy grows as `R = gamma * R + r` and starts anew after both kinds of end. (In
/// Gymnasium's wrapper a truncated episode runs into the next one; we follow the paper.) Not
/// thread-safe.
public final class NormalizeReward extends RewardWrapper {
  private static final double EPSILON = 1e-8;

  private final double gamma;
  private final float clip;
  private final double[] returns;
  private final RunningStatistics statistics = new RunningStatistics(1);
  private boolean frozen;

  /// Normalizes rewards.
  ///
  /// @param gamma discount of the learner
  /// @param clip largest absolute reward that comes out; positive infinity for no bound
  /// @throws IllegalArgumentException if `gamma` is not in `[0, 1]` or `clip` not positive
  public NormalizeReward(VectorEnvironment inner, double gamma, float clip) {
    super(inner);
    if (!(gamma >= 0 && gamma <= 1)) {
      throw new IllegalArgumentException("NormalizeReward.gamma must be in [0, 1], got " + gamma);
    }
    if (!(clip > 0)) {
      throw new IllegalArgumentException(
          "NormalizeReward.clip must be greater than 0, got " + clip);
    }
    this.gamma = gamma;
    this.clip = clip;
    this.returns = new double[inner.count()];
  }

  /// Mean and variance of the discounted return.
  public RunningStatistics statistics() {
    return statistics;
  }

  /// Stops or resumes learning the statistics; evaluation uses them as they are.
  public void freeze(boolean on) {
    frozen = on;
  }

  @Override
  void begin() {
    Arrays.fill(returns, 0);
  }

  @Override
  void transform(StepBatch in, float[] out) {
    float[] rewards = in.rewards();
    if (!frozen) {
      for (int i = 0; i < returns.length; i++) {
        returns[i] = gamma * returns[i] + rewards[i];
        statistics.beginSample();
        statistics.add(0, returns[i]);
        if (in.ended(i)) {
          returns[i] = 0;
        }
      }
    }
    double deviation = Math.sqrt(statistics.variance(0) + EPSILON);
    for (int i = 0; i < out.length; i++) {
      out[i] = Math.min(Math.max((float) (rewards[i] / deviation), -clip), clip);
    }
  }

  @Override
  public void save(StateWriter to) {
    super.save(to);
    to.section("normalizeReward");
    to.putBoolean(frozen);
    to.putDoubles(returns);
    statistics.save(to);
  }

  @Override
  public void load(StateReader from) {
    super.load(from);
    from.section("normalizeReward");
    frozen = from.getBoolean();
    from.getDoubles(returns);
    statistics.load(from);
  }
}
