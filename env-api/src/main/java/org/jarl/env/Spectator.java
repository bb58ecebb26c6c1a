package org.jarl.env;

import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// Shows an environment while it is played: the SPI of a window or a recorder, found through
/// `ServiceLoader`.
///
///     run --frame, action, reward--> spectator
///         --episode ended----------->
///         <--still there?-----------
///
/// Only the one thread that steps the environment calls. What is passed is valid during the call.
/// An implementation must be cheap to construct: natives are touched by [#open] alone. It decides on
/// pacing itself: [#frame] may wait until it is time for the next picture.
public interface Spectator extends AutoCloseable {

  /// The first spectator that the class path offers.
  ///
  /// @return null when there is none
  static @Nullable Spectator find() {
    for (Spectator spectator : ServiceLoader.load(Spectator.class)) {
      return spectator;
    }
    return null;
  }

  /// Begins to show one copy of an environment.
  ///
  /// @param title for people, for example `classic/cartpole-v1 (seed 1)`
  /// @throws IllegalStateException if nothing can be shown here, saying why and what to do
  void open(String title, EnvironmentSpec spec);

  /// Shows the state after a reset or a step.
  ///
  /// @param reward of the step that led here; 0 after a reset
  /// @return false when nobody is watching any more, so that the caller may stop
  boolean frame(Frame frame, float reward);

  /// Tells that the episode ended with the frame before.
  ///
  /// @param episodeReturn sum of its rewards
  /// @param length its steps
  /// @param terminated whether the task ended; false when a limit cut the episode
  void episodeEnded(double episodeReturn, int length, boolean terminated);

  /// Ends the show; a recorder finishes its file. May be called more than once.
  @Override
  void close();
}
