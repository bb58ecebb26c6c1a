package org.jarl.env.classic;

/// Sine and cosine that give equal bits on every machine and in every compilation: plain
/// multiplications and additions in a fixed order, no library, no fused operations.
///
/// The interval reduction subtracts a multiple of pi/2 held in three parts of 33, 33 and 53 bits
/// (Cody and Waite 1980), so the remainder is exact to well below an ulp for `|x| < 1.6e6`. The
/// polynomials are minimax fits of ours (Remez exchange in 300-bit arithmetic; relative error of
/// sine `2^-58`, absolute error of cosine `2^-64` on `|x| <= pi/4`). Errors stay below 1 ulp; the
/// sine of -0 is 0.
final class Trigonometry {
  private static final double TWO_OVER_PI = 0x1.45f306dc9c883p-1;
  private static final double HALF_PI_HIGH = 0x1.921fb544p0;
  private static final double HALF_PI_MIDDLE = 0x1.0b4611a6p-34;
  private static final double HALF_PI_LOW = 0x1.3198a2e037073p-69;

  /// Multiples of the 33-bit parts stay exact up to `2^20`.
  private static final double REDUCTION_LIMIT = 0x1p20;

  /// Beyond it an argument is reduced first.
  private static final double QUARTER_PI = Math.PI / 4;

  private Trigonometry() {}

  /// Sine of any number of radians.
  static double sin(double x) {
    return Math.abs(x) <= QUARTER_PI ? sinNearZero(x) : reduced(x, 0);
  }

  /// Cosine of any number of radians.
  static double cos(double x) {
    return Math.abs(x) <= QUARTER_PI ? cosNearZero(x) : reduced(x, 1);
  }

  /// Sine for `|x| <= pi/4`, without a branch, so that a loop over arrays becomes vector code.
  static double sinNearZero(double x) {
    double z = x * x;
    return x + x * z * (-0x1.5555555555549p-3 + z * sineTail(z));
  }

  /// Cosine for `|x| <= pi/4`, without a branch.
  static double cosNearZero(double x) {
    double z = x * x;
    double half = 0.5 * z;
    double head = 1 - half;
    return head + (1 - head - half + z * z * cosineTail(z));
  }

  private static double sineTail(double z) {
    return 0x1.111111110f885p-7
        + z
            * (-0x1.a01a019c1309ap-13
                + z
                    * (0x1.71de357903f16p-19
                        + z * (-0x1.ae5e6749acca5p-26 + z * 0x1.5d935253b142ep-33)));
  }

  private static double cosineTail(double z) {
    return 0x1.555555555554cp-5
        + z
            * (-0x1.6c16c16c1518ap-10
                + z
                    * (0x1.a01a019cb2f5cp-16
                        + z
                            * (-0x1.27e4f80adc093p-22
                                + z * (0x1.1ee9ec8f94915p-29 + z * -0x1.8faef5c2dfb74p-37))));
  }

  /// @param shift 0 for sine, 1 for cosine, which is sine a quarter turn later
  private static double reduced(double x, int shift) {
    double quarters = Math.rint(x * TWO_OVER_PI);
    if (!(Math.abs(quarters) < REDUCTION_LIMIT)) {
      return shift == 0 ? StrictMath.sin(x) : StrictMath.cos(x);
    }
    double high = x - quarters * HALF_PI_HIGH;
    double middle = quarters * HALF_PI_MIDDLE;
    double rest = high - middle;
    double low = quarters * HALF_PI_LOW - (high - rest - middle);
    double y = rest - low;
    double tail = rest - y - low;
    int quadrant = (int) quarters + shift & 3;
    double value = (quadrant & 1) == 0 ? sin(y, tail) : cos(y, tail);
    return quadrant < 2 ? value : -value;
  }

  /// Sine of `x + tail` where the tail is below an ulp of `x`.
  private static double sin(double x, double tail) {
    double z = x * x;
    double cube = z * x;
    return x - (z * (0.5 * tail - cube * sineTail(z)) - tail - cube * -0x1.5555555555549p-3);
  }

  /// Cosine of `x + tail` where the tail is below an ulp of `x`.
  private static double cos(double x, double tail) {
    double z = x * x;
    double half = 0.5 * z;
    double head = 1 - half;
    return head + (1 - head - half + (z * z * cosineTail(z) - x * tail));
  }
}
