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

/// One of four lamps is on; the reward is 1 for pressing its button. The simplest task that cannot
/// be solved without looking: 20 steps, best return 20, at random 5.
final class Identity implements Environment {
  static final int LAMPS = 4;
  private final boolean image;
  private final boolean masked;
  private int lamp;

  Identity(boolean image, boolean masked) {
    this.image = image;
    this.masked = masked;
  }

  @Override
  public EnvironmentSpec spec() {
    Space.Box box = image ? Space.Box.u8(2, 2, 1) : Space.Box.bounded(0f, 1f, LAMPS);
    EnvironmentSpec spec = EnvironmentSpec.of(box, new Space.Discrete(LAMPS)).withTimeLimit(20);
    return masked ? spec.withActionMask() : spec;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    light(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    out.reward(action.index() == lamp ? 1 : 0);
    light(out.random(), out.observation());
  }

  private void light(RandomStream random, Observation out) {
    lamp = random.nextInt(LAMPS);
    for (int i = 0; i < LAMPS; i++) {
      out.set(i, i == lamp ? (image ? 255 : 1) : 0);
    }
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(lamp);
  }

  @Override
  public void load(StateReader from) {
    lamp = from.getInt();
  }
}
