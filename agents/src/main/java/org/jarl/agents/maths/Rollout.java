package org.jarl.agents.maths;

import org.jarl.agents.config.Require;

/// Rewards, values and ends of `T` steps of `N` copies, as [Advantages] and [VTrace] read them:
/// arrays of the caller, refilled before each use, `[T, N]` with time as the first axis.
///
/// An episode that ends within the rollout is followed by the next one of the same copy. A step
/// that is both terminated and truncated counts as terminated.
///
/// @param copies `N`
/// @param rewards `[T, N]`
/// @param values `[T + 1, N]`, of the observations acted on; the last row is of the observation
///   after the rollout
/// @param finalValues `[T, N]`, of the final observation of an episode that was truncated, not read
///   elsewhere
/// @param terminated `[T, N]`: nothing comes after this step
/// @param truncated `[T, N]`: the episode was cut after this step and would have gone on
public record Rollout(
    int copies,
    float[] rewards,
    float[] values,
    float[] finalValues,
    boolean[] terminated,
    boolean[] truncated) {

  /// Arrays of zeros.
  ///
  /// @param length `T`
  /// @param copies `N`
  public static Rollout allocate(int length, int copies) {
    int steps = length * copies;
    return new Rollout(
        copies,
        new float[steps],
        new float[steps + copies],
        new float[steps],
        new boolean[steps],
        new boolean[steps]);
  }

  /// Checks the lengths.
  ///
  /// @throws IllegalArgumentException if they do not belong together, naming the array
  public Rollout {
    Require.positive("copies", copies);
    int length = rewards.length;
    Require.that(
        length > 0 && length % copies == 0,
        "length of rewards",
        "a multiple of " + copies + " copies, and not 0",
        length);
    requireLength("values", values.length, length, copies, 1);
    requireLength("finalValues", finalValues.length, length, copies, 0);
    requireLength("terminated", terminated.length, length, copies, 0);
    requireLength("truncated", truncated.length, length, copies, 0);
  }

  /// Whether no step of the same episode follows step `i` in the rollout.
  boolean cut(int i) {
    return terminated[i] || truncated[i] || i + copies >= rewards.length;
  }

  /// `V` of what follows step `i`: 0 after a terminated step, of the episode's own final
  /// observation after a truncated one, else of the next observation.
  float nextValue(int i) {
    if (terminated[i]) {
      return 0;
    }
    return truncated[i] ? finalValues[i] : values[i + copies];
  }

  /// `1 - Var[return - value] / Var[return]`: 1 where values predict the returns, 0 where they say
  /// no more than the mean; NaN where all returns are equal.
  ///
  /// @param returns `[T, N]`
  public double explainedVariance(float[] returns) {
    double returnSum = 0;
    double returnSquares = 0;
    double errorSum = 0;
    double errorSquares = 0;
    for (int row = 0; row < returns.length; row++) {
      double error = returns[row] - values[row];
      returnSum += returns[row];
      returnSquares += (double) returns[row] * returns[row];
      errorSum += error;
      errorSquares += error * error;
    }
    double n = returns.length;
    double variance = returnSquares / n - returnSum / n * (returnSum / n);
    double unexplained = errorSquares / n - errorSum / n * (errorSum / n);
    return variance > 0 ? 1 - unexplained / variance : Double.NaN;
  }

  /// Fails unless another array has one element per step and copy. Allocates nothing where it does.
  void requireLength(String array, int length) {
    requireLength(array, length, rewards.length, copies, 0);
  }

  private static void requireLength(
      String array, int length, int rewards, int copies, int rowsMore) {
    if (length != rewards + rowsMore * copies) {
      throw new IllegalArgumentException(
          "length of %s must be %d (%d steps of %d copies), got %d"
              .formatted(
                  array, rewards + rowsMore * copies, rewards / copies + rowsMore, copies, length));
    }
  }
}
