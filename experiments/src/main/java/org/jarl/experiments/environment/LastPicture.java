package org.jarl.experiments.environment;

import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;

/// An environment that is drawn once more before each reset: a vector environment resets a copy as
/// soon as its episode ends, and the picture of the end would never be seen.
///
/// @param inner what is played
/// @param frame receives the picture
record LastPicture(Environment inner, Frame frame) implements Environment {
  @Override
  public EnvironmentSpec spec() {
    return inner.spec();
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    if (frame.width() == 0) {
      // Before the first reset there is nothing to draw; from now on there is.
      frame.resize(1, 1);
    } else {
      boolean _ = inner.render(frame);
    }
    inner.reset(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    inner.step(action, out);
  }

  @Override
  public void legalActions(boolean[] legal) {
    inner.legalActions(legal);
  }

  @Override
  public boolean render(Frame into) {
    return inner.render(into);
  }

  @Override
  public void save(StateWriter to) {
    inner.save(to);
  }

  @Override
  public void load(StateReader from) {
    inner.load(from);
  }

  @Override
  public void close() {
    inner.close();
  }
}
