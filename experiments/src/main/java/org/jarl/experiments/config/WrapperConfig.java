package org.jarl.experiments.config;

import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;

/// One change to what an environment shows or pays. In a file `type` is the record's name in kebab
/// case: `{type: time-limit, steps: 500}`. `docs/wrappers.md` says what the order does.
public sealed interface WrapperConfig {

  /// Cuts episodes after so many steps; the shorter one holds where the environment has a limit.
  record TimeLimit(
      @Setting(meaning = "agent steps after which an episode is truncated; at least 1") int steps)
      implements WrapperConfig {
    public TimeLimit {
      Require.positive("steps", steps);
    }
  }

  /// Clips each reward, for learning only; returns are reported unclipped.
  record RewardClip(
      @Setting(meaning = "smallest reward; Mnih et al. 2015 use -1", defaultValue = "-1.0")
          float low,
      @Setting(meaning = "largest reward; Mnih et al. 2015 use 1", defaultValue = "1.0") float high)
      implements WrapperConfig {
    public RewardClip {
      Require.that(low < high, "low", "below high (" + high + ")", low);
    }
  }

  /// Shows `(observation - shift) / scale`.
  record ObservationScale(
      @Setting(meaning = "what every number is divided by; above 0") float scale,
      @Setting(meaning = "subtracted from every number before", defaultValue = "0.0") float shift)
      implements WrapperConfig {
    public ObservationScale {
      Require.positive("scale", (double) scale);
    }
  }

  /// Shifts and scales each number to mean 0 and variance 1 by running statistics.
  record NormalizeObservation(
      @Setting(meaning = "largest magnitude that is passed on; above 0", defaultValue = "10.0")
          float clip)
      implements WrapperConfig {
    public NormalizeObservation {
      Require.positive("clip", (double) clip);
    }
  }

  /// Divides rewards by the running deviation of the discounted return.
  record NormalizeReward(
      @Setting(
              meaning = "discount of that return, usually the agent's; 0 to 1",
              defaultValue = "0.99")
          float gamma,
      @Setting(meaning = "largest magnitude that is passed on; above 0", defaultValue = "10.0")
          float clip)
      implements WrapperConfig {
    public NormalizeReward {
      Require.unitInterval("gamma", gamma);
      Require.positive("clip", (double) clip);
    }
  }

  /// Shows the last observations together, the newest last (Mnih et al. 2015 use 4).
  record FrameStack(
      @Setting(meaning = "observations shown together; at least 1", defaultValue = "4") int count)
      implements WrapperConfig {
    public FrameStack {
      Require.positive("count", count);
    }
  }
}
