package org.jarl.nn;

/// The element-wise functions on single numbers: what constants are folded with, and the plain twin
/// that back ends are tested against.
///
/// `exp`, `log`, `tanh` and `cos` go through `StrictMath`, so that a fold is equal on every
/// machine.
public final class Elementwise {
  private Elementwise() {}

  /// One function of one number.
  public static float unary(Op.UnaryKind kind, float x) {
    return switch (kind) {
      case NEGATE -> -x;
      case EXP -> (float) StrictMath.exp(x);
      case LOG -> (float) StrictMath.log(x);
      case TANH -> (float) StrictMath.tanh(x);
      case COS -> (float) StrictMath.cos(x);
      case SIGMOID -> (float) (1 / (1 + StrictMath.exp(-x)));
      case RELU -> Math.max(x, 0f);
      case SQRT -> (float) Math.sqrt(x);
      case SQUARE -> x * x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case STEP -> x > 0 ? 1 : 0;
    };
  }

  /// One function of two numbers.
  public static float binary(Op.BinaryKind kind, float a, float b) {
    return switch (kind) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case LESS -> a < b ? 1 : 0;
      case EQUAL -> a == b ? 1 : 0;
    };
  }
}
