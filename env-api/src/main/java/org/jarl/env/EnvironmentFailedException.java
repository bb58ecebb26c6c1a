package org.jarl.env;

import org.jspecify.annotations.Nullable;

/// An environment broke its contract or threw: a fault of the environment, not of the caller.
///
/// The message names everything that is needed to see it happen again. The vector environment that
/// threw this refuses to go on until it is reset or loaded.
public final class EnvironmentFailedException extends RuntimeException {
  private final String environmentId;
  private final int copy;
  private final int episodeStep;
  private final long seed;

  /// A failure of one copy.
  ///
  /// @param episodeStep step of the episode, from 1; 0 for its reset
  /// @param seed what the vector environment was reset with
  /// @param problem what was wrong, with the value got
  /// @param cause what the environment threw, or null
  public EnvironmentFailedException(
      String environmentId,
      int copy,
      int episodeStep,
      long seed,
      String problem,
      @Nullable Throwable cause) {
    super(
        "environment \"%s\" failed in copy %d, %s, seed %d: %s"
            .formatted(
                environmentId,
                copy,
                episodeStep == 0 ? "reset" : "step " + episodeStep + " of the episode",
                seed,
                problem),
        cause);
    this.environmentId = environmentId;
    this.copy = copy;
    this.episodeStep = episodeStep;
    this.seed = seed;
  }

  /// A failure of copies that are one batch.
  ///
  /// @param where which batch and step
  /// @param seed what the vector environment was reset with
  /// @param problem what was wrong, with the value got
  /// @param cause what the environment threw, or null
  EnvironmentFailedException(
      String environmentId, String where, long seed, String problem, @Nullable Throwable cause) {
    super(
        "environment \"%s\" failed in %s, seed %d: %s"
            .formatted(environmentId, where, seed, problem),
        cause);
    this.environmentId = environmentId;
    this.copy = -1;
    this.episodeStep = -1;
    this.seed = seed;
  }

  /// Says that an environment failed when it was closed, which changes no result.
  static void logClose(String environmentId, Throwable thrown) {
    System.getLogger(EnvironmentFailedException.class.getName())
        .log(
            System.Logger.Level.WARNING,
            "environment \"" + environmentId + "\": close threw " + Printable.of(thrown));
  }

  /// Which environment.
  public String environmentId() {
    return environmentId;
  }

  /// Which copy, from 0; -1 where it is not known.
  public int copy() {
    return copy;
  }

  /// Step of the episode, from 1; 0 for its reset; -1 where it is not known.
  public int episodeStep() {
    return episodeStep;
  }

  /// What the vector environment was reset with.
  public long seed() {
    return seed;
  }
}
