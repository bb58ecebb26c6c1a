package org.jarl.env.wrappers;

import java.util.Arrays;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// Mean and variance of `D` numbers over everything seen so far (Welford 1962, in the merging form
/// of Chan et al. 1979).
///
/// Begins with mean 0, variance 1 and the weight of 1/10,000 sample, as Gymnasium's
/// `RunningMeanStd`, so that normalizing is defined before anything was seen. Belongs to the policy
/// that learned from the normalized numbers: save it with the weights. Not thread-safe.
public final class RunningStatistics implements Checkpointable {
  private static final double PRIOR_WEIGHT = 1e-4;

  private double count = PRIOR_WEIGHT;
  private final double[] mean;

  /// Sums of squared distances from the mean.
  private final double[] squares;

  /// Statistics of `size` numbers.
  ///
  /// @throws IllegalArgumentException if `size` is not positive
  public RunningStatistics(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("RunningStatistics.size must be at least 1, got " + size);
    }
    mean = new double[size];
    squares = new double[size];
    Arrays.fill(squares, PRIOR_WEIGHT);
  }

  /// How many numbers are watched, `D`.
  public int size() {
    return mean.length;
  }

  /// Samples seen, the weight of the beginning included.
  public double count() {
    return count;
  }

  /// Mean of number `i`.
  public double mean(int i) {
    return mean[i];
  }

  /// Variance of number `i`, divided by the count.
  public double variance(int i) {
    return squares[i] / count;
  }

  /// Counts one more sample; its numbers follow through [#add].
  void beginSample() {
    count += 1;
  }

  /// Takes in number `i` of the sample that [#beginSample] counted.
  void add(int i, double value) {
    double delta = value - mean[i];
    mean[i] += delta / count;
    squares[i] += delta * (value - mean[i]);
  }

  /// Takes in one sample.
  ///
  /// @param sample `[D]`
  public void add(double[] sample) {
    checkSize("sample", sample.length);
    beginSample();
    for (int i = 0; i < sample.length; i++) {
      add(i, sample[i]);
    }
  }

  /// Replaces everything, for statistics that were kept in another form.
  ///
  /// @param newCount greater than 0
  /// @param newMean `[D]`, finite
  /// @param newVariance `[D]`, finite, at least 0
  /// @throws IllegalArgumentException if a number is impossible
  public void set(double newCount, double[] newMean, double[] newVariance) {
    checkSize("mean", newMean.length);
    checkSize("variance", newVariance.length);
    if (!(newCount > 0) || Double.isInfinite(newCount)) {
      throw new IllegalArgumentException(
          "RunningStatistics.count must be greater than 0, got " + newCount);
    }
    for (int i = 0; i < mean.length; i++) {
      if (!Double.isFinite(newMean[i]) || !(newVariance[i] >= 0 && newVariance[i] < 1e300)) {
        throw new IllegalArgumentException(
            "RunningStatistics needs a finite mean and variance, got %s and %s at element %d"
                .formatted(newMean[i], newVariance[i], i));
      }
    }
    count = newCount;
    for (int i = 0; i < mean.length; i++) {
      mean[i] = newMean[i];
      squares[i] = newVariance[i] * newCount;
    }
  }

  /// Takes over the numbers of others, bit for bit.
  ///
  /// @throws IllegalArgumentException if they watch another number of numbers
  public void set(RunningStatistics other) {
    checkSize("other", other.mean.length);
    count = other.count;
    System.arraycopy(other.mean, 0, mean, 0, mean.length);
    System.arraycopy(other.squares, 0, squares, 0, squares.length);
  }

  private void checkSize(String what, int length) {
    if (length != mean.length) {
      throw new IllegalArgumentException(
          "RunningStatistics watches %d numbers, got %d in %s"
              .formatted(mean.length, length, what));
    }
  }

  @Override
  public void save(StateWriter to) {
    to.section("statistics");
    to.putDouble(count);
    to.putDoubles(mean);
    to.putDoubles(squares);
  }

  @Override
  public void load(StateReader from) {
    from.section("statistics");
    count = from.getDouble();
    from.getDoubles(mean);
    from.getDoubles(squares);
  }
}
