package org.jarl.experiments.base;

/// The user's input cannot be used: the command line prints the message alone and exits with 2.
public class UserErrorException extends RuntimeException {
  /// The refusal.
  ///
  /// @param message names the thing, the rule, the value got and the way on
  public UserErrorException(String message) {
    super(message);
  }

  /// The refusal of something that failed for a reason of its own.
  ///
  /// @param message names the thing, the rule, the value got and the way on
  public UserErrorException(String message, Throwable cause) {
    super(message, cause);
  }
}
