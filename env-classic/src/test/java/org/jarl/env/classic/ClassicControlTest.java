package org.jarl.env.classic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.env.Frame;
import org.jarl.env.MemoryState;
import org.jarl.env.Space;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.check.EnvironmentChecker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ClassicControlTest {
  private static final ClassicControl CLASSIC = new ClassicControl();

  static List<String> ids() {
    return CLASSIC.ids();
  }

  private static ThreadedVectorEnvironment copies(String id) {
    return new ThreadedVectorEnvironment(id, () -> CLASSIC.create(id, Map.of()), 4, 1);
  }

  private static void act(SplittableRandom random, ActionBatch actions) {
    for (int i = 0; i < actions.indices().length; i++) {
      actions.indices()[i] = random.nextInt(((Space.Discrete) actions.space()).n());
    }
    for (int i = 0; i < actions.values().length; i++) {
      actions.values()[i] = (float) random.nextDouble(-2.5, 2.5);
    }
  }

  /// Warnings count as well: nothing is allocated per step, and every episode ends.
  @ParameterizedTest
  @MethodSource("ids")
  void theCheckerFindsNothingToComplainAbout(String id) {
    assertEquals(
        List.of(),
        EnvironmentChecker.check(CLASSIC, id).stream()
            .filter(finding -> finding.rule().severity() != EnvironmentChecker.Severity.NOTE)
            .toList());
  }

  @Test
  void theProviderIsFoundThroughItsServiceFile() {
    try (Environments found = Environments.discover(List.of())) {
      assertTrue(found.ids().containsAll(CLASSIC.ids()), found.ids().toString());
    }
  }

  @ParameterizedTest
  @MethodSource("ids")
  void equalSeedsGiveEqualRunsAndALoadedRunGoesOn(String id) {
    try (var first = copies(id);
        var second = copies(id)) {
      var actions = new ActionBatch(first.spec().actionSpace(), 4);
      var random = new SplittableRandom(2);
      first.reset(5);
      second.reset(6);
      byte[] other = MemoryState.save(second);
      second.reset(5);
      for (int step = 0; step < 1200; step++) {
        assertArrayEquals(MemoryState.save(first), MemoryState.save(second), "step " + step);
        act(random, actions);
        first.step(actions);
        if (step % 100 == 99) {
          MemoryState.load(other, second);
          MemoryState.load(MemoryState.save(first), second);
        } else {
          second.step(actions);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("ids")
  void everyTaskDrawsItself(String id) {
    try (var copies = copies(id)) {
      copies.reset(1);
      Frame before = new Frame();
      Frame after = new Frame();
      assertTrue(copies.render(0, before));
      var actions = new ActionBatch(copies.spec().actionSpace(), 4);
      for (int step = 0; step < 8; step++) {
        act(new SplittableRandom(7), actions);
        copies.step(actions);
      }
      assertTrue(copies.render(0, after));
      assertEquals(600, after.width());
      assertEquals(400, after.height());
      assertFalse(Arrays.equals(before.rgb(), after.rgb()), "nothing moved");
    }
  }

  @Test
  void gravityIsAnOptionOfThePendulum() {
    assertEquals(
        "option \"gravity\" of \"classic/pendulum-v1\" must be in [0.0, 1000.0], got -1.0",
        refusal(ClassicControl.PENDULUM, Map.of("gravity", -1)));
    assertEquals(
        "gravity of classic/pendulum-v1 must be 0 or more and finite (m/s^2), got NaN",
        assertThrows(IllegalArgumentException.class, () -> new Pendulum(Double.NaN)).getMessage());
    Environment weightless = CLASSIC.create(ClassicControl.PENDULUM, Map.of("gravity", 0));
    assertEquals(200, weightless.spec().timeLimit());
  }

  @Test
  void unknownNamesAreRefused() {
    assertEquals(
        "unknown option \"gravity\" of \"classic/cartpole-v1\". It has none.",
        refusal(ClassicControl.CART_POLE, Map.of("gravity", 9.0)));
    assertEquals(
        "ClassicControl has no environment \"classic/pong-v0\"; it has " + CLASSIC.ids(),
        refusal("classic/pong-v0", Map.of()));
  }

  private static String refusal(String id, Map<String, Object> options) {
    return String.valueOf(
        assertThrows(IllegalArgumentException.class, () -> CLASSIC.create(id, options))
            .getMessage());
  }

  @Test
  void onlyCartPoleHasABatch() {
    for (String id : CLASSIC.ids()) {
      var batch = CLASSIC.createBatch(id, Map.of(), 3);
      if (id.equals(ClassicControl.CART_POLE)) {
        assertEquals(3, Objects.requireNonNull(batch).count());
        batch.close();
      } else {
        assertNull(batch);
      }
    }
  }

  @Test
  void thresholdsAreThoseOfTheReference() {
    assertEquals(475, CLASSIC.create(ClassicControl.CART_POLE, Map.of()).spec().rewardThreshold());
    assertEquals(-100, CLASSIC.create(ClassicControl.ACROBOT, Map.of()).spec().rewardThreshold());
    assertEquals(
        -110, CLASSIC.create(ClassicControl.MOUNTAIN_CAR, Map.of()).spec().rewardThreshold());
    assertEquals(
        90,
        CLASSIC.create(ClassicControl.MOUNTAIN_CAR_CONTINUOUS, Map.of()).spec().rewardThreshold());
  }
}
