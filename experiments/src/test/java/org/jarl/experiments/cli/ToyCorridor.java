package org.jarl.experiments.cli;

import java.util.Map;
import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;

/// A slippery corridor: right leads to the goal, and one step in five goes the other way.
public final class ToyCorridor implements Environment {
  private static final float SLIP = 0.2f;

  private final int length;
  private final int failAt;
  private final boolean dark;
  private int position;
  private int steps;

  /// @param options `length` of the corridor; `failAt`, the step at which it breaks, 0 for never;
  ///   `dark`, whether it draws nothing
  public ToyCorridor(Map<String, Object> options) {
    length = (Integer) options.getOrDefault("length", 6);
    failAt = (Integer) options.getOrDefault("failAt", 0);
    dark = (Boolean) options.getOrDefault("dark", false);
  }

  @Override
  public EnvironmentSpec spec() {
    return EnvironmentSpec.of(Space.Box.bounded(0f, (float) length, 1), new Space.Discrete(2))
        .withTimeLimit(50);
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = random.nextInt(2);
    out.set(0, position);
  }

  @Override
  public void step(Action action, Step out) {
    steps++;
    if (steps == failAt) {
      throw new IllegalStateException("the corridor collapsed");
    }
    boolean right = action.index() == 1 ^ out.random().nextFloat() < SLIP;
    position = Math.max(0, position + (right ? 1 : -1));
    out.observation().set(0, position);
    if (position == length) {
      out.terminate(1f);
    } else {
      out.reward(-0.01f);
    }
  }

  @Override
  public boolean render(Frame frame) {
    if (dark) {
      return false;
    }
    frame.resize(10 * (length + 1), 20);
    frame.fill(0xf0f4f8);
    frame.fillRectangle(10 * length, 0, 10, 20, 0x2ea043);
    frame.fillRectangle(10 * position + 1, 5, 8, 10, 0x0072b2);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(position);
    to.putInt(steps);
  }

  @Override
  public void load(StateReader from) {
    position = from.getInt();
    steps = from.getInt();
  }
}
