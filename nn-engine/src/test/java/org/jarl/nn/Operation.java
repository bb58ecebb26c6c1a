package org.jarl.nn;

import java.util.List;

/// Traces single operations, those too that only gradients and fusion make.
public final class Operation {
  private Operation() {}

  /// Appends an f32 tensor as it is said here: nothing is checked.
  public static Tensor of(Op op, Shape shape, List<Tensor> inputs) {
    return inputs.getFirst().graph().add(op, shape, DType.F32, inputs);
  }
}
