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

/// A pole hinged on a cart that is pushed left or right: keep it upright.
///
/// Equations of Barto, Sutton and Anderson (1983), "Neuronlike adaptive elements that can solve
/// difficult learning control problems"; constants, Euler step and start of Gymnasium's
/// `CartPole-v1`. Observation `[4]` f32: cart position (m), cart velocity (m/s), pole angle (rad, 0
/// is up), angular velocity (rad/s). Action 0 pushes left, 1 right, with 10 N for 0.02 s. Reward 1
/// per step, the last one included. Terminates when the cart leaves `|x| <= 2.4` or the pole `12`
/// degrees; truncated after 500 steps.
public final class CartPole implements Environment {
  static final double GRAVITY = 9.8;
  static final double POLE_MASS = 0.1;
  static final double TOTAL_MASS = 1.1;

  /// Half the pole's length.
  static final double LENGTH = 0.5;

  static final double POLE_MASS_LENGTH = POLE_MASS * LENGTH;
  static final double FORCE = 10;
  static final double TAU = 0.02;
  static final double MAX_ANGLE = 12 * 2 * Math.PI / 360;
  static final double MAX_POSITION = 2.4;
  static final double START = 0.05;

  static final EnvironmentSpec SPEC =
      EnvironmentSpec.of(
              Space.Box.bounded(
                  new float[] {
                    -4.8f, Float.NEGATIVE_INFINITY, -0.41887903f, Float.NEGATIVE_INFINITY
                  },
                  new float[] {
                    4.8f, Float.POSITIVE_INFINITY, 0.41887903f, Float.POSITIVE_INFINITY
                  }),
              new Space.Discrete(2))
          .withTimeLimit(500)
          .withRewardThreshold(475);

  private double position;
  private double velocity;
  private double angle;
  private double angularVelocity;

  @Override
  public EnvironmentSpec spec() {
    return SPEC;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    position = random.nextDouble(-START, START);
    velocity = random.nextDouble(-START, START);
    angle = random.nextDouble(-START, START);
    angularVelocity = random.nextDouble(-START, START);
    observe(out);
  }

  @Override
  public void step(Action action, Step out) {
    double force = action.index() == 1 ? FORCE : -FORCE;
    double sin = Trigonometry.sinNearZero(angle);
    double cos = Trigonometry.cosNearZero(angle);
    double push = push(force, angularVelocity, sin);
    double turn = turn(push, sin, cos);
    double drive = drive(push, turn, cos);
    position += TAU * velocity;
    velocity += TAU * drive;
    angle += TAU * angularVelocity;
    angularVelocity += TAU * turn;
    observe(out.observation());
    if (fallen(position, angle)) {
      out.terminate(1f);
    } else {
      out.reward(1f);
    }
  }

  /// Acceleration of the whole system by the force and the pole's swing.
  static double push(double force, double angularVelocity, double sin) {
    return (force + POLE_MASS_LENGTH * (angularVelocity * angularVelocity) * sin) / TOTAL_MASS;
  }

  /// Angular acceleration of the pole.
  static double turn(double push, double sin, double cos) {
    return (GRAVITY * sin - cos * push)
        / (LENGTH * (4.0 / 3.0 - POLE_MASS * (cos * cos) / TOTAL_MASS));
  }

  /// Acceleration of the cart.
  static double drive(double push, double turn, double cos) {
    return push - POLE_MASS_LENGTH * turn * cos / TOTAL_MASS;
  }

  /// Whether the episode is over at this position and angle.
  static boolean fallen(double position, double angle) {
    return Math.abs(position) > MAX_POSITION || Math.abs(angle) > MAX_ANGLE;
  }

  private void observe(Observation out) {
    out.set(0, (float) position);
    out.set(1, (float) velocity);
    out.set(2, (float) angle);
    out.set(3, (float) angularVelocity);
  }

  @Override
  public boolean render(Frame frame) {
    Pictures.cartPole(frame, position, angle);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("cartpole");
    to.putDouble(position);
    to.putDouble(velocity);
    to.putDouble(angle);
    to.putDouble(angularVelocity);
  }

  @Override
  public void load(StateReader from) {
    from.section("cartpole");
    position = from.getDouble();
    velocity = from.getDouble();
    angle = from.getDouble();
    angularVelocity = from.getDouble();
  }
}
