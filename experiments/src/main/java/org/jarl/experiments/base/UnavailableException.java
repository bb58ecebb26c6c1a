package org.jarl.experiments.base;

/// Something that the machine should offer is not there (a device, a library, space on the disk):
/// the command line prints the message alone and exits with 69.
public final class UnavailableException extends RuntimeException {
  /// The lack.
  ///
  /// @param message names what is missing and how to get it
  public UnavailableException(String message, Throwable cause) {
    super(message, cause);
  }

  /// The lack, where nothing was thrown.
  ///
  /// @param message names what is missing and how to get it
  public UnavailableException(String message) {
    super(message);
  }
}
