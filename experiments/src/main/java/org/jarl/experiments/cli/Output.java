package org.jarl.experiments.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/// The standard output, which remembers why a write failed: `PrintStream` only tells that one did.
/// A reader that has left, such as `head`, is no failure; what comes after that is dropped.
final class Output extends OutputStream {
  private final FileOutputStream file;
  private volatile @Nullable String failure;
  private volatile boolean left;

  Output(FileDescriptor descriptor) {
    file = new FileOutputStream(descriptor);
  }

  /// The system's reason of the first write that failed; null when all went well.
  @Nullable String failure() {
    return failure;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) {
    if (left || failure != null) {
      return;
    }
    try {
      file.write(bytes, from, length);
    } catch (IOException e) {
      String reason = String.valueOf(e.getMessage());
      if (reason.contains("Broken pipe")) {
        left = true;
      } else {
        failure = reason;
      }
    }
  }
}
