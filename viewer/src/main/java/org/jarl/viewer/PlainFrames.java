package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.show.Scene;

/// The environment's frames with a caption, drawn without OpenGL.
final class PlainFrames implements FrameSource {
  private final PlainPicture picture = new PlainPicture();
  private final String description;

  PlainFrames(String description) {
    this.description = description;
  }

  @Override
  public void draw(Scene scene, Frame out) {
    out.copyFrom(picture.draw(scene));
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public void close() {}
}
