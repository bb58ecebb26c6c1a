package org.jarl.env.atari;

import org.jarl.env.atari.AtariOptions.View;

/// The cartridge `wallball` in a test: what its memory says, and somebody who plays it well.
final class Wallball implements AutoCloseable {
  /// Actions, as the minimal action set numbers them.
  static final int NOOP = 0;

  static final int FIRE = 1;
  static final int RIGHT = 2;
  static final int LEFT = 3;
  static final int ACTIONS = 4;

  /// Points for a brick of each row, from above.
  private static final int[] POINTS = {6, 5, 4, 3, 2, 1};

  private static final int FIRST_ADDRESS = 0x80;
  private static final int BRICKS = 0x98;
  private static final int HALF_BAT = 8;
  private static final int HALF_BALL = 2;

  final Player player;
  private byte[] memory;

  /// Where on the bat the ball shall be met next; changes with every rise of the ball.
  private int aim;

  private boolean rising;

  /// Switches the console on.
  Wallball(int frameSkip, long seed) {
    Task task = new Task();
    task.cartridge = Task.cartridge("wallball");
    task.fullActionSpace = false;
    task.frameSkip = frameSkip;
    task.view = View.RAM;
    player = new Player(task, seed);
    memory = player.reset();
  }

  void newGame() {
    memory = player.reset();
  }

  /// Goes on as a new console with this seed would.
  Wallball newGame(long seed) {
    player.restart(seed);
    aim = 0;
    rising = false;
    newGame();
    return this;
  }

  /// Plays a step. Returns the points made.
  int act(int action) {
    memory = player.act(action);
    return (int) player.step.score();
  }

  boolean isOver() {
    return player.step.terminated();
  }

  /// The action that keeps the bat under the ball, more or less.
  int following() {
    if (velocityY() < 0 && !rising) {
      aim = player.random.nextInt(15) - 7;
    }
    rising = velocityY() < 0;
    int distance = ballX() + HALF_BALL - (batX() + HALF_BAT + aim);
    if (Math.abs(distance) < 2) {
      return NOOP;
    }
    return distance > 0 ? RIGHT : LEFT;
  }

  int ballX() {
    return at(0x83);
  }

  int ballY() {
    return at(0x85);
  }

  /// In 256ths of a pixel per frame.
  int velocityX() {
    return memory[0x87 - FIRST_ADDRESS] << 8 | at(0x88);
  }

  /// In 256ths of a line per frame, downwards.
  int velocityY() {
    return memory[0x89 - FIRST_ADDRESS] << 8 | at(0x8A);
  }

  int batX() {
    return at(0x8B);
  }

  /// Frames until the ball is served.
  int pause() {
    return at(0x8C);
  }

  int wallsCleared() {
    return at(0x8E);
  }

  int lives() {
    return at(0xB9);
  }

  int score() {
    int digits = at(0xCD);
    return (at(0xCC) & 15) * 100 + (digits >> 4) * 10 + (digits & 15);
  }

  /// Bricks that stand: 4 bytes of 2 bricks for each row, all upper nibbles or lower ones set.
  int bricks() {
    return count(new int[] {1, 1, 1, 1, 1, 1});
  }

  /// Points that the standing bricks are worth.
  int worth() {
    return count(POINTS);
  }

  private int count(int[] values) {
    int sum = 0;
    for (int i = 0; i < 24; i++) {
      int two = at(BRICKS + i);
      for (int nibble : new int[] {two >> 4, two & 15}) {
        if (nibble != 0 && nibble != 15) {
          throw new AssertionError("half a brick: " + Integer.toHexString(two));
        }
        sum += nibble / 15 * values[i % 6];
      }
    }
    return sum;
  }

  private int at(int address) {
    return memory[address - FIRST_ADDRESS] & 0xFF;
  }

  @Override
  public void close() {
    player.close();
  }
}
