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

/// One of two lamps is on at the first step and off from then on; the fourth answer must name it.
/// Best return 1, without a memory 0.5. Two numbers are the lamps, the third is on when the answer
/// counts.
final class Recall implements Environment {
  static final int STEPS = 4;
  private int lamp;
  private int taken;

  @Override
  public EnvironmentSpec spec() {
    return EnvironmentSpec.of(Space.Box.bounded(0f, 1f, 3), new Space.Discrete(2));
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    lamp = random.nextInt(2);
    taken = 0;
    show(out);
  }

  @Override
  public void step(Action action, Step out) {
    taken++;
    if (taken == STEPS) {
      out.terminate(action.index() == lamp ? 1 : 0);
    }
    show(out.observation());
  }

  private void show(Observation out) {
    for (int i = 0; i < 2; i++) {
      out.set(i, taken == 0 && i == lamp ? 1 : 0);
    }
    out.set(2, taken == STEPS - 1 ? 1 : 0);
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(lamp);
    to.putInt(taken);
  }

  @Override
  public void load(StateReader from) {
    lamp = from.getInt();
    taken = from.getInt();
  }
}
