package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;

class ReturnStatisticsTest {
  /// Mean (2+4+4+4+5+5+7+9)/8 = 5; squared distances 9+1+1+1+0+0+4+16 = 32, so the root of 32/8.
  @Test
  void meanAndStandardDeviationAreThoseOfTheWholeSet() {
    double[] returns = {2, 4, 4, 4, 5, 5, 7, 9};
    assertEquals(5, ReturnStatistics.mean(returns));
    assertEquals(2, ReturnStatistics.std(returns));
  }

  /// Eight values: two are left out at each end, (3 + 4 + 5 + 6) / 4.
  @Test
  void theInterquartileMeanLeavesOutAQuarterAtEachEnd() {
    assertEquals(4.5, ReturnStatistics.iqm(1000, 4, 1, 6, 3, 2, 5, 7));
  }

  /// 7/4 = 1 rounded down: (2 + 3 + 4 + 5 + 6) / 5; of three nothing is left out.
  @Test
  void whatIsLeftOutIsRoundedDown() {
    assertEquals(4, ReturnStatistics.iqm(-100, 2, 3, 4, 5, 6, 100));
    assertEquals(2, ReturnStatistics.iqm(1, 2, 3));
  }

  /// 0.025 * 4 = 0.1 of the way from 10 to 20; 0.975 * 4 = 3.9, nine tenths from 40 to 50.
  @Test
  void percentilesLieBetweenNeighbours() {
    double[] sorted = {10, 20, 30, 40, 50};
    assertEquals(11, ReturnStatistics.percentile(sorted, 0.025), 1e-12);
    assertEquals(49, ReturnStatistics.percentile(sorted, 0.975), 1e-12);
    assertEquals(30, ReturnStatistics.percentile(sorted, 0.5));
    assertEquals(50, ReturnStatistics.percentile(sorted, 1));
  }

  @Test
  void equalReturnsHaveAnIntervalOfNoWidth() {
    var interval =
        ReturnStatistics.interval(List.of(new double[] {3, 3, 3}), ReturnStatistics::iqm);
    assertEquals(new ReturnStatistics.Interval(3, 3), interval);
  }

  /// Each stratum is constant, so every resample is the same set: only a bootstrap that mixed the
  /// strata would give a width.
  @Test
  void strataAreNotMixed() {
    var strata = List.of(new double[] {1, 1}, new double[] {5, 5, 5, 5, 5, 5});
    assertEquals(
        new ReturnStatistics.Interval(4, 4),
        ReturnStatistics.interval(strata, ReturnStatistics::mean));
  }

  /// The mean of n normal numbers has the standard error 1/sqrt(n), here 0.1: the interval is about
  /// 1.96 * 0.1 to each side of the sample's own mean.
  @Test
  void theIntervalOfAMeanIsThatOfTheNormalDistribution() {
    RandomStream random = RandomStream.of(7, "normal");
    double[] returns = new double[100];
    for (int i = 0; i < returns.length; i++) {
      returns[i] = random.nextGaussian();
    }
    double error = ReturnStatistics.std(returns) / 10;
    double mean = ReturnStatistics.mean(returns);
    var interval = ReturnStatistics.interval(List.of(returns), ReturnStatistics::mean);
    assertEquals(mean - 1.96 * error, interval.low(), 0.2 * error);
    assertEquals(mean + 1.96 * error, interval.high(), 0.2 * error);
    assertEquals(interval, ReturnStatistics.interval(List.of(returns), ReturnStatistics::mean));
    assertTrue(interval.low() < mean && mean < interval.high());
  }

  @Test
  void anEmptyStratumIsRefused() {
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                ReturnStatistics.interval(
                    List.of(new double[] {1, 2}, new double[0]), ReturnStatistics::mean));
    assertEquals(
        "an interval needs at least one return in every stratum, got sizes [2, 0]",
        refused.getMessage());
  }
}
