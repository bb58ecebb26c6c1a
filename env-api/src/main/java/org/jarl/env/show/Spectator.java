package org.jarl.env.show;

import java.util.Set;

/// Looks at a session through a [Stage]: the SPI of windows and recorders, found through
/// `ServiceLoader`.
///
/// An implementation is cheap to construct and to ask; it touches natives in [#attend] alone.
public interface Spectator {

  /// For messages, for example `window`.
  String name();

  /// Endings of the films it writes, in lower case without the dot, the default first.
  ///
  /// @return empty for a spectator that shows and does not record
  Set<String> endings();

  /// Shows what appears on the stage until the show is over ([Stage#over]) or the user has closed
  /// it; then calls [Stage#leave] in any case. A recorder has finished its file on return.
  ///
  /// Runs on the calling thread: the main thread for a window, since some systems ask for it. The
  /// session runs on another.
  ///
  /// @throws IllegalStateException if nothing can be shown here, saying why and what to do
  /// @throws java.io.UncheckedIOException if a film cannot be written; what was written is whole
  void attend(Stage stage, Show show);
}
