package org.jarl.replay;

import java.util.Arrays;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// Discounted sums of the rewards that followed the last `n` steps of each of `N` copies (Sutton
/// and Barto 2018, section 7.1).
///
/// A step is open until `n` rewards have followed it or its episode has ended. Open steps are
/// addressed by age: 0 is the step just taken. Sums are kept in f64 and rounded once.
final class NStepAccumulator implements Checkpointable {
  private final int nStep;

  /// `[n + 1]`, `gamma^k`.
  private final double[] powers;

  /// `[N, n]`, the sum of the open step of each age.
  private final double[] sums;

  /// `[N]`, number of open steps.
  private final int[] open;

  /// No open steps.
  NStepAccumulator(int count, int nStep, float gamma) {
    this.nStep = nStep;
    this.powers = new double[nStep + 1];
    this.sums = new double[Math.multiplyExact(count, nStep)];
    this.open = new int[count];
    powers[0] = 1;
    for (int k = 1; k <= nStep; k++) {
      powers[k] = powers[k - 1] * gamma;
    }
  }

  /// Opens a step of one copy and gives its reward to every open step, so all grow one step older.
  /// The copy must have fewer than `n` open steps.
  void add(int copy, float reward) {
    int first = copy * nStep;
    for (int age = open[copy]++; age > 0; age--) {
      sums[first + age] = sums[first + age - 1] + powers[age] * reward;
    }
    sums[first] = reward;
  }

  /// Number of open steps of a copy, `0 .. n`.
  int open(int copy) {
    return open[copy];
  }

  /// `r_0 + gamma r_1 + ... + gamma^age r_age`, counted from the step of that age.
  float nStepReturn(int copy, int age) {
    return (float) sums[copy * nStep + age];
  }

  /// What the value after a step of that age is multiplied by: `gamma^(age + 1)`.
  float discount(int age) {
    return (float) powers[age + 1];
  }

  /// Closes the oldest step of a copy.
  void closeOldest(int copy) {
    open[copy]--;
  }

  /// Closes all steps of a copy.
  void closeAll(int copy) {
    open[copy] = 0;
  }

  @Override
  public void save(StateWriter to) {
    // What lies behind the open steps is left over from closed ones and must not reach the file:
    // equal states are equal bytes.
    for (int copy = 0; copy < open.length; copy++) {
      int first = copy * nStep;
      Arrays.fill(sums, first + open[copy], first + nStep, 0);
    }
    to.putInts(open);
    to.putDoubles(sums);
  }

  @Override
  public void load(StateReader from) {
    from.getInts(open);
    from.getDoubles(sums);
    for (int steps : open) {
      if (steps < 0 || steps >= nStep) {
        throw new IllegalArgumentException(
            "the saved n-step sums have " + steps + " open steps where nStep is " + nStep);
      }
    }
  }
}
