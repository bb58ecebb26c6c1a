package org.jarl.agents.config;

import org.jarl.nn.Tensor;

/// Loss of the errors of values.
public enum Loss {
  /// Half the square up to an error of 1, linear beyond: the error clipping of Mnih et al. (2015).
  HUBER,
  /// The square.
  MSE;

  /// Loss of each error.
  public Tensor of(Tensor errors) {
    return switch (this) {
      case HUBER -> errors.huber(1f);
      case MSE -> errors.square();
    };
  }
}
