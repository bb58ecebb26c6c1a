package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.Scene;

/// The environment's frames as they are.
record PlainFrames(String description) implements FrameSource {
  @Override
  public void draw(Scene scene, Frame out) {
    out.copyFrom(scene.frame);
  }

  @Override
  public void close() {}
}
