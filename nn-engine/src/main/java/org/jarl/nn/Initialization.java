package org.jarl.nn;

/// Initial weights of the layers of a network.
public enum Initialization {
  /// Uniform in `+-1/sqrt(inputs)`, as PyTorch's layers do.
  FAN_IN,
  /// Orthogonal with gain `sqrt(2)`, biases 0 (Saxe et al. 2014): the usual choice for policy
  /// gradients.
  ORTHOGONAL;

  /// Weights of a layer.
  ///
  /// @param fanIn inputs of one unit
  /// @param gain of the orthogonal matrix
  public Initializer weights(int fanIn, float gain) {
    return switch (this) {
      case FAN_IN -> Initializer.fanIn(fanIn);
      case ORTHOGONAL -> new Initializer.Orthogonal(gain);
    };
  }

  /// Biases of a layer.
  ///
  /// @param fanIn inputs of one unit
  public Initializer biases(int fanIn) {
    return switch (this) {
      case FAN_IN -> Initializer.fanIn(fanIn);
      case ORTHOGONAL -> Initializer.zeros();
    };
  }
}
