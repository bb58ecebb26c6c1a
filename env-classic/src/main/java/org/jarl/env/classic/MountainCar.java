package org.jarl.env.classic;

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

/// A car too weak for the hill that it must climb: swing up by going back first.
///
/// Moore (1990), "Efficient memory-based learning for robot control", in the form of Sutton and
/// Barto (2018), example 10.1; constants and start of Gymnasium's `MountainCar-v0`. Observation
/// `[2]` f32: position in `-1.2 .. 0.6`, velocity in `-0.07 .. 0.07` per step. Actions: 0 push
/// left, 1 coast, 2 push right. Reward -1 per step. Terminates at position 0.5; truncated after 200
/// steps.
public final class MountainCar implements Environment {
  static final double MIN_POSITION = -1.2;
  static final double MAX_POSITION = 0.6;
  static final double MAX_SPEED = 0.07;
  private static final double GOAL = 0.5;
  private static final double FORCE = 0.001;
  private static final double GRAVITY = 0.0025;

  private static final EnvironmentSpec SPEC =
      EnvironmentSpec.of(
              Space.Box.bounded(
                  new float[] {(float) MIN_POSITION, (float) -MAX_SPEED},
                  new float[] {(float) MAX_POSITION, (float) MAX_SPEED}),
              new Space.Discrete(3))
          .withTimeLimit(200)
          .withRewardThreshold(-110);

  private double position;
  private double velocity;

  @Override
  public EnvironmentSpec spec() {
    return SPEC;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = random.nextDouble(-0.6, -0.4);
    velocity = 0;
    observe(out);
  }

  @Override
  public void step(Action action, Step out) {
    velocity += (action.index() - 1) * FORCE + Trigonometry.cos(3 * position) * -GRAVITY;
    velocity = Math.clamp(velocity, -MAX_SPEED, MAX_SPEED);
    position = Math.clamp(position + velocity, MIN_POSITION, MAX_POSITION);
    if (position == MIN_POSITION && velocity < 0) {
      velocity = 0;
    }
    observe(out.observation());
    if (position >= GOAL && velocity >= 0) {
      out.terminate(-1f);
    } else {
      out.reward(-1f);
    }
  }

  private void observe(Observation out) {
    out.set(0, (float) position);
    out.set(1, (float) velocity);
  }

  @Override
  public boolean render(Frame frame) {
    Pictures.mountainCar(frame, position, GOAL);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("mountaincar");
    to.putDouble(position);
    to.putDouble(velocity);
  }

  @Override
  public void load(StateReader from) {
    from.section("mountaincar");
    position = from.getDouble();
    velocity = from.getDouble();
  }
}
