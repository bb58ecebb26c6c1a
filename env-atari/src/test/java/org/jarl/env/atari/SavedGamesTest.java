package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jarl.env.ActionBatch;
import org.jarl.env.Frame;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.atari.AtariOptions.View;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SavedGamesTest {

  private static Task sticky(String cartridge, String game) {
    Task task = Task.usual();
    task.cartridge = new Cartridge(cartridge, game, Task.cartridge(cartridge).bytes());
    task.sticky = 0.25f;
    task.fullActionSpace = cartridge.equals("puppet");
    task.maxFrames = 1_500;
    return task;
  }

  private static void assertGoesOnAlike(Player one, Player two, int steps) {
    RandomStream actions = RandomStream.of(steps, "actions");
    for (int i = 0; i < steps; i++) {
      int action = actions.nextInt(one.choices);
      assertArrayEquals(one.go(action), two.go(action), "step " + i);
    }
    assertArrayEquals(one.save(), two.save());
  }

  private static void go(Player player, int steps, long seed) {
    RandomStream actions = RandomStream.of(seed, "actions");
    for (int i = 0; i < steps; i++) {
      player.go(actions.nextInt(player.choices));
    }
  }

  /// The puppet keeps things where ALE's own states do not look: a sprite that is put into its
  /// place once, and pictures that are half drawn when a state is saved.
  private static void assertSavedExactly(Task task, int rounds, int steps) {
    try (Player player = new Player(task, 7);
        Player used = new Player(task, 8)) {
      player.reset();
      used.reset();
      for (int round = 0; round < rounds; round++) {
        go(player, 1 + 37 * round % steps, round);
        byte[] state = player.save();
        assertArrayEquals(state, player.save());
        go(used, 5, round);
        used.load(state, player.random);
        assertArrayEquals(state, used.save());
        assertGoesOnAlike(player, used, 20);
        if (round == 0) {
          try (Player fresh = new Player(task, 9)) {
            fresh.load(player.save(), player.random);
            go(fresh, 20, 0);
            used.load(player.save(), player.random);
            go(used, 20, 0);
            assertArrayEquals(used.save(), fresh.save());
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"puppet, breakout", "wallball, breakout", "duel, pong"})
  void aLoadedGameGoesOnBitForBit(String cartridge, String game) {
    assertSavedExactly(sticky(cartridge, game), 6, 60);
  }

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({"puppet, breakout", "wallball, breakout", "duel, pong"})
  void aLoadedGameGoesOnBitForBitAtManySteps(String cartridge, String game) {
    assertSavedExactly(sticky(cartridge, game), 100, 100);
  }

  @Test
  void aGameSavedBetweenALifeAndTheNextGoesOn() {
    Task task = Task.usual();
    try (Player player = new Player(task, 1);
        Player other = new Player(task, 2)) {
      player.reset();
      player.act(Task.RIGHT);
      player.act(Task.DOWN);
      assertTrue(player.step.lifeLost());
      other.load(player.save(), player.random);
      assertArrayEquals(player.reset(), other.reset());
      assertGoesOnAlike(player, other, 20);
    }
  }

  @Test
  void aGameSavedAfterItsEndIsFollowedByTheSameOne() {
    Task task = new Task();
    try (Player player = new Player(task, 1);
        Player other = new Player(task, 2)) {
      player.reset();
      for (int life = 0; life < 5; life++) {
        player.act(Task.NOOP);
        player.act(Task.DOWN);
      }
      assertTrue(player.step.terminated());
      other.load(player.save(), player.random);
      assertArrayEquals(player.reset(), other.reset());
      assertGoesOnAlike(player, other, 20);
    }
  }

  @Test
  void pointsThatNoStepHasShownYetAreSaved() {
    Task task = new Task();
    task.frameSkip = 2;
    task.fireReset = true;
    task.fullActionSpace = false;
    try (Player player = new Player(task, 1);
        Player other = new Player(task, 1)) {
      player.reset();
      other.load(player.save(), player.random);
      other.act(0);
      assertEquals(2f, other.step.score());
    }
  }

  @Test
  void thePictureOfALoadedGameIsThatOfTheSavedOne() {
    Task task = new Task();
    task.view = View.GRAY;
    try (Player player = new Player(task, 1);
        Player other = new Player(task, 2)) {
      player.reset();
      player.act(Task.UP_FIRE, 5);
      other.load(player.save(), player.random);
      Frame drawn = new Frame();
      Frame loaded = new Frame();
      player.environment.render(drawn);
      other.environment.render(loaded);
      assertArrayEquals(drawn.rgb(), loaded.rgb());
    }
  }

  /// What went before must not matter: not the game, not a picture that it left half drawn.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 50})
  void aGameIsTheSameWhateverWasPlayedBefore(int steps) {
    Task task = new Task();
    task.view = View.GRAY;
    try (Player fresh = new Player(task, 1);
        Player used = new Player(task, 2)) {
      used.reset();
      used.act(Task.UP_FIRE, steps);
      MemoryState.load(MemoryState.save(fresh.random), used.random);
      assertArrayEquals(fresh.reset(), used.reset());
      assertGoesOnAlike(fresh, used, 30);
    }
  }

  @Test
  void aStateOfAnotherCartridgeIsRefused() {
    Task task = new Task();
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(Task.NOOP, 9);
      byte[] state = player.save();
      task.cartridge = Task.cartridge("wallball");
      try (Player other = new Player(task, 1)) {
        assertEquals(
            "the saved game of 9 frames plays otherwise now: it is of another ROM, mode or"
                + " difficulty",
            assertThrows(
                    IllegalArgumentException.class,
                    () -> MemoryState.load(state, other.environment))
                .getMessage());
        assertThrows(IllegalStateException.class, other::save);
        other.reset();
        other.act(0);
      }
    }
  }

  @Test
  void aStateIsSmall() {
    Task task = new Task();
    task.maxFrames = 50_000;
    try (Player player = new Player(task, 1)) {
      player.reset();
      int before = player.save().length;
      player.act(Task.NOOP, 20_000);
      assertEquals(before + 20_000, player.save().length, "a byte per frame");
      assertTrue(before < 1_000, "bytes " + before);
    }
  }

  private static void assertThreadsDoNotMatter(int copies, int steps, int... threads) {
    Task task = sticky("wallball", "breakout");
    byte[][] states = new byte[threads.length][];
    for (int run = 0; run < threads.length; run++) {
      try (var environment =
          new ThreadedVectorEnvironment(
              "atari/wallball-v1", task.factory(), copies, threads[run])) {
        environment.reset(5);
        var actions = new ActionBatch(environment.spec().actionSpace(), copies);
        RandomStream random = RandomStream.of(3, "actions");
        for (int step = 0; step < steps; step++) {
          for (int copy = 0; copy < copies; copy++) {
            actions.indices()[copy] = random.nextInt(4);
          }
          environment.step(actions);
        }
        states[run] = MemoryState.save(environment);
      }
    }
    for (byte[] state : states) {
      assertArrayEquals(states[0], state);
    }
  }

  @Test
  void threadsDoNotMatter() {
    assertThreadsDoNotMatter(3, 60, 1, 3);
  }

  @Tag("slow")
  @Test
  void threadsDoNotMatterInLongRuns() {
    assertThreadsDoNotMatter(8, 150, 1, 2, 8);
  }
}
