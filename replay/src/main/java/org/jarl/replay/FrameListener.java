package org.jarl.replay;

/// Listener of a [ReplayBuffer] that keeps stacked observations frame by frame: a copy of its
/// frames elsewhere, for example on a device, stays up to date by what is told here.
@FunctionalInterface
public interface FrameListener {
  /// Frames were written side by side. The thread that adds calls it, before it goes on.
  ///
  /// @param first index of the first of them in [ReplayBuffer#frames]
  /// @param count how many
  void written(long first, long count);
}
