package org.jarl.agents;

/// Learning produced a number that is not finite.
public final class DivergedException extends RuntimeException {
  /// The reason to stop.
  ///
  /// @param message names the tensor, the update and the value
  public DivergedException(String message) {
    super(message);
  }
}
