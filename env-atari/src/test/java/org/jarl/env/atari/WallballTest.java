package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.jarl.env.RandomStream;
import org.jarl.env.atari.AtariOptions.View;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Plays the cartridge in the emulator.
class WallballTest {
  private static final int WALL = 8 * (6 + 5 + 4 + 3 + 2 + 1);

  /// Consoles are switched on anew for each game; to open one takes a tenth of a second.
  private static final Wallball EVERY_FRAME = new Wallball(1, 0);

  private static final Wallball EVERY_FOURTH = new Wallball(4, 0);

  @AfterAll
  static void close() {
    EVERY_FRAME.close();
    EVERY_FOURTH.close();
  }

  /// Who changes the cartridge changes what policies learnt: results are of one cartridge.
  @Test
  void theCartridgeIsThePublishedOne() throws NoSuchAlgorithmException {
    byte[] rom = Task.cartridge("wallball").bytes();
    byte[] sum = MessageDigest.getInstance("MD5").digest(rom);
    assertEquals("aad8ca43e225d3226174a14b71ada681", HexFormat.of().formatHex(sum));
  }

  // ---- who plays how well

  @Test
  @Tag("slow")
  void randomPlayMakesAPointOrTwoAGame() {
    RandomStream random = RandomStream.of(1, "actions");
    double mean;
    Wallball game = EVERY_FOURTH.newGame(1);
    mean = mean(game, 40, step -> random.nextInt(Wallball.ACTIONS));
    assertTrue(mean > 0.7 && mean < 2.2, "mean " + mean);
  }

  @Test
  @Tag("slow")
  void fiveWallsCanBeClearedAndThatIsTheEnd() {
    Wallball game = EVERY_FRAME.newGame(2);
    int walls = 0;
    int frames = 0;
    List<Integer> speeds = new ArrayList<>();
    while (!game.isOver()) {
      assertEquals(5, game.lives());
      assertEquals(WALL * (game.wallsCleared() + 1) - game.worth(), game.score());
      if (game.bricks() == 48 && game.wallsCleared() == walls) {
        speeds.add(Math.abs(game.velocityY()));
        walls++;
      }
      game.act(game.following());
      assertTrue(frames++ < 40_000, "the wall was not cleared");
    }
    assertEquals(5 * WALL, game.score());
    assertEquals(0, game.bricks());
    assertEquals(speeds.stream().sorted().distinct().toList(), speeds, "faster at every wall");
    assertEquals(5, speeds.size());
  }

  @Test
  @Tag("slow")
  void aFollowerThatSeesEveryFourthFrameScoresFiftyTimesMoreThanRandomPlay() {
    Wallball game = EVERY_FOURTH.newGame(3);
    double mean = mean(game, 2, step -> game.following());
    assertTrue(mean > 75, "mean " + mean);
  }

  /// Whatever is pressed without a look at the screen, the score is about that of random play.
  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"N", "F", "RL", "RRRRLLLL"})
  void aFixedSequenceDoesNotWin(String sequence) {
    Wallball game = EVERY_FOURTH.newGame(4);
    double mean = mean(game, 6, step -> "NFRL".indexOf(sequence.charAt(step % sequence.length())));
    assertTrue(mean < 5, "mean " + mean);
  }

  private interface Policy {
    int action(int step);
  }

  /// The score of some games on the average.
  private static double mean(Wallball game, int games, Policy policy) {
    double score = 0;
    for (int i = 0; i < games; i++) {
      game.newGame();
      for (int step = 0; !game.isOver(); step++) {
        score += game.act(policy.action(step));
      }
    }
    return score / games;
  }

  // ---- the ball

  @Test
  void theFirstServeDiffersFromGameToGame() {
    Set<Integer> places = new HashSet<>();
    Set<Integer> velocities = new HashSet<>();
    Wallball game = EVERY_FRAME.newGame(5);
    for (int i = 0; i < 40; i++) {
      game.newGame();
      places.add(game.ballX());
      game.act(Wallball.FIRE);
      velocities.add(game.velocityX());
    }
    assertTrue(places.size() > 20, "places " + places);
    assertEquals(8, velocities.size(), "velocities " + velocities);
  }

  /// Two games of one console, equal but for a single frame.
  @Test
  void whatWasPressedChangesTheNextServe() {
    Set<Integer> next = new HashSet<>();
    for (int action = 0; action < Wallball.ACTIONS; action++) {
      Wallball game = EVERY_FRAME.newGame(6);
      game.act(action);
      while (game.lives() == 5) {
        game.act(Wallball.NOOP);
      }
      next.add(game.ballX());
    }
    assertTrue(next.size() >= 3, "next serves " + next);
  }

  @Test
  void whoNeverFiresIsServedAfterAPause() {
    Wallball game = EVERY_FRAME.newGame(7);
    int pause = game.pause();
    assertTrue(pause > 0 && pause <= 24, "pause " + pause);
    int y = game.ballY();
    for (int i = 0; i < pause; i++) {
      assertEquals(y, game.ballY());
      game.act(Wallball.NOOP);
    }
    game.act(Wallball.NOOP);
    assertTrue(game.ballY() > y, "the ball rests");
  }

  @Test
  void fireServesAtOnce() {
    Wallball game = EVERY_FRAME.newGame(7);
    int y = game.ballY();
    game.act(Wallball.FIRE);
    game.act(Wallball.NOOP);
    assertTrue(game.ballY() > y, "the ball rests");
  }

  @Test
  void theSideOfTheBatDecidesWhereTheBallGoes() {
    Wallball game = EVERY_FRAME.newGame(8);
    int hits = 0;
    while (hits < 40) {
      boolean falling = game.velocityY() > 0;
      game.act(game.following());
      if (falling && game.velocityY() < 0 && game.ballY() == 170) {
        hits++;
        int offset = game.ballX() + 2 - (game.batX() + 8);
        int velocity = game.velocityX();
        assertTrue(Math.abs(velocity) >= 38 && Math.abs(velocity) < 430, "velocity " + velocity);
        if (offset != 0) {
          assertEquals(offset > 0, velocity > 0, "hit at " + offset);
        }
      }
    }
  }

  // ---- lives and bat

  @Test
  void livesGoFromFiveToNone() {
    List<Integer> lives = new ArrayList<>();
    Wallball game = EVERY_FRAME.newGame(9);
    lives.add(game.lives());
    while (!game.isOver()) {
      game.act(Wallball.LEFT);
      if (game.lives() != lives.getLast()) {
        lives.add(game.lives());
      }
    }
    assertEquals(List.of(5, 4, 3, 2, 1, 0), lives);
  }

  @Test
  void theBatStopsAtTheWalls() {
    Wallball game = EVERY_FRAME.newGame(10);
    assertEquals(72, game.batX());
    for (int i = 0; i < 30; i++) {
      game.act(Wallball.LEFT);
    }
    assertEquals(16, game.batX());
    for (int i = 0; i < 60; i++) {
      game.act(Wallball.RIGHT);
    }
    assertEquals(128, game.batX());
  }

  // ---- the picture

  /// Shrunk to 84 x 84, a pixel is 160 / 84 wide and 210 / 84 high: a ball of 4 x 6 covers one at
  /// least, a bat of 16 x 6 seven. Two players with one seed play one game; a picture shows what
  /// the memory held a frame before, and line 0 of the cartridge is row 6.
  @Test
  void ballAndBatStayBrightWhenShrunk() {
    Task task = new Task();
    task.cartridge = Task.cartridge("wallball");
    task.fullActionSpace = false;
    task.view = View.GRAY;
    int seen = 0;
    Wallball game = EVERY_FRAME.newGame(11);
    try (Player eye = new Player(task, 11)) {
      eye.reset();
      for (int frame = 0; frame < 400; frame++) {
        int ballX = game.ballX();
        int ballY = game.ballY();
        int batX = game.batX();
        int action = game.following();
        game.act(action);
        byte[] picture = eye.act(action);
        if (ballY > 120 && ballY < 165) {
          seen++;
          assertTrue(brightest(picture, ballX, ballY + 6, 4) > 200, "no ball in frame " + frame);
          assertTrue(brightest(picture, batX, 176 + 6, 16) > 170, "no bat in frame " + frame);
        }
      }
    }
    assertTrue(seen > 100, "the ball was looked at " + seen + " times");
  }

  /// Of the pixels that these columns of six rows of the screen touch.
  private static int brightest(byte[] picture, int x, int y, int width) {
    int best = 0;
    for (int row = y * 84 / 210; row <= (y + 5) * 84 / 210; row++) {
      for (int column = x * 84 / 160; column <= (x + width - 1) * 84 / 160; column++) {
        best = Math.max(best, picture[84 * row + column] & 0xFF);
      }
    }
    return best;
  }
}
