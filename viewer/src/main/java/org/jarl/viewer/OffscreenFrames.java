package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.show.Scene;

/// What the window would show.
final class OffscreenFrames implements FrameSource {
  private final Screen screen;
  private final Painter painter;
  private final int width;
  private final int height;

  OffscreenFrames(Screen screen, int width, int height) {
    this.screen = screen;
    this.width = width;
    this.height = height;
    painter = new Painter();
  }

  @Override
  public void draw(Scene scene, Frame out) {
    painter.paint(scene, width, height, 1, false, scene.notice);
    painter.read(out);
  }

  @Override
  public String description() {
    String drawn = "drawn out of sight by " + screen.renderer();
    return screen.detour().isEmpty() ? drawn : drawn + "; " + screen.detour();
  }

  @Override
  public void close() {
    painter.close();
    screen.close();
  }
}
