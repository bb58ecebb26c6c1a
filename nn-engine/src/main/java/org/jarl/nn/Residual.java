package org.jarl.nn;

/// `x + f(x)` (He et al. 2016).
///
/// @param inner the function whose result is added; it must keep the shape
public record Residual(Module inner) implements Module {
  @Override
  public Tensor apply(Tensor x) {
    return x.plus(inner.apply(x));
  }
}
