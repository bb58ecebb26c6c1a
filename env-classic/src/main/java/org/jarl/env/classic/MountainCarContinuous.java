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

/// [MountainCar] with a throttle: reach the flag, and waste little force.
///
/// Moore (1990); constants and start of Gymnasium's `MountainCarContinuous-v0`, which rounds its
/// state to single precision after every step, and so does this. Observation `[2]` f32: position in
/// `-1.2 .. 0.6`, velocity in `-0.07 .. 0.07` per step. Action `[1]` f32: force in `-1 .. 1`.
/// Reward `-0.1 force^2` per step, and 100 at the flag. Terminates at position 0.45; truncated
/// after 999 steps.
public final class MountainCarContinuous implements Environment {
  private static final double MIN_POSITION = MountainCar.MIN_POSITION;
  private static final double MAX_POSITION = MountainCar.MAX_POSITION;
  private static final double MAX_SPEED = MountainCar.MAX_SPEED;
  private static final double GOAL = 0.45;
  private static final double POWER = 0.0015;
  private static final double GRAVITY = 0.0025;

  private static final EnvironmentSpec SPEC =
      EnvironmentSpec.of(
              Space.Box.bounded(
                  new float[] {(float) MIN_POSITION, (float) -MAX_SPEED},
                  new float[] {(float) MAX_POSITION, (float) MAX_SPEED}),
              Space.Box.bounded(-1f, 1f, 1))
          .withTimeLimit(999)
          .withRewardThreshold(90);

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
    double throttle = action.value(0);
    double force = Math.clamp(throttle, -1.0, 1.0);
    double speed = velocity + (force * POWER - GRAVITY * Trigonometry.cos(3 * position));
    speed = Math.clamp(speed, -MAX_SPEED, MAX_SPEED);
    double place = Math.clamp(position + speed, MIN_POSITION, MAX_POSITION);
    if (place == MIN_POSITION && speed < 0) {
      speed = 0;
    }
    position = (float) place;
    velocity = (float) speed;
    observe(out.observation());
    double cost = throttle * throttle * 0.1;
    if (place >= GOAL && speed >= 0) {
      out.terminate((float) (100 - cost));
    } else {
      out.reward((float) -cost);
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
    to.section("mountaincar-continuous");
    to.putDouble(position);
    to.putDouble(velocity);
  }

  @Override
  public void load(StateReader from) {
    from.section("mountaincar-continuous");
    position = from.getDouble();
    velocity = from.getDouble();
  }
}
