package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.Scene;

/// Turns scenes into pictures that a program can keep: the window's, drawn out of sight, where
/// OpenGL is to be had, else the environment's own frames with a caption. Stays on the thread that opened it, on macOS
/// the first one.
public interface FrameSource extends AutoCloseable {

  /// Draws a scene.
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
      return plain("frames of the environment alone, because " + e.getMessage());
    }
    return new OffscreenFrames(screen, width, height);
  }

  /// The environment's own frames with a caption, which need nothing.
  ///
  /// @param description of the source, saying why this one
  static FrameSource plain(String description) {
    return new PlainPicture(description);
  }
}
