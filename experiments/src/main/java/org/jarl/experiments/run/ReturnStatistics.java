package org.jarl.experiments.run;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jarl.env.RandomStream;

/// What a set of episode returns says, with the interquartile mean and the interval of Agarwal et
/// al. 2021 ("Deep Reinforcement Learning at the Edge of the Statistical Precipice").
public final class ReturnStatistics {
  private static final int RESAMPLES = 2000;
  private static final long SEED = 1;

  private ReturnStatistics() {}

  /// An interval that holds the true value with 95 % confidence.
  public record Interval(double low, double high) {}

  /// Arithmetic mean; NaN of nothing.
  public static double mean(double... returns) {
    return Arrays.stream(returns).sum() / returns.length;
  }

  /// Standard deviation of the returns themselves (divided by n, as NumPy does); NaN of nothing.
  public static double std(double... returns) {
    double mean = mean(returns);
    return Math.sqrt(
        Arrays.stream(returns).map(r -> (r - mean) * (r - mean)).sum() / returns.length);
  }

  /// Mean of the middle half: a quarter of the returns, rounded down, is left out at each end. NaN
  /// of nothing.
  public static double iqm(double... returns) {
    double[] sorted = returns.clone();
    Arrays.sort(sorted);
    int out = sorted.length / 4;
    return mean(Arrays.copyOfRange(sorted, out, sorted.length - out));
  }

  /// The 95 % interval of a statistic by stratified bootstrap: each of 2,000 resamples draws every
  /// stratum's returns from that stratum, with replacement, by a fixed seed; the interval is from
  /// the 2.5th to the 97.5th percentile.
  ///
  /// @param strata the returns of each run or task, each at least one
  /// @param statistic of the returns of all strata together, for example [#iqm]
  /// @throws IllegalArgumentException if a stratum is empty
  public static Interval interval(List<double[]> strata, ToDoubleFunction<double[]> statistic) {
    if (strata.isEmpty() || strata.stream().anyMatch(s -> s.length == 0)) {
      throw new IllegalArgumentException(
          "an interval needs at least one return in every stratum, got sizes "
              + strata.stream().map(s -> s.length).toList());
    }
    RandomStream random = RandomStream.of(SEED, "bootstrap");
    double[] drawn = new double[strata.stream().mapToInt(s -> s.length).sum()];
    double[] values = new double[RESAMPLES];
    for (int i = 0; i < RESAMPLES; i++) {
      int at = 0;
      for (double[] stratum : strata) {
        for (int j = 0; j < stratum.length; j++) {
          drawn[at++] = stratum[random.nextInt(stratum.length)];
        }
      }
      values[i] = statistic.applyAsDouble(drawn);
    }
    Arrays.sort(values);
    return new Interval(percentile(values, 0.025), percentile(values, 0.975));
  }

  /// A percentile with linear interpolation between neighbours.
  ///
  /// @param sorted in rising order, at least one
  /// @param p in `[0, 1]`
  static double percentile(double[] sorted, double p) {
    double at = p * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
