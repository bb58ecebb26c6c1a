package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.show.Scene;

/// Turns scenes into pictures that a program can keep: the window's, drawn out of sight, where
/// OpenGL is to be had, else the environment's own with a caption. Stays on the thread that opened
/// it, on macOS the first one; no window may be open beside it.
public interface FrameSource extends AutoCloseable {

  /// Draws a scene whose frame has a size.
  ///
  /// @param out resized to the picture, which keeps its size as long as the scene's own keeps its
  void draw(Scene scene, Frame out);

  /// What draws, and why it is not something better; for people.
  String description();

  @Override
  void close();

  /// The best source that works here.
  ///
  /// @param width of the picture in pixels, if it is the window's; plain frames have their own size
  /// @param height of the same
  static FrameSource open(int width, int height) {
    Screen screen;
    try {
      screen = Screen.offscreen();
    } catch (IllegalStateException e) {
      return new PlainFrames("plain frames with a caption, because " + e.getMessage());
    }
    return new OffscreenFrames(screen, width, height);
  }

  /// Frames with a caption, which need nothing.
  static FrameSource plain() {
    return new PlainFrames("plain frames with a caption");
  }
}
