package org.jarl.env.classic;

import org.jarl.env.Frame;
import org.jarl.env.picture.Canvas;

/// Draws the five tasks, 600 x 400 pixels each.
final class Pictures {
  private static final int WIDTH = 600;
  private static final int HEIGHT = 400;

  private static final double HILL_WIDTH = MountainCar.MAX_POSITION - MountainCar.MIN_POSITION;

  /// Half the way from the valley to the top, in pixels.
  private static final double HILL_HEIGHT = 128;

  private static final int HILL_PARTS = 120;

  private static final int SKY_TOP = 0xF7F9FC;
  private static final int SKY_BOTTOM = 0xE3EAF3;
  private static final int INK = 0x27303F;
  private static final int SOFT_INK = 0x9AA7B8;
  private static final int WOOD = 0xD98E4A;
  private static final int WOOD_DARK = 0xA9642A;
  private static final int STEEL = 0x5B6B82;
  private static final int BLUE = 0x3D7DD8;
  private static final int BLUE_DARK = 0x27599F;
  private static final int RED = 0xE4572E;
  private static final int GREEN = 0x6FA66A;
  private static final int GREEN_DARK = 0x4F8450;
  private static final int WHITE = 0xFFFFFF;

  private Pictures() {}

  private static Canvas canvas(Frame frame) {
    frame.resize(WIDTH, HEIGHT);
    Canvas canvas = new Canvas().on(frame);
    canvas.fillGradient(SKY_TOP, SKY_BOTTOM);
    return canvas;
  }

  /// @param position of the cart in metres
  /// @param angle of the pole in radians, 0 is up
  static void cartPole(Frame frame, double position, double angle) {
    Canvas canvas = canvas(frame);
    double metre = WIDTH / 5.4;
    double rail = 310;
    canvas.rectangle(0, rail, WIDTH, HEIGHT - rail, 0, 0xD3DCE8);
    canvas.line(-10, rail, WIDTH + 10, rail, 4, STEEL);
    for (double limit : new double[] {-CartPole.MAX_POSITION, CartPole.MAX_POSITION}) {
      double x = WIDTH / 2.0 + limit * metre;
      canvas.line(x, rail - 16, x, rail + 16, 5, RED);
    }
    for (int mark = -2; mark <= 2; mark++) {
      double x = WIDTH / 2.0 + mark * metre;
      canvas.line(x, rail + 12, x, rail + 20, 2, SOFT_INK);
    }
    double x = WIDTH / 2.0 + position * metre;
    canvas.rectangle(x - 42, rail - 50, 84, 36, 8, BLUE_DARK);
    canvas.rectangle(x - 42, rail - 52, 84, 34, 8, BLUE);
    for (int side = -1; side <= 1; side += 2) {
      canvas.disc(x + side * 25, rail - 12, 11, INK);
      canvas.disc(x + side * 25, rail - 12, 4, SOFT_INK);
    }
    double hinge = rail - 44;
    double length = 2 * CartPole.LENGTH * 1.7 * metre;
    double tipX = x + length * Trigonometry.sin(angle);
    double tipY = hinge - length * Trigonometry.cos(angle);
    canvas.line(x, hinge, tipX, tipY, 14, WOOD_DARK);
    canvas.line(x, hinge, tipX, tipY, 10, WOOD);
    canvas.disc(x, hinge, 8, INK);
    canvas.disc(x, hinge, 3.5, WHITE);
  }

  /// @param position of the car
  /// @param goal position of the flag
  static void mountainCar(Frame frame, double position, double goal) {
    Canvas canvas = canvas(frame);
    double[] hill = new double[2 * (HILL_PARTS + 3)];
    for (int i = 0; i <= HILL_PARTS; i++) {
      double at = MountainCar.MIN_POSITION + i * HILL_WIDTH / HILL_PARTS;
      hill[2 * i] = hillX(at);
      hill[2 * i + 1] = hillY(at);
    }
    hill[2 * HILL_PARTS + 2] = WIDTH;
    hill[2 * HILL_PARTS + 3] = HEIGHT;
    hill[2 * HILL_PARTS + 5] = HEIGHT;
    canvas.polygon(GREEN, hill);
    for (int i = 0; i < 2 * HILL_PARTS; i += 2) {
      canvas.line(hill[i], hill[i + 1], hill[i + 2], hill[i + 3], 6, GREEN_DARK);
    }
    double flagX = hillX(goal);
    double flagY = hillY(goal);
    canvas.line(flagX, flagY, flagX, flagY - 62, 4, INK);
    canvas.polygon(RED, flagX - 2, flagY - 62, flagX - 36, flagY - 50, flagX - 2, flagY - 38);
    car(canvas, position);
  }

  private static void car(Canvas canvas, double position) {
    double slope = 3 * HILL_HEIGHT * Trigonometry.cos(3 * position) * HILL_WIDTH / WIDTH;
    double norm = Math.sqrt(1 + slope * slope);
    double alongX = 1 / norm;
    double alongY = -slope / norm;
    double upX = -slope / norm;
    double upY = -1 / norm;
    double x = hillX(position) + 3 * upX;
    double y = hillY(position) + 3 * upY;
    double bodyX = x + 17 * upX;
    double bodyY = y + 17 * upY;
    double roofX = x + 29 * upX;
    double roofY = y + 29 * upY;
    canvas.line(
        roofX - 8 * alongX,
        roofY - 8 * alongY,
        roofX + 6 * alongX,
        roofY + 6 * alongY,
        16,
        BLUE_DARK);
    canvas.line(
        bodyX - 20 * alongX,
        bodyY - 20 * alongY,
        bodyX + 20 * alongX,
        bodyY + 20 * alongY,
        18,
        BLUE);
    for (int side = -1; side <= 1; side += 2) {
      double wheelX = x + 8 * upX + side * 15 * alongX;
      double wheelY = y + 8 * upY + side * 15 * alongY;
      canvas.disc(wheelX, wheelY, 8, INK);
      canvas.disc(wheelX, wheelY, 3, SOFT_INK);
    }
  }

  private static double hillX(double position) {
    return (position - MountainCar.MIN_POSITION) * (WIDTH / HILL_WIDTH);
  }

  private static double hillY(double position) {
    return HEIGHT - 40 - HILL_HEIGHT * (1 + Trigonometry.sin(3 * position));
  }

  /// @param angle in radians, 0 is up
  /// @param torque share of the greatest, -1 to 1
  static void pendulum(Frame frame, double angle, double torque) {
    Canvas canvas = canvas(frame);
    double x = WIDTH / 2.0;
    double y = HEIGHT / 2.0;
    double length = 140;
    canvas.ring(x, y, length, 1.5, 0xC9D3E0);
    canvas.line(x, y - length - 8, x, y - length + 8, 3, GREEN_DARK);
    double tipX = x - length * Trigonometry.sin(angle);
    double tipY = y - length * Trigonometry.cos(angle);
    canvas.line(x, y, tipX, tipY, 22, 0xB03F20);
    canvas.line(x, y, tipX, tipY, 17, RED);
    canvas.disc(tipX, tipY, 19, 0xB03F20);
    canvas.disc(tipX, tipY, 16, RED);
    canvas.disc(x, y, 12, INK);
    canvas.disc(x, y, 5, WHITE);
    torqueArrow(canvas, x, y, torque);
  }

  /// An arc around the hinge, as long as the torque is strong; positive turns to the left.
  private static void torqueArrow(Canvas canvas, double x, double y, double torque) {
    if (Math.abs(torque) < 0.02) {
      return;
    }
    double radius = 44;
    int parts = 24;
    double end = -torque * 2.2;
    double lastX = x;
    double lastY = y - radius;
    for (int i = 1; i <= parts; i++) {
      double turn = end * i / parts;
      double nextX = x + radius * Trigonometry.sin(turn);
      double nextY = y - radius * Trigonometry.cos(turn);
      canvas.line(lastX, lastY, nextX, nextY, 5, BLUE);
      lastX = nextX;
      lastY = nextY;
    }
    double outX = Trigonometry.sin(end);
    double outY = -Trigonometry.cos(end);
    double alongX = Math.signum(end) * -outY;
    double alongY = Math.signum(end) * outX;
    canvas.polygon(
        BLUE,
        lastX + 14 * alongX,
        lastY + 14 * alongY,
        lastX + 9 * outX,
        lastY + 9 * outY,
        lastX - 9 * outX,
        lastY - 9 * outY);
  }

  /// @param first angle of the upper link in radians, 0 is down
  /// @param second angle of the lower link relative to the upper one
  static void acrobot(Frame frame, double first, double second) {
    Canvas canvas = canvas(frame);
    double x = WIDTH / 2.0;
    double y = HEIGHT / 2.0 + 6;
    double link = 88;
    for (int dash = 0; dash < 30; dash++) {
      canvas.line(10 + dash * 20, y - link, 20 + dash * 20, y - link, 2.5, GREEN_DARK);
    }
    canvas.line(x - 70, y, x + 70, y, 6, STEEL);
    double hipX = x + link * Trigonometry.sin(first);
    double hipY = y + link * Trigonometry.cos(first);
    double footX = hipX + link * Trigonometry.sin(first + second);
    double footY = hipY + link * Trigonometry.cos(first + second);
    canvas.line(x, y, hipX, hipY, 20, BLUE_DARK);
    canvas.line(x, y, hipX, hipY, 15, BLUE);
    canvas.line(hipX, hipY, footX, footY, 17, WOOD_DARK);
    canvas.line(hipX, hipY, footX, footY, 12, WOOD);
    canvas.disc(x, y, 9, INK);
    canvas.disc(x, y, 4, WHITE);
    canvas.disc(hipX, hipY, 8, INK);
    canvas.disc(hipX, hipY, 3.5, WHITE);
    canvas.disc(footX, footY, 4, RED);
  }
}
