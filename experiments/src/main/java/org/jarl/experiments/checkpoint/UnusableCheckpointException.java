package org.jarl.experiments.checkpoint;

import org.jarl.experiments.base.UserErrorException;

/// A checkpoint file cannot be taken up: it is damaged, of another version or of another run.
public final class UnusableCheckpointException extends UserErrorException {
  /// The reason.
  ///
  /// @param message names the file and what is wrong with it
  public UnusableCheckpointException(String message) {
    super(message);
  }
}
