package org.jarl.env;

import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;

/// A corridor: walk right to the end. The example of an environment in the documentation.
public class Corridor implements Environment {
  private int position;

  @Override
  public EnvironmentSpec spec() {
    return EnvironmentSpec.of(Box.f32(1), new Discrete(2)).withTimeLimit(100);
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = 0;
    out.set(0, 0f);
  }

  @Override
  public void step(Action action, Step out) {
    position = Math.max(0, position + (action.index() == 1 ? 1 : -1));
    out.observation().set(0, position);
    if (position == 10) {
      out.terminate(1f);
    } else {
      out.reward(-0.01f);
    }
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(position);
  }

  @Override
  public void load(StateReader from) {
    position = from.getInt();
  }
}
