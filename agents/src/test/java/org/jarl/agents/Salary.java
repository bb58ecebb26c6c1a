package org.jarl.agents;

import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;

/// Pays 1 per step, whatever is done, for 10 steps: either that is where it is cut, and it would go
/// on for ever, or that is where it ends. The one observation is how far it has come.
///
/// Of its first state the value is `1 / (1 - gamma)` where it is cut, and `(1 - gamma^10) / (1 -
/// gamma)` where it ends.
final class Salary implements Environment {
  static final int STEPS = 10;
  private final boolean ends;
  private int taken;

  Salary(boolean ends) {
    this.ends = ends;
  }

  @Override
  public EnvironmentSpec spec() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.bounded(0f, 1f, 1), new Space.Discrete(2));
    return ends ? spec : spec.withTimeLimit(STEPS);
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    taken = 0;
    out.set(0, 0);
  }

  @Override
  public void step(Action action, Step out) {
    taken++;
    if (ends && taken == STEPS) {
      out.terminate(1);
    } else {
      out.reward(1);
    }
    out.observation().set(0, taken / (float) STEPS);
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(taken);
  }

  @Override
  public void load(StateReader from) {
    taken = from.getInt();
  }
}
