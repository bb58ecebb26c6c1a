package org.jarl.env.classic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrigonometryTest {

  /// StrictMath itself is within 1 ulp of the truth; measured: never more than 1 ulp apart.
  @ParameterizedTest
  @ValueSource(doubles = {1e-8, 0.25, 0.79, 3.2, 40, 1000, 1.5e6})
  void sineAndCosineAgreeWithStrictMathToOneUlp(double range) {
    var random = new SplittableRandom((long) range);
    for (int i = 0; i < 400_000; i++) {
      double x = random.nextDouble(-range, range);
      assertWithinOneUlp(x, StrictMath.sin(x), Trigonometry.sin(x));
      assertWithinOneUlp(x, StrictMath.cos(x), Trigonometry.cos(x));
    }
  }

  private static void assertWithinOneUlp(double x, double expected, double actual) {
    if (Math.abs(expected - actual) > Math.ulp(expected)) {
      assertEquals(expected, actual, Math.ulp(expected), "at " + x);
    }
  }

  /// Numbers next to a multiple of pi/2 lose all leading bits in the reduction.
  @Test
  void argumentsNextToQuarterTurnsKeepTheirAccuracy() {
    for (int quarters = -2000; quarters <= 2000; quarters++) {
      double x = quarters * (Math.PI / 2);
      for (double near : new double[] {Math.nextDown(x), x, Math.nextUp(x)}) {
        assertWithinOneUlp(near, StrictMath.sin(near), Trigonometry.sin(near));
        assertWithinOneUlp(near, StrictMath.cos(near), Trigonometry.cos(near));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        0,
        Double.MIN_VALUE,
        1e300,
        -1e300,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY
      })
  void edgeValuesGiveWhatStrictMathGives(double x) {
    assertBits(StrictMath::sin, Trigonometry::sin, x);
    assertBits(StrictMath::cos, Trigonometry::cos, x);
  }

  private static void assertBits(DoubleUnaryOperator a, DoubleUnaryOperator b, double x) {
    assertEquals(
        Double.doubleToLongBits(a.applyAsDouble(x)), Double.doubleToLongBits(b.applyAsDouble(x)));
  }

  @Test
  void theBranchFreeFormsAreThoseThatSmallAnglesTake() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 100_000; i++) {
      double x = random.nextDouble(-Math.PI / 4, Math.PI / 4);
      assertTrue(Trigonometry.sin(x) == Trigonometry.sinNearZero(x));
      assertTrue(Trigonometry.cos(x) == Trigonometry.cosNearZero(x));
    }
  }
}
