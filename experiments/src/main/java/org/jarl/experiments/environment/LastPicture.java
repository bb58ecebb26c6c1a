package org.jarl.experiments.environment;

import org.jarl.env.Environment;
import org.jarl.env.EnvironmentWrapper;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;

/// An environment that is drawn once more before each reset: a vector environment resets a copy as
/// soon as its episode ends, and the picture of the end would never be seen.
final class LastPicture extends EnvironmentWrapper {
  private final Frame frame;

  /// A wrapper around an environment, which it then owns.
  ///
  /// @param frame receives the picture
  LastPicture(Environment inner, Frame frame) {
    super(inner);
    this.frame = frame;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    if (frame.width() == 0) {
      // Before the first reset there is nothing to draw; from now on there is.
      frame.resize(1, 1);
    } else {
      boolean _ = inner().render(frame);
    }
    inner().reset(random, out);
  }
}
