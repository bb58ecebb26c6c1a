package org.jarl.nn.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// `exp`, `tanh`, `sigmoid` and `cos` of f32: plain IEEE operations in a fixed order, so that the
/// bits are equal on every machine. Within 2 units in the last place of the exact value, `tanh`
/// within 4; `cos` within 2e-7.
///
/// Of `exp` there is a loop over vectors, which C2 does not make by itself, and its scalar twin:
/// the same operations in the same order, so the same bits. As in [Choices], whole vectors are
/// computed.
final class Maths {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final float LOG2_E = 1.442695f;

  /// The logarithm of 2 in two parts, the first short enough for exact products with small
  /// integers.
  private static final float LN2_HIGH = 355f / 512;

  private static final float LN2_LOW = (float) (0.6931471805599453 - 355.0 / 512);

  /// Adding and subtracting this rounds to the nearest integer.
  private static final float ROUND = 12582912f;

  /// Pi in two parts.
  private static final float PI_HIGH = (float) Math.PI;

  private static final float PI_LOW = (float) (Math.PI - PI_HIGH);

  // Vectors of constants: made in the loops they would be too much for C2 to inline.
  private static final FloatVector HALF = all(0.5f);
  private static final FloatVector ONE = all(1f);
  private static final FloatVector LEAST = all(-104f);
  private static final FloatVector MOST = all(89f);
  private static final FloatVector C_LOG2_E = all(LOG2_E);
  private static final FloatVector C_LN2_HIGH = all(-LN2_HIGH);
  private static final FloatVector C_LN2_LOW = all(-LN2_LOW);
  private static final FloatVector C_ROUND = all(ROUND);
  private static final IntVector C_ROUND_BITS = C_ROUND.reinterpretAsInts();
  private static final IntVector BIAS = C_ROUND_BITS.broadcast(127);
  private static final FloatVector TERM3 = all(1f / 6);
  private static final FloatVector TERM4 = all(1f / 24);
  private static final FloatVector TERM5 = all(1f / 120);
  private static final FloatVector TERM6 = all(1f / 720);
  private static final FloatVector TERM7 = all(1f / 5040);

  private Maths() {}

  /// `e^a`, element by element; `to` may be `a`.
  static void exp(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i += SPECIES.length()) {
      FloatVector bounded = FloatVector.fromArray(SPECIES, a, i).max(LEAST).min(MOST);
      FloatVector shifted = bounded.fma(C_LOG2_E, C_ROUND);
      FloatVector n = shifted.sub(C_ROUND);
      FloatVector r = n.fma(C_LN2_LOW, n.fma(C_LN2_HIGH, bounded));
      FloatVector p = r.fma(TERM7, TERM6).fma(r, TERM5).fma(r, TERM4).fma(r, TERM3);
      FloatVector e = p.fma(r, HALF).fma(r, ONE).fma(r, ONE);
      // The integer n is what the shift has left in the low bits.
      IntVector whole = shifted.reinterpretAsInts().sub(C_ROUND_BITS);
      IntVector half = whole.lanewise(VectorOperators.ASHR, 1);
      IntVector one = half.add(BIAS).lanewise(VectorOperators.LSHL, 23);
      IntVector other = whole.sub(half).add(BIAS).lanewise(VectorOperators.LSHL, 23);
      e.mul(one.reinterpretAsFloats()).mul(other.reinterpretAsFloats()).intoArray(to, i);
    }
  }

  /// Element by element. A plain loop, of which C2 makes vectors: before it has, vectors by hand
  /// take ten times as long, and a short run waits for them.
  static void tanh(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = tanh(a[i]);
    }
  }

  /// `1 / (1 + e^-a)`, element by element.
  static void sigmoid(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = -a[i];
    }
    exp(to, to, length);
    for (int i = 0; i < length; i++) {
      to[i] = 1f / (1f + to[i]);
    }
  }

  /// Element by element; a plain loop, as [#tanh].
  static void cos(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = cos(a[i]);
    }
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  static float exp(float x) {
    // Beyond these the result is 0 or infinity in f32; NaN passes through the polynomial.
    float bounded = Math.min(Math.max(x, -104f), 89f);
    float n = Math.fma(bounded, LOG2_E, ROUND) - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, bounded));
    // Taylor's series of e^r for |r| <= ln(2)/2: the first term left out is below 6e-9.
    float p = Math.fma(r, 1f / 5040, 1f / 720);
    p = Math.fma(p, r, 1f / 120);
    p = Math.fma(p, r, 1f / 24);
    p = Math.fma(p, r, 1f / 6);
    p = Math.fma(p, r, 0.5f);
    p = Math.fma(p, r, 1f);
    float e = Math.fma(p, r, 1f);
    // Two factors, since 2^n alone can be beyond the normal range where the product is not.
    int half = (int) n >> 1;
    int rest = (int) n - half;
    return e * Float.intBitsToFloat((half + 127) << 23) * Float.intBitsToFloat((rest + 127) << 23);
  }

  /// `e / (e + 2)` where `e = e^2|x| - 1`, without a choice and without digits lost near 0.
  static float tanh(float x) {
    // From here on it is 1.
    float r = 0.5f * Math.min(Math.abs(x), 9.011f);
    // e^r - 1 by the polynomial whose error in tanh, relative to tanh, is nowhere above 4e-9.
    float p = Math.fma(1.3952103e-6f, r, -6.835366e-6f);
    p = Math.fma(p, r, 6.265676e-5f);
    p = Math.fma(p, r, 1.1775475e-4f);
    p = Math.fma(p, r, 1.4857436e-3f);
    p = Math.fma(p, r, 8.268437e-3f);
    p = Math.fma(p, r, 4.168956e-2f);
    p = Math.fma(p, r, 1.6666296e-1f);
    p = Math.fma(p, r, 0.5000002f);
    float e = Math.fma(r * r, p, r);
    // (1 + e)^2 - 1, twice.
    e = Math.fma(e, e, e + e);
    e = Math.fma(e, e, e + e);
    return Math.signum(x) * (e / (e + 2f));
  }

  /// `+-sin(x - h pi)` for the number `h = q + 1/2` of half turns that is nearest, so that zeros
  /// are met well. Accurate up to a million; far beyond it is some number from -1 to 1.
  static float cos(float x) {
    float q = Math.fma(x, 1 / PI_HIGH, -0.5f) + ROUND - ROUND;
    float h = q + 0.5f;
    float r = Math.fma(h, -PI_LOW, Math.fma(h, -PI_HIGH, x));
    r = Math.min(Math.max(r, -2f), 2f);
    // Taylor's series of the sine: the first term left out is below 7e-10 at a quarter turn.
    float z = r * r;
    float p = Math.fma(1.6059044e-10f, z, -1f / 39916800);
    p = Math.fma(p, z, 1f / 362880);
    p = Math.fma(p, z, -1f / 5040);
    p = Math.fma(p, z, 1f / 120);
    p = Math.fma(p, z, -1f / 6);
    float sine = Math.fma(r * z, p, r);
    // What is left of q / 2 is 0 or 1/2; without a choice, so that C2 makes vectors of it.
    float odd = 0.5f * q - (0.5f * q + ROUND - ROUND);
    float sign = Math.fma(8 * odd, odd, -1f);
    return Math.min(Math.max(sign * sine, -1f), 1f);
  }

  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }
}
