package org.jarl.agents;

import java.util.function.IntConsumer;
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
/// be solved without looking: 20 steps, best return 20, at random 5. A vector has a number for each
/// lamp, a picture a quarter.
final class Identity implements Environment {
  static final int LAMPS = 4;
  private final int side;
  private final boolean masked;
  private final IntConsumer pressed;
  private int lamp;

  /// @param side of a picture, even; 0 for a vector
  /// @param pressed is told every button
  Identity(int side, boolean masked, IntConsumer pressed) {
    this.side = side;
    this.masked = masked;
    this.pressed = pressed;
  }

  @Override
  public EnvironmentSpec spec() {
    Space.Box box = side > 0 ? Space.Box.u8(side, side) : Space.Box.bounded(0f, 1f, LAMPS);
    EnvironmentSpec spec = EnvironmentSpec.of(box, new Space.Discrete(LAMPS)).withTimeLimit(20);
    return masked ? spec.withActionMask() : spec;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    light(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    pressed.accept(action.index());
    out.reward(action.index() == lamp ? 1 : 0);
    light(out.random(), out.observation());
  }

  private void light(RandomStream random, Observation out) {
    lamp = random.nextInt(LAMPS);
    for (int i = 0; side == 0 && i < LAMPS; i++) {
      out.set(i, i == lamp ? 1 : 0);
    }
    for (int i = 0; i < side * side; i++) {
      int quarter = i / side / (side / 2) * 2 + i % side / (side / 2);
      out.set(i, quarter == lamp ? 255 : 0);
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
