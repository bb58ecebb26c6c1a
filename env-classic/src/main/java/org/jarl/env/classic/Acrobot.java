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

/// Two links like a gymnast on a bar, a motor in the hip only: swing the feet above the line.
///
/// Sutton (1996), "Generalization in reinforcement learning: successful examples using sparse
/// coarse coding", with the equations of Sutton and Barto (1998), section 11.3; constants,
/// Runge-Kutta step and start of Gymnasium's `Acrobot-v1` ("book" dynamics). Observation `[6]` f32:
/// cosine and sine of the first angle (0 is down), cosine and sine of the second (relative to the
/// first), both angular velocities (rad/s). Actions: torque -1, 0 or 1 N m for 0.2 s. Reward -1 per
/// step, 0 for the last. Terminates when the tip is one link above the bar; truncated after 500
/// steps.
public final class Acrobot implements Environment {
  private static final double GRAVITY = 9.8;
  private static final double MASS_1 = 1;
  private static final double MASS_2 = 1;
  private static final double LENGTH_1 = 1;
  private static final double CENTER_1 = 0.5;
  private static final double CENTER_2 = 0.5;
  private static final double INERTIA = 1;
  private static final double TAU = 0.2;
  private static final double MAX_VELOCITY_1 = 4 * Math.PI;
  private static final double MAX_VELOCITY_2 = 9 * Math.PI;

  private static final EnvironmentSpec SPEC =
      EnvironmentSpec.of(
              Space.Box.bounded(
                  new float[] {-1, -1, -1, -1, (float) -MAX_VELOCITY_1, (float) -MAX_VELOCITY_2},
                  new float[] {1, 1, 1, 1, (float) MAX_VELOCITY_1, (float) MAX_VELOCITY_2}),
              new Space.Discrete(3))
          .withTimeLimit(500)
          .withRewardThreshold(-100);

  /// Angle 1, angle 2, velocity 1, velocity 2.
  private final double[] state = new double[4];

  /// Slopes of the four stages, and where the next is taken; kept to allocate nothing per step.
  private final double[][] slopes = new double[4][4];

  private final double[] middle = new double[4];

  @Override
  public EnvironmentSpec spec() {
    return SPEC;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    for (int i = 0; i < 4; i++) {
      state[i] = (float) random.nextDouble(-0.1, 0.1);
    }
    observe(out);
  }

  @Override
  public void step(Action action, Step out) {
    rungeKutta(action.index() - 1);
    state[0] = wrap(state[0]);
    state[1] = wrap(state[1]);
    state[2] = Math.clamp(state[2], -MAX_VELOCITY_1, MAX_VELOCITY_1);
    state[3] = Math.clamp(state[3], -MAX_VELOCITY_2, MAX_VELOCITY_2);
    observe(out.observation());
    if (-Trigonometry.cos(state[0]) - Trigonometry.cos(state[1] + state[0]) > 1) {
      out.terminate(0f);
    } else {
      out.reward(-1f);
    }
  }

  /// One classical step of fourth order over [#TAU].
  private void rungeKutta(double torque) {
    slope(state, torque, slopes[0]);
    advance(TAU / 2, slopes[0]);
    slope(middle, torque, slopes[1]);
    advance(TAU / 2, slopes[1]);
    slope(middle, torque, slopes[2]);
    advance(TAU, slopes[2]);
    slope(middle, torque, slopes[3]);
    for (int i = 0; i < 4; i++) {
      double sum = slopes[0][i] + 2 * slopes[1][i] + 2 * slopes[2][i] + slopes[3][i];
      state[i] += TAU / 6.0 * sum;
    }
  }

  private void advance(double time, double[] slope) {
    for (int i = 0; i < 4; i++) {
      middle[i] = state[i] + time * slope[i];
    }
  }

  /// The equations of motion; names as in the book.
  private static void slope(double[] at, double torque, double[] out) {
    double theta1 = at[0];
    double theta2 = at[1];
    double dtheta1 = at[2];
    double dtheta2 = at[3];
    double cos2 = Trigonometry.cos(theta2);
    double sin2 = Trigonometry.sin(theta2);
    double d1 =
        MASS_1 * (CENTER_1 * CENTER_1)
            + MASS_2 * (LENGTH_1 * LENGTH_1 + CENTER_2 * CENTER_2 + 2 * LENGTH_1 * CENTER_2 * cos2)
            + INERTIA
            + INERTIA;
    double d2 = MASS_2 * (CENTER_2 * CENTER_2 + LENGTH_1 * CENTER_2 * cos2) + INERTIA;
    double phi2 = MASS_2 * CENTER_2 * GRAVITY * Trigonometry.cos(theta1 + theta2 - Math.PI / 2.0);
    double phi1 =
        -MASS_2 * LENGTH_1 * CENTER_2 * (dtheta2 * dtheta2) * sin2
            - 2 * MASS_2 * LENGTH_1 * CENTER_2 * dtheta2 * dtheta1 * sin2
            + (MASS_1 * CENTER_1 + MASS_2 * LENGTH_1)
                * GRAVITY
                * Trigonometry.cos(theta1 - Math.PI / 2)
            + phi2;
    double ddtheta2 =
        (torque + d2 / d1 * phi1 - MASS_2 * LENGTH_1 * CENTER_2 * (dtheta1 * dtheta1) * sin2 - phi2)
            / (MASS_2 * (CENTER_2 * CENTER_2) + INERTIA - d2 * d2 / d1);
    out[0] = dtheta1;
    out[1] = dtheta2;
    out[2] = -(d2 * ddtheta2 + phi1) / d1;
    out[3] = ddtheta2;
  }

  private static double wrap(double angle) {
    double wrapped = angle;
    while (wrapped > Math.PI) {
      wrapped -= 2 * Math.PI;
    }
    while (wrapped < -Math.PI) {
      wrapped += 2 * Math.PI;
    }
    return wrapped;
  }

  private void observe(Observation out) {
    out.set(0, (float) Trigonometry.cos(state[0]));
    out.set(1, (float) Trigonometry.sin(state[0]));
    out.set(2, (float) Trigonometry.cos(state[1]));
    out.set(3, (float) Trigonometry.sin(state[1]));
    out.set(4, (float) state[2]);
    out.set(5, (float) state[3]);
  }

  @Override
  public boolean render(Frame frame) {
    Pictures.acrobot(frame, state[0], state[1]);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("acrobot");
    to.putDoubles(state);
  }

  @Override
  public void load(StateReader from) {
    from.section("acrobot");
    from.getDoubles(state);
  }
}
