package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.SplittableRandom;
import org.jarl.nn.Precision;

/// Numbers as tensor cores read them, and how near sums of their products must come.
final class Rounded {
  private Rounded() {}

  /// Numbers in `[-1, 1)` with all bits of an f32's mantissa.
  static float[] random(int count, long seed) {
    var random = new SplittableRandom(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) (2 * random.nextDouble() - 1);
    }
    return numbers;
  }

  /// What a precision leaves of operands: to nearest, ties away from zero in tf32, to even in bf16.
  static double[] operands(float[] numbers, Precision precision) {
    double[] rounded = new double[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      int bits = Float.floatToRawIntBits(numbers[i]);
      int left =
          switch (precision) {
            case TF32 -> bits + 0x1000 & ~0x1fff;
            case BF16 -> bits + 0x7fff + (bits >>> 16 & 1) & ~0xffff;
            case FP32, AUTO -> bits;
          };
      rounded[i] = Float.intBitsToFloat(left);
    }
    return rounded;
  }

  /// The same without signs.
  static double[] sizes(double[] numbers) {
    double[] sizes = numbers.clone();
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.abs(sizes[i]);
    }
    return sizes;
  }

  /// Fails where a sum is further from the exact one of the same operands than sums of f32 are: a
  /// few units in the last place of the sum of the products' sizes.
  static void assertSums(double[] exact, double[] sizes, float[] sums, String what) {
    for (int i = 0; i < sums.length; i++) {
      double most = 2e-6 * sizes[i] + 1e-30;
      if (!(Math.abs(sums[i] - exact[i]) <= most)) {
        fail("%s: element %d must be %s +- %s, got %s".formatted(what, i, exact[i], most, sums[i]));
      }
    }
  }
}
