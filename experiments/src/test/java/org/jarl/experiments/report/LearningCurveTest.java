package org.jarl.experiments.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jarl.experiments.report.LearningCurve.Series;
import org.junit.jupiter.api.Test;

class LearningCurveTest {

  /// Three runs at 1, 2 and 3: mean 2, standard deviation 1, standard error 1 / sqrt(3), and t for
  /// 2 degrees of freedom is 4.303.
  @Test
  void intervalIsStudentsOverRuns() {
    var curve = LearningCurve.of(List.of(constant(1), constant(2), constant(3)), 3, 0);
    assertArrayEquals(new double[] {0, 50, 100}, curve.steps());
    assertArrayEquals(new double[] {2, 2, 2}, curve.mean(), 1e-12);
    double expected = 4.303 / Math.sqrt(3);
    assertArrayEquals(new double[] {expected, expected, expected}, curve.halfWidth(), 1e-12);
  }

  @Test
  void aSingleRunHasNoInterval() {
    var curve = LearningCurve.of(List.of(constant(5)), 2, 0);
    assertArrayEquals(new double[] {0, 0}, curve.halfWidth());
  }

  /// Reports at 0 and 100 only: half way lies on the line between them.
  @Test
  void sparseReportsAreJoinedByLines() {
    var run = new Series(new double[] {0, 100}, new double[] {10, 20});
    assertArrayEquals(
        new double[] {10, 12.5, 15, 17.5, 20}, LearningCurve.of(List.of(run), 5, 0.05).mean());
  }

  /// A window of 10 % of 100 steps to either side: at 50 it holds the reports at 40, 50 and 60.
  @Test
  void denseReportsAreAveragedWithinTheWindow() {
    var run = new Series(new double[] {0, 40, 50, 60, 61, 100}, new double[] {0, 3, 6, 12, 99, 0});
    assertEquals(7, LearningCurve.of(List.of(run), 3, 0.1).mean()[1], 1e-12);
  }

  @Test
  void curveCoversWhatAllRunsHaveInCommon() {
    var early = new Series(new double[] {10, 60}, new double[] {1, 1});
    var late = new Series(new double[] {30, 90}, new double[] {3, 3});
    var curve = LearningCurve.of(List.of(early, late), 3, 0);
    assertArrayEquals(new double[] {30, 45, 60}, curve.steps());
    assertArrayEquals(new double[] {2, 2, 2}, curve.mean(), 1e-12);
  }

  @Test
  void severalReportsOfOneStepAllCount() {
    var run = new Series(new double[] {0, 5, 5, 5, 10}, new double[] {0, 1, 2, 6, 0});
    assertEquals(3, LearningCurve.of(List.of(run), 3, 0).mean()[1], 1e-12);
  }

  @Test
  void anEmptySeriesIsRefused() {
    var e =
        assertThrows(
            IllegalArgumentException.class, () -> new Series(new double[0], new double[0]));
    assertEquals(
        "a series needs as many steps as values and at least one, got 0 and 0", e.getMessage());
  }

  private static Series constant(double value) {
    return new Series(new double[] {0, 100}, new double[] {value, value});
  }
}
