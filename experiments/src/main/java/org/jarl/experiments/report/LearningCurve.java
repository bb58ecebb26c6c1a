package org.jarl.experiments.report;

import java.util.Arrays;
import java.util.List;

/// The mean of several runs of one experiment over agent steps, with the 95 % confidence interval
/// of that mean (Student's t over the runs).
///
/// Runs report at steps of their own (an episode ends when it ends), so each is first smoothed onto
/// common steps: the mean of what it reported within `window` to either side, or a straight line
/// between its neighbours where it reported nothing there.
///
/// @param steps `[T]`, evenly spaced over what all runs have in common
/// @param runs `[R][T]`, each run smoothed
/// @param mean `[T]`, over runs
/// @param halfWidth `[T]`, half of the confidence interval; 0 for a single run
record LearningCurve(double[] steps, double[][] runs, double[] mean, double[] halfWidth) {

  /// What one run reported.
  ///
  /// @param steps agent steps, ascending
  /// @param values as many
  record Series(double[] steps, double[] values) {
    Series {
      if (steps.length == 0 || steps.length != values.length) {
        throw new IllegalArgumentException(
            "a series needs as many steps as values and at least one, got %d and %d"
                .formatted(steps.length, values.length));
      }
    }
  }

  /// Two-sided 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom; beyond them the
  /// difference from [#NORMAL] cannot be seen in a picture.
  private static final double[] STUDENT = {
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042
  };

  private static final double NORMAL = 1.96;

  /// The curve of some runs.
  ///
  /// @param points number of common steps, `T`
  /// @param window half the smoothing window as a share of all steps, for example 0.02
  static LearningCurve of(List<Series> runs, int points, double window) {
    double first = 0;
    double last = Double.POSITIVE_INFINITY;
    for (Series run : runs) {
      first = Math.max(first, run.steps()[0]);
      last = Math.min(last, run.steps()[run.steps().length - 1]);
    }
    double[] steps = new double[points];
    for (int t = 0; t < points; t++) {
      steps[t] = first + (last - first) * t / Math.max(1, points - 1);
    }
    double[][] smooth = new double[runs.size()][];
    for (int r = 0; r < smooth.length; r++) {
      smooth[r] = smooth(runs.get(r), steps, window * last);
    }
    double[] mean = new double[points];
    double[] halfWidth = new double[points];
    for (int t = 0; t < points; t++) {
      for (double[] run : smooth) {
        mean[t] += run[t] / smooth.length;
      }
      halfWidth[t] = halfWidth(smooth, t, mean[t]);
    }
    return new LearningCurve(steps, smooth, mean, halfWidth);
  }

  private static double halfWidth(double[][] runs, int t, double mean) {
    int freedom = runs.length - 1;
    if (freedom == 0) {
      return 0;
    }
    double squares = 0;
    for (double[] run : runs) {
      squares += (run[t] - mean) * (run[t] - mean);
    }
    double quantile = freedom <= STUDENT.length ? STUDENT[freedom - 1] : NORMAL;
    return quantile * Math.sqrt(squares / freedom / runs.length);
  }

  private static double[] smooth(Series run, double[] at, double window) {
    double[] sums = new double[run.values().length + 1];
    for (int i = 0; i < run.values().length; i++) {
      sums[i + 1] = sums[i] + run.values()[i];
    }
    double[] smooth = new double[at.length];
    for (int t = 0; t < at.length; t++) {
      int from = firstAtLeast(run.steps(), at[t] - window);
      int to = firstAtLeast(run.steps(), Math.nextUp(at[t] + window));
      smooth[t] = to > from ? (sums[to] - sums[from]) / (to - from) : between(run, from, at[t]);
    }
    return smooth;
  }

  /// On the line from the report before `next` to the one at it.
  private static double between(Series run, int next, double at) {
    int right = Math.min(next, run.steps().length - 1);
    int left = Math.max(0, next - 1);
    double gap = run.steps()[right] - run.steps()[left];
    double share = gap > 0 ? (at - run.steps()[left]) / gap : 0;
    return run.values()[left] + share * (run.values()[right] - run.values()[left]);
  }

  private static int firstAtLeast(double[] ascending, double value) {
    int found = Arrays.binarySearch(ascending, value);
    int at = found >= 0 ? found : -found - 1;
    while (at > 0 && ascending[at - 1] >= value) {
      at--;
    }
    return at;
  }
}
