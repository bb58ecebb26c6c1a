package org.jarl.env.classic;

import java.util.List;
import java.util.Map;
import org.jarl.env.Controls;
import org.jarl.env.Controls.Move;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.Key;
import org.jarl.env.Options;
import org.jarl.env.VectorEnvironment;
import org.jspecify.annotations.Nullable;

/// The provider of the family `classic`.
public final class ClassicControl implements EnvironmentProvider {
  static final String ACROBOT = "classic/acrobot-v1";
  static final String CART_POLE = "classic/cartpole-v1";
  static final String MOUNTAIN_CAR = "classic/mountaincar-v0";
  static final String MOUNTAIN_CAR_CONTINUOUS = "classic/mountaincar-continuous-v0";
  static final String PENDULUM = "classic/pendulum-v1";

  private static final double MAX_GRAVITY = 1000;

  @Override
  public List<String> ids() {
    return List.of(ACROBOT, CART_POLE, MOUNTAIN_CAR, MOUNTAIN_CAR_CONTINUOUS, PENDULUM);
  }

  @Override
  public Description describe(String id) {
    return switch (id) {
      case ACROBOT ->
          new Description(
              "Swing the feet of a two-link gymnast above the line.",
              """
              Observation: cosine and sine of both angles (0 is down; the second is relative to \
              the first), both angular velocities in rad/s.
              Actions: torque -1, 0 or 1 N m on the hip, for 0.2 s.
              Reward: -1 per step, 0 for the step that arrives. Solved at -100.
              Ends: the feet are one link above the bar; cut after 500 steps.
              Source: Sutton (1996); equal to Gymnasium's Acrobot-v1.\
              """,
              List.of());
      case CART_POLE ->
          new Description(
              "Balance a pole on a cart by pushing the cart left or right.",
              """
              Observation: cart position in m, cart velocity in m/s, pole angle in rad, angular \
              velocity in rad/s.
              Actions: push left or right with 10 N, for 0.02 s.
              Reward: 1 per step. Solved at 475.
              Ends: the cart is beyond 2.4 m or the pole beyond 12 degrees; cut after 500 steps.
              Source: Barto, Sutton and Anderson (1983); equal to Gymnasium's CartPole-v1.\
              """,
              List.of());
      case MOUNTAIN_CAR ->
          new Description(
              "Rock a weak car out of a valley.",
              """
              Observation: position in -1.2 .. 0.6, velocity in -0.07 .. 0.07 per step.
              Actions: push left, coast, push right.
              Reward: -1 per step. Solved at -110.
              Ends: position 0.5 is reached; cut after 200 steps.
              Source: Moore (1990); equal to Gymnasium's MountainCar-v0.\
              """,
              List.of());
      case MOUNTAIN_CAR_CONTINUOUS ->
          new Description(
              "Rock a weak car out of a valley with a throttle, wasting little force.",
              """
              Observation: position in -1.2 .. 0.6, velocity in -0.07 .. 0.07 per step.
              Action: one force in -1 .. 1.
              Reward: -0.1 force^2 per step, and 100 for arriving. Solved at 90.
              Ends: position 0.45 is reached; cut after 999 steps.
              Source: Moore (1990); equal to Gymnasium's MountainCarContinuous-v0.\
              """,
              List.of());
      case PENDULUM ->
          new Description(
              "Swing a pendulum up with a weak motor and hold it there.",
              """
              Observation: cosine and sine of the angle (0 is up), angular velocity in rad/s.
              Action: one torque in -2 .. 2 N m, for 0.05 s.
              Reward: -(angle^2 + 0.1 velocity^2 + 0.001 torque^2) per step.
              Ends: never; cut after 200 steps.
              Source: Doya (2000); equal to Gymnasium's Pendulum-v1.\
              """,
              List.of(new Option("gravity", 10.0, "m/s^2, 0 .. 1000")));
      default -> throw unknown(id);
    };
  }

  /// Paces are those that Gymnasium renders at.
  @Override
  public Controls controls(String id, Map<String, Object> options) {
    return switch (id) {
      case ACROBOT -> threeWays(15, "torque -1", "no torque", "torque 1");
      case CART_POLE ->
          new Controls(
              50,
              false,
              List.of("push left", "push right"),
              List.of(Move.of(0, "push left", Key.LEFT), Move.of(1, "push right", Key.RIGHT)));
      case MOUNTAIN_CAR -> threeWays(30, "push left", "coast", "push right");
      case MOUNTAIN_CAR_CONTINUOUS -> pushes("force", 1, -1);
      case PENDULUM -> pushes("torque", -2, 2);
      default -> throw unknown(id);
    };
  }

  private static Controls threeWays(double pace, String left, String none, String right) {
    return new Controls(
        pace,
        false,
        List.of(left, none, right),
        List.of(Move.of(0, left, Key.LEFT), Move.of(1, none), Move.of(2, right, Key.RIGHT)));
  }

  private static Controls pushes(String name, float right, float left) {
    return new Controls(
        30,
        false,
        List.of(name),
        List.of(
            Move.push(left, name + " to the left", Key.LEFT),
            Move.push(0, "no " + name),
            Move.push(right, name + " to the right", Key.RIGHT)));
  }

  @Override
  public Environment create(String id, Map<String, Object> options) {
    Options read = Options.of(id, options, describe(id).options());
    return switch (id) {
      case ACROBOT -> new Acrobot();
      case CART_POLE -> new CartPole();
      case MOUNTAIN_CAR -> new MountainCar();
      case MOUNTAIN_CAR_CONTINUOUS -> new MountainCarContinuous();
      case PENDULUM -> new Pendulum(read.number("gravity", 0, MAX_GRAVITY));
      default -> throw unknown(id);
    };
  }

  @Override
  public @Nullable VectorEnvironment createBatch(
      String id, Map<String, Object> options, int count) {
    Options.of(id, options, describe(id).options());
    return id.equals(CART_POLE) ? new CartPoleBatch(count) : null;
  }

  private IllegalArgumentException unknown(String id) {
    return new IllegalArgumentException(
        "ClassicControl has no environment \"" + id + "\"; it has " + ids());
  }
}
