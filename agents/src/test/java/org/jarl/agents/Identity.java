package org.jarl.agents;

import java.util.List;
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

/// One of four lamps is on; the reward is 1 for answering with it. The simplest task that cannot be
/// solved without looking: 20 steps, best return 20, of buttons at random 5. A vector has a number
/// for each lamp, a picture a quarter.
final class Identity implements Environment {
  static final int LAMPS = 4;

  /// How it is answered.
  enum Panel {
    /// One button for each lamp; with a mask the one after the lit one's is locked.
    BUTTONS,

    /// The buttons, and whether the lamp's number is odd; each is half of the reward.
    PAIR,

    /// Two numbers that belong to the lamp; their mean distance is taken from the reward.
    SLIDERS;

    Space actions() {
      return switch (this) {
        case BUTTONS -> new Space.Discrete(LAMPS);
        case PAIR -> new Space.MultiDiscrete(List.of(LAMPS, 2));
        case SLIDERS -> Space.Box.bounded(-1f, 1f, 2);
      };
    }
  }

  private final Panel panel;
  private final int side;
  private final boolean masked;
  private final float endChance;
  private final IntConsumer pressed;
  private int lamp;

  /// Buttons.
  ///
  /// @param side of a picture, even; 0 for a vector
  /// @param pressed is told every button
  Identity(int side, boolean masked, IntConsumer pressed) {
    this(Panel.BUTTONS, side, masked, 0, pressed);
  }

  /// Vectors.
  ///
  /// @param endChance probability that a step ends the task
  Identity(Panel panel, boolean masked, float endChance) {
    this(panel, 0, masked, endChance, _ -> {});
  }

  private Identity(Panel panel, int side, boolean masked, float endChance, IntConsumer pressed) {
    this.panel = panel;
    this.side = side;
    this.masked = masked;
    this.endChance = endChance;
    this.pressed = pressed;
  }

  @Override
  public EnvironmentSpec spec() {
    Space.Box box = side > 0 ? Space.Box.u8(side, side) : Space.Box.bounded(0f, 1f, LAMPS);
    EnvironmentSpec spec = EnvironmentSpec.of(box, panel.actions()).withTimeLimit(20);
    return masked ? spec.withActionMask() : spec;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    light(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    float reward = reward(action);
    if (endChance > 0 && out.random().nextFloat() < endChance) {
      out.terminate(reward);
    } else {
      out.reward(reward);
    }
    light(out.random(), out.observation());
    if (masked) {
      legalActions(out.legalActions());
    }
  }

  private float reward(Action action) {
    return switch (panel) {
      case BUTTONS -> {
        pressed.accept(action.index());
        yield action.index() == lamp ? 1 : 0;
      }
      case PAIR -> (action.index(0) == lamp ? 0.5f : 0) + (action.index(1) == lamp % 2 ? 0.5f : 0);
      case SLIDERS -> {
        float first = Math.abs(action.value(0) - (lamp / 1.5f - 1));
        float second = Math.abs(action.value(1) - (lamp % 2 - 0.5f));
        yield 1 - (first + second) / 2;
      }
    };
  }

  @Override
  public void legalActions(boolean[] legal) {
    legal[(lamp + 1) % LAMPS] = false;
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
