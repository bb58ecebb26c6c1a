package org.jarl.nn.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// `exp`, `tanh` and `sigmoid` of f32: plain IEEE operations in a fixed order, so that the bits are
/// equal on every machine. Within 2 units in the last place of the exact value.
///
/// Of each there is a loop over vectors, which C2 does not make by itself, and its scalar twin: the
/// same operations in the same order, so the same bits. As in [Choices], whole vectors are
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

  /// From here on `tanh` is computed by `exp`.
  private static final float SMALL = 0.625f;

  // Vectors of constants: made in the loops they would be too much for C2 to inline.
  private static final FloatVector ZERO = all(0f);
  private static final FloatVector HALF = all(0.5f);
  private static final FloatVector ONE = all(1f);
  private static final FloatVector TWO = all(2f);
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
  private static final FloatVector C0625 = all(SMALL);
  private static final FloatVector C15 = all(15f);
  private static final FloatVector C105 = all(105f);
  private static final FloatVector C420 = all(420f);
  private static final FloatVector C945 = all(945f);

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

  /// Element by element.
  static void tanh(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i++) {
      to[i] = 2f * Math.abs(a[i]);
    }
    exp(to, to, length);
    tanhOfExp(a, to, length);
  }

  /// @param to holds `e^2|a|`
  private static void tanhOfExp(float[] a, float[] to, int length) {
    for (int i = 0; i < length; i += SPECIES.length()) {
      FloatVector x = FloatVector.fromArray(SPECIES, a, i);
      FloatVector e = FloatVector.fromArray(SPECIES, to, i);
      FloatVector z = x.mul(x);
      FloatVector above = x.mul(z.add(C105).fma(z, C945));
      FloatVector below = z.fma(C15, C420).fma(z, C945);
      // One division serves both ways.
      var small = x.abs().compare(VectorOperators.LT, C0625);
      FloatVector ratio = TWO.blend(above, small).div(e.add(ONE).blend(below, small));
      FloatVector large = ONE.sub(ratio);
      large = large.blend(large.neg(), x.compare(VectorOperators.LT, ZERO));
      large.blend(ratio, small).intoArray(to, i);
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

  static float tanh(float x) {
    float size = Math.abs(x);
    if (size < SMALL) {
      // Lambert's continued fraction x / (1 + z / (3 + z / (5 + z / (7 + z / 9)))) with one
      // division, where 1 - 2 / (e^2x + 1) would lose digits.
      float z = x * x;
      float above = x * Math.fma(z + 105f, z, 945f);
      return above / Math.fma(Math.fma(z, 15f, 420f), z, 945f);
    }
    float y = 1f - 2f / (exp(2f * size) + 1f);
    return x < 0 ? -y : y;
  }

  static float sigmoid(float x) {
    return 1f / (1f + exp(-x));
  }
}
