package org.jarl.env.atari;

import org.jarl.env.atari.AtariOptions.View;

/// The cartridge `duel` in a test: what its memory says, and somebody who returns every ball.
final class Duel implements AutoCloseable {
  /// Actions, as the minimal action set numbers them; right lifts the paddle.
  static final int NOOP = 0;

  static final int FIRE = 1;
  static final int UP = 2;
  static final int DOWN = 3;
  static final int ACTIONS = 6;

  /// Points that win.
  static final int LAST = 21;

  private static final int FIRST_ADDRESS = 0x80;
  private static final int HALF_PADDLE = 14;
  private static final int HALF_BALL = 4;

  final Player player;
  private byte[] memory;

  /// Switches the console on.
  Duel(int frameSkip, long seed) {
    this(task(frameSkip), seed);
  }

  Duel(Task task, long seed) {
    player = new Player(task, seed);
    memory = player.reset();
  }

  /// A task that shows the memory.
  static Task task(int frameSkip) {
    Task task = new Task();
    task.cartridge = new Cartridge("duel", "pong", Task.cartridge("duel").bytes());
    task.fullActionSpace = false;
    task.frameSkip = frameSkip;
    task.view = View.RAM;
    return task;
  }

  void newGame() {
    memory = player.reset();
  }

  /// Goes on as a new console with this seed would.
  Duel newGame(long seed) {
    player.restart(seed);
    newGame();
    return this;
  }

  /// Plays a step. Returns the points made, less those that the console made.
  int act(int action) {
    memory = player.act(action);
    return (int) player.step.score();
  }

  boolean isOver() {
    return player.step.terminated();
  }

  /// The action that brings the player's paddle beside the ball.
  ///
  /// @param above lines from the ball's middle down to the paddle's middle
  /// @param near lines that do not matter
  int following(int above, int near) {
    int distance = ballY() + HALF_BALL + above - (paddleY() + HALF_PADDLE);
    if (Math.abs(distance) <= near) {
      return NOOP;
    }
    return distance > 0 ? DOWN : UP;
  }

  /// The same for the middle of the paddle, as near as whole frames allow.
  int following() {
    return following(0, 2);
  }

  int ballX() {
    return at(0x84);
  }

  int ballY() {
    return at(0x86);
  }

  /// In 256ths of a pixel per frame, to the right.
  int velocityX() {
    return memory[0x88 - FIRST_ADDRESS] << 8 | at(0x87);
  }

  /// In 256ths of a line per frame, downwards.
  int velocityY() {
    return memory[0x8A - FIRST_ADDRESS] << 8 | at(0x89);
  }

  int consoleScore() {
    return at(0x8D);
  }

  int playerScore() {
    return at(0x8E);
  }

  /// Upper edge of the console's paddle.
  int consoleY() {
    return at(0x90);
  }

  /// Upper edge of the player's paddle.
  int paddleY() {
    return at(0x91);
  }

  /// Frames until the ball is served.
  int pause() {
    return at(0x92);
  }

  private int at(int address) {
    return memory[address - FIRST_ADDRESS] & 0xFF;
  }

  @Override
  public void close() {
    player.close();
  }
}
