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

/// A pendulum driven by a motor too weak to lift it at once: swing it up and hold it.
///
/// The task of Doya (2000), "Reinforcement learning in continuous time and space"; constants, step
/// and start of Gymnasium's `Pendulum-v1`. Observation `[3]` f32: cosine and sine of the angle (0
/// is up), angular velocity in `-8 .. 8` rad/s. Action `[1]` f32: torque in `-2 .. 2` N m. Reward
/// `-(angle^2 + 0.1 velocity^2 + 0.001 torque^2)` with the angle within half a turn, before the
/// step moves it. Never terminates; truncated after 200 steps.
public final class Pendulum implements Environment {
  private static final double MAX_SPEED = 8;
  private static final double MAX_TORQUE = 2;
  private static final double TAU = 0.05;
  private static final double MASS = 1;
  private static final double LENGTH = 1;

  private static final EnvironmentSpec SPEC =
      EnvironmentSpec.of(
              Space.Box.bounded(new float[] {-1, -1, -8}, new float[] {1, 1, 8}),
              Space.Box.bounded(-2f, 2f, 1))
          .withTimeLimit(200);

  private final double gravity;
  private double angle;
  private double velocity;
  private double torque;

  /// Gravity 10 m/s^2, Gymnasium's default.
  public Pendulum() {
    this(10);
  }

  /// A pendulum elsewhere.
  ///
  /// @param gravity in m/s^2, 0 or more
  /// @throws IllegalArgumentException if gravity is negative or not finite
  public Pendulum(double gravity) {
    if (!(gravity >= 0 && gravity < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "gravity of classic/pendulum-v1 must be 0 or more and finite (m/s^2), got " + gravity);
    }
    this.gravity = gravity;
  }

  @Override
  public EnvironmentSpec spec() {
    return SPEC;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    angle = random.nextDouble(-Math.PI, Math.PI);
    velocity = random.nextDouble(-1, 1);
    torque = 0;
    observe(out);
  }

  @Override
  public void step(Action action, Step out) {
    torque = Math.clamp(action.value(0), -MAX_TORQUE, MAX_TORQUE);
    double off = withinHalfTurn(angle);
    double cost = off * off + 0.1 * (velocity * velocity) + 0.001 * (torque * torque);
    double acceleration =
        3 * gravity / (2 * LENGTH) * Trigonometry.sin(angle)
            + 3.0 / (MASS * (LENGTH * LENGTH)) * torque;
    velocity = Math.clamp(velocity + acceleration * TAU, -MAX_SPEED, MAX_SPEED);
    angle += velocity * TAU;
    observe(out.observation());
    out.reward((float) -cost);
  }

  /// The same direction as an angle in `-pi .. pi`.
  private static double withinHalfTurn(double angle) {
    double turn = (angle + Math.PI) % (2 * Math.PI);
    return (turn < 0 ? turn + 2 * Math.PI : turn) - Math.PI;
  }

  private void observe(Observation out) {
    out.set(0, (float) Trigonometry.cos(angle));
    out.set(1, (float) Trigonometry.sin(angle));
    out.set(2, (float) velocity);
  }

  @Override
  public boolean render(Frame frame) {
    Pictures.pendulum(frame, angle, torque / MAX_TORQUE);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("pendulum");
    to.putDouble(angle);
    to.putDouble(velocity);
    to.putDouble(torque);
  }

  @Override
  public void load(StateReader from) {
    from.section("pendulum");
    angle = from.getDouble();
    velocity = from.getDouble();
    torque = from.getDouble();
  }
}
