package org.jarl.nn;

/// A device failed in the middle of work: it has no memory left, a kernel ended in a fault, or the
/// device is gone. What was computed on it is lost; what was saved before is not.
public final class DeviceException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// @param message what failed, and what can be done
  public DeviceException(String message) {
    super(message);
  }
}
