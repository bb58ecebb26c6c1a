package org.jarl.nn.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Loops over blocks in which each element decides between two values.
///
/// C2 makes vectors of arithmetic by itself, but not of a choice: written plainly these loops took
/// five times as long as all else in the backward pass of a ReLU. Whole vectors are computed, up to
/// a block's end if need be: what lies behind `length` in a block is nobody's.
final class Choices {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private Choices() {}

  /// `a > 0 ? b : c`.
  static void select(float[] a, float[] b, float[] c, float[] to, int length) {
    for (int i = 0; i < length; i += SPECIES.length()) {
      var positive = FloatVector.fromArray(SPECIES, a, i).compare(VectorOperators.GT, 0f);
      FloatVector.fromArray(SPECIES, c, i)
          .blend(FloatVector.fromArray(SPECIES, b, i), positive)
          .intoArray(to, i);
    }
  }

  /// `a > 0 ? 1 : 0`.
  static void step(float[] a, float[] to, int length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += SPECIES.length()) {
      var positive = FloatVector.fromArray(SPECIES, a, i).compare(VectorOperators.GT, 0f);
      zero.blend(1f, positive).intoArray(to, i);
    }
  }

  /// `a < b ? 1 : 0`.
  static void less(float[] a, float[] b, float[] to, int length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += SPECIES.length()) {
      FloatVector right = FloatVector.fromArray(SPECIES, b, i);
      var less = FloatVector.fromArray(SPECIES, a, i).compare(VectorOperators.LT, right);
      zero.blend(1f, less).intoArray(to, i);
    }
  }

  /// `a == b ? 1 : 0`.
  static void equal(float[] a, float[] b, float[] to, int length) {
    FloatVector zero = FloatVector.zero(SPECIES);
    for (int i = 0; i < length; i += SPECIES.length()) {
      FloatVector right = FloatVector.fromArray(SPECIES, b, i);
      var equal = FloatVector.fromArray(SPECIES, a, i).compare(VectorOperators.EQ, right);
      zero.blend(1f, equal).intoArray(to, i);
    }
  }
}
