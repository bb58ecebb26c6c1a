package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InitializerTest {
  @ParameterizedTest
  @CsvSource({"5,5", "3,8", "8,3", "1,4", "64,32"})
  void orthogonalVectorsHaveTheGainAsLengthAndNoProductsInCommon(int inputs, int outputs) {
    float gain = 1.5f;
    float[] values =
        new Initializer.Orthogonal(gain)
            .initialize(Shape.of(inputs, outputs), new SplittableRandom(1));
    int vectors = Math.min(inputs, outputs);
    int length = Math.max(inputs, outputs);
    for (int a = 0; a < vectors; a++) {
      for (int b = 0; b < vectors; b++) {
        double product = 0;
        for (int i = 0; i < length; i++) {
          int ia = inputs < outputs ? a * outputs + i : i * outputs + a;
          int ib = inputs < outputs ? b * outputs + i : i * outputs + b;
          product += values[ia] * values[ib];
        }
        assertEquals(a == b ? gain * gain : 0, product, 1e-5);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4,0.5", "100,0.1"})
  void fanInBoundsUniformValues(int fanIn, float bound) {
    float[] values = Initializer.fanIn(fanIn).initialize(Shape.of(10_000), new SplittableRandom(1));
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertTrue(largest <= bound && largest > 0.99 * bound, "largest " + largest);
  }
}
