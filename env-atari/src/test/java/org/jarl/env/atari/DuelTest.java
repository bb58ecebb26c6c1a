package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.jarl.env.RandomStream;
import org.jarl.env.atari.AtariOptions.View;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Plays the cartridge in the emulator.
class DuelTest {
  /// Consoles are switched on anew for each game; to open one takes a tenth of a second.
  private static final Duel EVERY_FRAME = new Duel(1, 0);

  private static final Duel EVERY_FOURTH = new Duel(4, 0);

  @AfterAll
  static void close() {
    EVERY_FRAME.close();
    EVERY_FOURTH.close();
  }

  /// Who changes the cartridge changes what policies learnt: results are of one cartridge.
  @Test
  void theCartridgeIsThePublishedOne() throws NoSuchAlgorithmException {
    byte[] rom = Task.cartridge("duel").bytes();
    byte[] sum = MessageDigest.getInstance("MD5").digest(rom);
    assertEquals("a5e7eb247cf6d75cbf8af292ad23d2a3", HexFormat.of().formatHex(sum));
  }

  // ---- who plays how well

  @Test
  @Tag("slow")
  void randomPlayLosesClearly() {
    RandomStream random = RandomStream.of(1, "actions");
    Duel game = EVERY_FOURTH.newGame(1);
    double mean = mean(game, 8, step -> random.nextInt(Duel.ACTIONS));
    assertTrue(mean < -14 && mean > -20, "mean " + mean);
  }

  /// One who sees every fourth frame only and does nothing useful in every third step.
  @Test
  @Tag("slow")
  void whoFollowsTheBallMoreOrLessWinsClearly() {
    RandomStream random = RandomStream.of(2, "actions");
    Duel game = EVERY_FOURTH.newGame(2);
    double mean =
        mean(
            game,
            3,
            step -> random.nextInt(3) == 0 ? random.nextInt(Duel.ACTIONS) : game.following(0, 8));
    assertTrue(mean > 8, "mean " + mean);
  }

  @Test
  void whoReturnsEveryBallWinsTo21() {
    Duel game = EVERY_FRAME.newGame(3);
    int score = 0;
    int frames = 0;
    while (!game.isOver()) {
      score += game.act(game.following());
      assertEquals(score, game.playerScore());
      assertTrue(frames++ < 8_000, "the game does not end");
    }
    assertEquals(Duel.LAST, score);
    assertEquals(0, game.consoleScore());
  }

  @Test
  void theGameEndsWhenTheConsoleHas21() {
    Duel game = EVERY_FRAME.newGame(4);
    int score = 0;
    while (!game.isOver()) {
      assertTrue(game.consoleScore() < Duel.LAST);
      score += game.act(Duel.UP);
      assertEquals(score, game.playerScore() - game.consoleScore());
    }
    assertEquals(Duel.LAST, game.consoleScore());
  }

  /// Whatever is pressed without a look at the screen loses.
  @ParameterizedTest
  @Tag("slow")
  @ValueSource(strings = {"N", "F", "U", "D", "UD", "UUDD", "UUUUUUUUDDDDDDDD", "UNDN"})
  void aFixedSequenceDoesNotWin(String sequence) {
    Duel game = EVERY_FOURTH.newGame(5);
    double mean = mean(game, 6, step -> "NFUD".indexOf(sequence.charAt(step % sequence.length())));
    assertTrue(mean < -10, "mean " + mean);
  }

  /// The console returns fewer of the balls that leave the paddle near its ends.
  @Test
  @Tag("slow")
  void endsOfThePaddleBeatTheConsoleMoreOften() {
    double middle = returned(0, 0);
    double ends = returned(14, 0);
    assertTrue(ends < middle - 0.08, "returned %f and %f".formatted(middle, ends));
  }

  @Test
  @Tag("slow")
  void theConsoleErrsLessWithDifficultyOne() {
    double easy = returned(0, 0);
    double hard = returned(0, 1);
    assertTrue(hard > easy + 0.1, "returned %f and %f".formatted(easy, hard));
  }

  /// What part of the balls the console returns to one who returns all of them.
  private static double returned(int above, int difficulty) {
    Task task = Duel.task(1);
    task.difficulty = difficulty;
    int points = 0;
    int returned = 0;
    try (Duel game = new Duel(task, 6)) {
      for (int i = 0; i < 4; i++) {
        game.newGame();
        while (!game.isOver()) {
          boolean coming = game.velocityX() < 0;
          int side = game.consoleY() < 66 ? -above : above;
          int point = game.act(game.following(side, 2));
          points += point > 0 ? 1 : 0;
          returned += coming && game.velocityX() > 0 && point == 0 ? 1 : 0;
        }
      }
    }
    return (double) returned / (returned + points);
  }

  private interface Policy {
    int action(int step);
  }

  /// The score of some games on the average.
  private static double mean(Duel game, int games, Policy policy) {
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
    Set<Integer> slopes = new HashSet<>();
    Duel game = EVERY_FRAME.newGame(7);
    for (int i = 0; i < 40; i++) {
      game.newGame();
      assertTrue(game.ballY() >= 12 && game.ballY() < 140, "at " + game.ballY());
      places.add(game.ballY());
      slopes.add(game.velocityY());
      assertEquals(512, game.velocityX(), "towards the player");
    }
    assertTrue(places.size() > 20, "places " + places);
    assertTrue(slopes.size() > 20, "slopes " + slopes);
  }

  /// Two games of one console, equal but for a single frame.
  @Test
  void whatWasPressedChangesTheNextServe() {
    Set<Integer> next = new HashSet<>();
    for (int action = 0; action < 4; action++) {
      Duel game = EVERY_FRAME.newGame(8);
      game.act(action);
      while (game.consoleScore() == 0 && game.playerScore() == 0) {
        game.act(Duel.NOOP);
      }
      next.add(game.ballY());
    }
    assertTrue(next.size() >= 3, "next serves " + next);
  }

  @Test
  void whoNeverFiresIsServedAfterAPause() {
    Duel game = EVERY_FRAME.newGame(9);
    int pause = game.pause();
    assertTrue(pause > 0 && pause <= 24, "pause " + pause);
    int x = game.ballX();
    for (int i = 0; i < pause; i++) {
      assertEquals(x, game.ballX());
      game.act(Duel.NOOP);
    }
    game.act(Duel.NOOP);
    assertEquals(x + 2, game.ballX());
  }

  @Test
  void fireServesAtOnce() {
    Duel game = EVERY_FRAME.newGame(9);
    int x = game.ballX();
    game.act(Duel.FIRE);
    assertEquals(x + 2, game.ballX());
  }

  /// The farther from the middle the ball meets the paddle, the steeper it leaves, to that side.
  @Test
  void theEndsOfThePaddleSendTheBallAwaySteeply() {
    Duel game = EVERY_FRAME.newGame(10);
    int hits = 0;
    int above = 0;
    while (hits < 30) {
      boolean coming = game.velocityX() > 0;
      game.act(game.following(above, 2));
      if (coming && game.velocityX() < 0 && game.ballX() == 136) {
        int offset = game.ballY() + 4 - (game.paddleY() + 14);
        double lines = game.velocityY() / 256.0;
        assertTrue(Math.abs(lines) <= 3.25, "lines " + lines);
        if (Math.abs(offset) > 10) {
          assertTrue(lines * Math.signum(offset) > 1.7, offset + " gives " + lines);
        } else if (Math.abs(offset) <= 1) {
          assertTrue(Math.abs(lines) <= 0.8, offset + " gives " + lines);
        }
        hits++;
        above = game.player.random.nextInt(29) - 14;
      }
      if (game.isOver()) {
        game.newGame();
      }
    }
  }

  @Test
  void theBallGetsFasterWithEveryReturnUpToALimit() {
    Set<Integer> speeds = new HashSet<>();
    Duel game = EVERY_FRAME.newGame(11);
    int before = 0;
    while (!game.isOver()) {
      game.act(game.following());
      int speed = Math.abs(game.velocityX());
      assertTrue(speed == 512 || speed == before || speed == before + 64, "speed " + speed);
      speeds.add(speed);
      before = Math.min(speed, 960 - 64);
    }
    assertTrue(speeds.stream().allMatch(speed -> speed >= 512 && speed <= 960), "" + speeds);
    assertTrue(speeds.size() >= 6, "speeds " + speeds);
  }

  // ---- the paddle

  @ParameterizedTest
  @CsvSource({"false, 2, 3", "false, 4, 5", "true, 3, 4", "true, 2, 5"})
  void rightOrUpLiftsThePaddleAndLeftOrDownLowersIt(boolean all, int lifts, int lowers) {
    Task task = Duel.task(1);
    task.fullActionSpace = all;
    try (Duel game = new Duel(task, 12)) {
      assertEquals(66, game.paddleY());
      game.act(lifts);
      assertEquals(62, game.paddleY());
      game.act(lowers);
      game.act(lowers);
      assertEquals(70, game.paddleY());
      for (int i = 0; i < 20; i++) {
        game.act(lifts);
      }
      assertEquals(0, game.paddleY());
      for (int i = 0; i < 40; i++) {
        game.act(lowers);
      }
      assertEquals(132, game.paddleY());
    }
  }

  // ---- the picture

  /// Shrunk to 84 x 84, a pixel is 160 / 84 wide and 210 / 84 high: a ball of 4 x 8 and paddles of
  /// 4 x 28 fill one column at least. Two players with one seed play one game; a picture shows what
  /// the memory held a frame before, and line 0 of the court is row 39.
  @Test
  void ballAndPaddlesStayBrightWhenShrunk() {
    Task task = Duel.task(1);
    task.view = View.GRAY;
    Duel game = EVERY_FRAME.newGame(13);
    try (Player eye = new Player(task, 13)) {
      eye.reset();
      for (int frame = 0; frame < 300; frame++) {
        int ballX = game.ballX();
        int ballY = game.ballY();
        int paddleY = game.paddleY();
        int consoleY = game.consoleY();
        int action = game.following();
        game.act(action);
        byte[] picture = eye.act(action);
        assertTrue(brightest(picture, ballX, ballY, 8) > 180, "no ball in frame " + frame);
        assertTrue(brightest(picture, 140, paddleY, 28) > 140, "no paddle in frame " + frame);
        assertTrue(brightest(picture, 16, consoleY, 28) > 140, "no console in frame " + frame);
      }
    }
  }

  /// Of the pixels that an object in the court touches.
  private static int brightest(byte[] picture, int x, int y, int height) {
    int best = 0;
    for (int row = (y + 39) * 84 / 210; row <= (y + 39 + height - 1) * 84 / 210; row++) {
      for (int column = x * 84 / 160; column <= (x + 3) * 84 / 160; column++) {
        best = Math.max(best, picture[84 * row + column] & 0xFF);
      }
    }
    return best;
  }
}
