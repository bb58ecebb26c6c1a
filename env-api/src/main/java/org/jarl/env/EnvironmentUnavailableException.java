package org.jarl.env;

/// An environment needs something that this machine has not: a ROM, a system library. The message
/// says what, and how to bring it.
public final class EnvironmentUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Says what is missing and how to bring it.
  public EnvironmentUnavailableException(String message) {
    super(message);
  }

  /// Says what is missing and how to bring it.
  public EnvironmentUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
