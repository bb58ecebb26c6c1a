package org.jarl.env.atari;

/// A file is not a ROM that can be used. The message says why, to be read after the file's name.
final class RefusedRomException extends Exception {
  private static final long serialVersionUID = 1;

  RefusedRomException(String message) {
    super(message);
  }
}
