package org.jarl.replay;

import java.io.IOException;

/// A file that was to hold demonstrations holds none, or others than were expected. The message
/// names the file and what is wrong with it.
public final class DemonstrationFormatException extends IOException {
  private static final long serialVersionUID = 1;

  DemonstrationFormatException(String message) {
    super(message);
  }
}
