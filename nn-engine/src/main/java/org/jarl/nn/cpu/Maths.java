package org.jarl.nn.cpu;

/// `exp`, `tanh` and `sigmoid` on blocks of f32: plain IEEE operations in a fixed order, so that
/// the bits are equal on every machine. Within 2 units in the last place of the exact value.
final class Maths {
  private static final float LOG2_E = 1.442695f;

  /// The logarithm of 2 in two parts, the first short enough for exact products with small
  /// integers.
  private static final float LN2_HIGH = 355f / 512;

  private static final float LN2_LOW = (float) (0.6931471805599453 - 355.0 / 512);

  /// Adding and subtracting this rounds to the nearest integer.
  private static final float ROUND = 12582912f;

  private Maths() {}

  static float exp(float x) {
    // Beyond these the result is 0 or infinity in f32; NaN passes through the polynomial.
    float bounded = Math.min(Math.max(x, -104f), 89f);
    float n = (bounded * LOG2_E + ROUND) - ROUND;
    float r = (bounded - n * LN2_HIGH) - n * LN2_LOW;
    // Taylor's series of e^r for |r| <= ln(2)/2: the first term left out is below 6e-9.
    float p = 1f / 5040;
    p = p * r + 1f / 720;
    p = p * r + 1f / 120;
    p = p * r + 1f / 24;
    p = p * r + 1f / 6;
    p = p * r + 1f / 2;
    float e = p * r * r + r + 1f;
    // Two factors, since 2^n alone can be beyond the normal range where the product is not.
    int half = (int) n >> 1;
    int rest = (int) n - half;
    return e * Float.intBitsToFloat((half + 127) << 23) * Float.intBitsToFloat((rest + 127) << 23);
  }

  static float tanh(float x) {
    float size = Math.abs(x);
    if (size < 0.625f) {
      // Lambert's continued fraction, where 1 - 2 / (e^2x + 1) would lose digits.
      float z = x * x;
      return x / (1f + z / (3f + z / (5f + z / (7f + z / 9f))));
    }
    float y = 1f - 2f / (exp(2f * size) + 1f);
    return x < 0 ? -y : y;
  }

  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }
}
