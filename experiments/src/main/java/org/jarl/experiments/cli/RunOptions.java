package org.jarl.experiments.cli;

import org.jarl.experiments.base.UserErrorException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of every command that computes.
final class RunOptions {
  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads to compute with (default: all processors); results do not depend on it.")
  private @Nullable Integer threads;

  /// What was asked for; null when nothing was.
  ///
  /// @throws UserErrorException if it is not positive
  @Nullable Integer asked() {
    if (threads != null && threads < 1) {
      throw new UserErrorException("--threads must be at least 1, got " + threads);
    }
    return threads;
  }

  /// What was asked for, or all processors.
  int threads() {
    Integer asked = asked();
    return asked == null ? Runtime.getRuntime().availableProcessors() : asked;
  }
}
