package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.atari.AtariOptions.View;
import org.jarl.env.check.EnvironmentChecker;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The cartridge `puppet` does what the joystick says, so every choice of a task can be seen in its
/// memory: the first bytes count the frames of the game and those with FIRE.
final class AtariEnvironmentTest {

  /// The checker opens more than twenty consoles, each for a tenth of a second.
  @Tag("slow")
  @Test
  void theUsualTaskKeepsTheContract() {
    Task task = Task.usual();
    task.frameSkip = 2;
    task.noopMax = 5;
    EnvironmentChecker.requireValid("atari/puppet-v1", task.factory());
  }

  @Tag("slow")
  @Test
  void aStickyTaskInColoursKeepsTheContract() {
    Task task = new Task();
    task.view = View.RGB;
    task.size = 32;
    task.sticky = 0.25f;
    task.maxFrames = 100;
    EnvironmentChecker.requireValid("atari/puppet-v1", task.factory());
  }

  // ---- frames

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 5})
  void anActionIsHeldForSomeFrames(int skip) {
    Task task = new Task();
    task.frameSkip = skip;
    try (Player player = new Player(task, 1)) {
      int before = player.reset()[Task.FRAMES];
      assertEquals(before + skip, player.act(Task.FIRE)[Task.FRAMES]);
      assertEquals(skip, player.seen()[Task.FIRES]);
      assertEquals(before + 3 * skip, player.act(Task.NOOP, 2)[Task.FRAMES]);
      assertEquals(skip, player.seen()[Task.FIRES]);
    }
  }

  /// Every frame draws anew: where FIRE is chosen in every third step of four frames, an action
  /// that sticks with 1/4 changes the frame at which FIRE begins and ends, not how many frames have
  /// it. Held back by k frames with probability 3/4 * (1/4)^k.
  @Test
  void stickyActionsAreDrawnAtEveryFrame() {
    Task task = new Task();
    task.frameSkip = 4;
    task.sticky = 0.25f;
    int[] late = new int[5];
    try (Player player = new Player(task, 2)) {
      player.reset();
      for (int i = 0; i < 2_000; i++) {
        player.act(Task.NOOP, 2);
        int fires = player.seen()[Task.FIRES];
        int held = (player.act(Task.FIRE)[Task.FIRES] - fires) & 0xff;
        late[4 - held]++;
      }
    }
    double left = 1;
    for (int k = 0; k < 4; k++) {
      double expected = 2_000 * left * 0.75;
      assertEquals(expected, late[k], 4 * Math.sqrt(expected), "late by " + k);
      left *= 0.25;
    }
  }

  @Test
  void anActionThatAlwaysSticksIsTheFirstOneForEver() {
    Task task = new Task();
    task.sticky = 1;
    try (Player player = new Player(task, 1)) {
      player.reset();
      assertEquals(0, player.act(Task.FIRE, 50)[Task.FIRES]);
    }
  }

  // ---- starts

  @Test
  void aGameStartsWithOneToThirtyFramesWithoutAction() {
    Task task = new Task();
    int none;
    try (Player player = new Player(task, 1)) {
      none = player.reset()[Task.FRAMES];
    }
    task.noopMax = 30;
    Set<Integer> seen = new HashSet<>();
    try (Player player = new Player(task, 1)) {
      for (int i = 0; i < 300; i++) {
        seen.add(player.reset()[Task.FRAMES] - none);
      }
    }
    assertEquals(30, seen.size());
    assertEquals(1, seen.stream().min(Integer::compare).orElseThrow());
    assertEquals(30, seen.stream().max(Integer::compare).orElseThrow());
  }

  /// FIRE and then the third action, UP among all 18, for one agent step each.
  @Test
  void fireIsPressedAfterAStart() {
    Task task = new Task();
    task.frameSkip = 3;
    int none;
    try (Player player = new Player(task, 1)) {
      none = player.reset()[Task.FRAMES];
    }
    task.fireReset = true;
    try (Player player = new Player(task, 1)) {
      byte[] memory = player.reset();
      assertEquals(none + 6, memory[Task.FRAMES]);
      assertEquals(3, memory[Task.FIRES]);
      assertEquals(1, memory[0x04], "moves up");
    }
  }

  /// The third action that the game uses is RIGHT: two frames, two points before the first step.
  @Test
  void pointsMadeBeforeTheFirstStepCountInTheScoreAlone() {
    Task task = new Task();
    task.frameSkip = 2;
    task.fireReset = true;
    task.fullActionSpace = false;
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(0);
      assertEquals(0f, player.step.reward());
      assertEquals(2f, player.step.score());
      player.act(0);
      assertEquals(0f, player.step.score());
    }
  }

  @Test
  void aConsoleIsSwitchedOnWithOtherNoiseEveryTime() {
    try (Player player = new Player(new Task(), 1)) {
      Set<String> noises = new HashSet<>();
      Set<Integer> timers = new HashSet<>();
      for (int i = 0; i < 200; i++) {
        byte[] memory = player.reset();
        noises.add(Arrays.toString(Arrays.copyOfRange(memory, Task.NOISE, Task.NOISE + 16)));
        timers.add((int) memory[Task.TIMER]);
      }
      assertEquals(200, noises.size());
      assertTrue(timers.size() > 40, "timers " + timers);
    }
  }

  // ---- rewards and ends

  @Test
  void rewardsAreClippedToTheirSignAndScoresAreNot() {
    Task task = new Task();
    task.frameSkip = 4;
    task.clipRewards = true;
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(Task.RIGHT);
      assertEquals(1f, player.step.reward());
      assertEquals(4f, player.step.score());
      player.act(Task.LEFT);
      assertEquals(-1f, player.step.reward());
      assertEquals(-4f, player.step.score());
      player.act(Task.NOOP);
      assertEquals(0f, player.step.reward());
      assertEquals(0f, player.step.score());
    }
    task.clipRewards = false;
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(Task.RIGHT);
      assertEquals(4f, player.step.reward());
      assertEquals(4f, player.step.score());
    }
  }

  private static void loseLife(Player player) {
    player.act(Task.NOOP);
    player.act(Task.DOWN);
  }

  @Test
  void aLostLifeEndsTheEpisodeAndTheGameGoesOn() {
    Task task = new Task();
    task.terminalOnLifeLoss = true;
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(Task.FIRE, 3);
      for (int life = 4; life > 0; life--) {
        loseLife(player);
        assertTrue(player.step.terminated());
        assertTrue(player.step.lifeLost());
        byte[] last = player.seen();
        assertArrayEquals(last, player.reset(), "no frame is played");
        assertEquals(3, last[Task.FIRES], "the game is the same");
      }
      loseLife(player);
      assertTrue(player.step.terminated());
      assertFalse(player.step.lifeLost(), "the game is over");
      assertEquals(0, player.reset()[Task.FIRES], "another game");
    }
  }

  @Test
  void livesDoNotMatterWhereTheyNeedNot() {
    try (Player player = new Player(new Task(), 1)) {
      player.reset();
      for (int life = 4; life > 0; life--) {
        loseLife(player);
        assertFalse(player.step.terminated());
      }
      loseLife(player);
      assertTrue(player.step.terminated());
      assertFalse(player.step.lifeLost());
    }
  }

  /// One agent step without action, one with FIRE and one with UP, four frames each.
  @Test
  void fireIsPressedAfterALostLifeToo() {
    Task task = new Task();
    task.terminalOnLifeLoss = true;
    task.fireReset = true;
    task.frameSkip = 4;
    try (Player player = new Player(task, 1)) {
      player.reset();
      loseLife(player);
      byte[] last = player.seen();
      byte[] first = player.reset();
      assertEquals(last[Task.FRAMES] + 12, first[Task.FRAMES]);
      assertEquals(last[Task.FIRES] + 4, first[Task.FIRES]);
    }
  }

  @Test
  void theLimitOfFramesTruncatesAtItsFrame() {
    Task task = new Task();
    task.frameSkip = 4;
    task.maxFrames = 10;
    try (Player player = new Player(task, 1)) {
      for (int game = 0; game < 2; game++) {
        int start = player.reset()[Task.FRAMES];
        player.act(Task.NOOP, 2);
        assertFalse(player.step.truncated());
        player.act(Task.NOOP);
        assertTrue(player.step.truncated());
        assertFalse(player.step.terminated());
        assertEquals(start + 10, player.seen()[Task.FRAMES]);
      }
    }
  }

  @Test
  void aGameThatIsOverAtTheLimitIsNotTruncated() {
    Task task = new Task();
    task.maxFrames = 10;
    try (Player player = new Player(task, 1)) {
      player.reset();
      for (int i = 0; i < 5; i++) {
        loseLife(player);
      }
      assertTrue(player.step.terminated());
      assertFalse(player.step.truncated());
    }
  }

  /// Only one end can be said: the learner's, and the game is over for the statistics too.
  @Test
  void aLifeLostAtTheLimitEndsTheGame() {
    Task task = new Task();
    task.maxFrames = 2;
    task.terminalOnLifeLoss = true;
    try (Player player = new Player(task, 1)) {
      player.reset();
      loseLife(player);
      assertTrue(player.step.terminated());
      assertFalse(player.step.lifeLost());
      assertFalse(player.step.truncated());
    }
  }

  @Test
  void anEndInsideAnAgentStepEndsItThere() {
    Task task = new Task();
    task.frameSkip = 8;
    try (Player player = new Player(task, 1)) {
      player.reset();
      for (int life = 4; life > 0; life--) {
        loseLife(player);
      }
      player.act(Task.NOOP);
      int before = player.seen()[Task.FRAMES];
      player.act(Task.DOWN);
      assertTrue(player.step.terminated());
      assertEquals(before + 1, player.seen()[Task.FRAMES]);
    }
  }

  // ---- spaces and views

  @Test
  void theActionsAreThoseThatTheGameUsesOrAll() {
    Task task = new Task();
    try (AtariEnvironment environment = task.create()) {
      assertEquals(new Space.Discrete(18), environment.spec().actionSpace());
    }
    task.fullActionSpace = false;
    try (AtariEnvironment environment = task.create()) {
      assertEquals(new Space.Discrete(4), environment.spec().actionSpace());
      assertArrayEquals(
          new int[] {Task.NOOP, Task.FIRE, Task.RIGHT, Task.LEFT}, environment.actions());
    }
  }

  @ParameterizedTest
  @EnumSource(View.class)
  void theShapeFollowsFromTheOptions(View view) {
    List<Integer> whole =
        switch (view) {
          case GRAY -> List.of(210, 160);
          case RGB -> List.of(210, 160, 3);
          case RAM -> List.of(128);
        };
    Task task = new Task();
    task.view = view;
    task.size = 0;
    try (AtariEnvironment environment = task.create()) {
      assertEquals(whole, environment.spec().observationSpace().shape());
      assertEquals(Stacking.NONE, environment.spec().stacking());
    }
    task.stack = 3;
    task.size = 20;
    task.padding = Padding.ZEROS;
    List<Integer> small =
        switch (view) {
          case GRAY -> List.of(3, 20, 20);
          case RGB -> List.of(3, 20, 20, 3);
          case RAM -> List.of(3, 128);
        };
    try (AtariEnvironment environment = task.create()) {
      assertEquals(small, environment.spec().observationSpace().shape());
      assertEquals(new Stacking(3, Padding.ZEROS), environment.spec().stacking());
    }
  }

  /// The background is of the colour of the frame's number, and no two neighbours are alike.
  @Test
  void aPictureIsTheLargerOfTheLastTwoFrames() {
    Task task = new Task();
    task.view = View.GRAY;
    task.size = 0;
    byte[] single = new byte[40];
    try (Player player = new Player(task, 1)) {
      player.reset();
      for (int frame = 0; frame < 40; frame++) {
        single[frame] = background(player.act(Task.NOOP));
      }
    }
    task.frameSkip = 4;
    task.maxPool = true;
    try (Player player = new Player(task, 1)) {
      player.reset();
      for (int frame = 3; frame < 40; frame += 4) {
        int larger = Math.max(single[frame - 1] & 0xff, single[frame] & 0xff);
        assertEquals((byte) larger, background(player.act(Task.NOOP)), "frame " + frame);
      }
    }
    task.maxFrames = 7;
    try (Player player = new Player(task, 1)) {
      player.reset();
      player.act(Task.NOOP);
      int larger = Math.max(single[5] & 0xff, single[6] & 0xff);
      assertEquals((byte) larger, background(player.act(Task.NOOP)), "where the game is cut");
      assertTrue(player.step.truncated());
    }
    task.maxFrames = 0;
    task.maxPool = false;
    try (Player player = new Player(task, 1)) {
      player.reset();
      for (int frame = 3; frame < 40; frame += 4) {
        assertEquals(single[frame], background(player.act(Task.NOOP)), "frame " + frame);
      }
    }
  }

  private static byte background(byte[] screen) {
    return screen[100 * 160 + 5];
  }

  @Test
  void aStackHoldsTheLastFramesAndIsPaddedAtTheStart() {
    for (Padding padding : Padding.values()) {
      Task task = new Task();
      task.stack = 4;
      task.padding = padding;
      task.terminalOnLifeLoss = true;
      try (Player player = new Player(task, 1)) {
        int first = player.reset()[3 * 128];
        int pad = padding == Padding.FIRST ? first : 0;
        assertFrames(player, pad, pad, pad, first);
        player.act(Task.NOOP);
        assertFrames(player, pad, pad, first, first + 1);
        player.act(Task.NOOP, 4);
        assertFrames(player, first + 2, first + 3, first + 4, first + 5);
        player.act(Task.DOWN);
        assertTrue(player.step.lifeLost());
        player.reset();
        pad = padding == Padding.FIRST ? first + 6 : 0;
        assertFrames(player, pad, pad, pad, first + 6);
      }
    }
  }

  private static void assertFrames(Player player, int... expected) {
    byte[] seen = player.seen();
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i], seen[128 * i + Task.FRAMES], "frame " + i);
    }
  }

  @Test
  void theViewsAndTheDrawnPictureShowTheSame() {
    Task task = new Task();
    task.size = 0;
    task.view = View.RGB;
    try (Player colours = new Player(task, 1)) {
      task.view = View.GRAY;
      try (Player gray = new Player(task, 1)) {
        gray.reset();
        colours.reset();
        Frame frame = new Frame();
        Set<Byte> shades = new HashSet<>();
        for (int step = 0; step < 130; step++) {
          byte[] rgb = colours.act(Task.NOOP);
          byte[] shade = gray.act(Task.NOOP);
          assertTrue(colours.environment.render(frame));
          assertEquals(320, frame.width());
          assertEquals(210, frame.height());
          for (int pixel = 0; pixel < 160 * 210; pixel += 7) {
            int red = rgb[3 * pixel] & 0xff;
            int green = rgb[3 * pixel + 1] & 0xff;
            int blue = rgb[3 * pixel + 2] & 0xff;
            int x = pixel % 160;
            assertEquals(red << 16 | green << 8 | blue, frame.pixel(2 * x, pixel / 160));
            assertEquals(red << 16 | green << 8 | blue, frame.pixel(2 * x + 1, pixel / 160));
            double luminance = 0.299 * red + 0.587 * green + 0.114 * blue;
            assertEquals(luminance, shade[pixel] & 0xff, 1.01);
          }
          shades.add(background(shade));
        }
        assertTrue(shades.size() > 60, "shades " + shades.size());
      }
    }
  }

  @Test
  void differentSeedsPlayDifferentGames() {
    Task task = new Task();
    try (Player one = new Player(task, 1);
        Player same = new Player(task, 1);
        Player other = new Player(task, 2)) {
      assertArrayEquals(one.reset(), same.reset());
      assertNotEquals(Arrays.toString(one.seen()), Arrays.toString(other.reset()));
    }
  }

  /// At 60 frames a step, a ball that is served after a lost life is often lost, too, before the
  /// first step.
  @Test
  void aGameThatEndsInSkippedFramesAfterALostLifeIsReported() {
    Task task = new Task();
    task.cartridge = Task.cartridge("wallball");
    task.frameSkip = 60;
    task.noopMax = 30;
    task.fireReset = true;
    task.terminalOnLifeLoss = true;
    int lives = 5;
    try (Player player = new Player(task, 1)) {
      player.reset();
      int games = 0;
      int lost = 0;
      for (int i = 0; games < 100; i++) {
        assertTrue(i < 20_000, "games end");
        player.act(Task.NOOP);
        if (player.step.lifeLost()) {
          lost++;
          assertTrue(lost < lives, lost + " lives lost in game " + games);
        } else if (player.step.terminated()) {
          games++;
          lost = 0;
        }
        if (player.step.lifeLost() || player.step.terminated()) {
          player.reset();
        }
      }
    }
  }

  // ---- cost

  /// What the calling thread allocates in steps that end no episode.
  private static long allocatedBytes(ThreadedVectorEnvironment environment, int steps) {
    ActionBatch actions =
        new ActionBatch(environment.spec().actionSpace(), environment.spec().actionSize());
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    environment.step(actions);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < steps; i++) {
      environment.step(actions);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @ParameterizedTest
  @EnumSource(View.class)
  void stepsAllocateNothing(View view) {
    Task task = new Task();
    task.view = view;
    task.maxPool = true;
    task.frameSkip = 2;
    task.sticky = 0.25f;
    task.stack = 4;
    task.terminalOnLifeLoss = true;
    task.clipRewards = true;
    try (var environment = new ThreadedVectorEnvironment("atari/puppet-v1", task.factory(), 1, 1)) {
      environment.reset(1);
      allocatedBytes(environment, 1_500);
      // What the compiler does on the way can allocate too, once or twice.
      long least = Long.MAX_VALUE;
      for (int window = 0; window < 8 && least >= 1_000; window++) {
        least = Math.min(least, allocatedBytes(environment, 1_000));
      }
      assertTrue(least < 1_000, least + " bytes in 1,000 steps");
    }
  }
}
