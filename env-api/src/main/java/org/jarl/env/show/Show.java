package org.jarl.env.show;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// How a session wants to be shown.
///
/// @param title for people, for example `classic/cartpole-v1 · dqn`
/// @param platform of the window system
/// @param film where a film goes; it replaces a file of that name. Null unless the spectator is
///   chosen for its [Spectator#endings]
public record Show(String title, Platform platform, @Nullable Path film) {

  /// Window systems.
  public enum Platform {
    /// Whatever is there.
    AUTO,
    /// X11.
    X11,
    /// Wayland.
    WAYLAND,
    /// None: drawn out of sight.
    NULL
  }
}
