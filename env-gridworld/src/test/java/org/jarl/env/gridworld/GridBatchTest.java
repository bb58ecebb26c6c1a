package org.jarl.env.gridworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.MemoryState;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GridBatchTest {
  private static final GridWorlds WORLDS = new GridWorlds();
  private static final int COUNT = 37;

  /// Every world as it is by default, as an image, and with everything random that can be.
  record Case(String id, Map<String, Object> options) {}

  static List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String id : WORLDS.ids()) {
      cases.add(new Case(id, Map.of()));
      cases.add(new Case(id, Map.of("observation", "image")));
    }
    cases.add(new Case(GridWorlds.EMPTY, Map.of("size", 4, "randomStart", true)));
    cases.add(new Case(GridWorlds.EMPTY, Map.of("randomGoal", true)));
    cases.add(
        new Case(GridWorlds.EMPTY, Map.of("size", 20, "randomStart", true, "randomGoal", true)));
    cases.add(new Case(GridWorlds.FOUR_ROOMS, Map.of("randomStart", true, "randomGoal", true)));
    for (int size : new int[] {5, 6, 8, 16}) {
      cases.add(new Case(GridWorlds.DOOR_KEY, Map.of("size", size, "randomLayout", true)));
    }
    cases.add(new Case(GridWorlds.LAVA, Map.of("size", 5, "randomGap", true)));
    cases.add(new Case(GridWorlds.LAVA, Map.of("size", 12, "randomGap", true)));
    cases.add(new Case(GridWorlds.FROZEN_LAKE, Map.of("map", "8x8")));
    cases.add(new Case(GridWorlds.FROZEN_LAKE, Map.of("slippery", false)));
    cases.add(new Case(GridWorlds.DEEP_SEA, Map.of("size", 2, "mixedActions", false)));
    cases.add(new Case(GridWorlds.DEEP_SEA, Map.of("size", 40, "mappingSeed", -5)));
    cases.add(new Case(GridWorlds.MEMORY, Map.of("length", 2)));
    cases.add(new Case(GridWorlds.MEMORY, Map.of("length", 64)));
    cases.add(new Case(GridWorlds.TAXI, Map.of("mask", false)));
    return cases;
  }

  private static void act(SplittableRandom random, StepBatch now, int choices, ActionBatch out) {
    for (int i = 0; i < out.count(); i++) {
      int action;
      do {
        action = random.nextInt(choices);
      } while (now.legalActions().length > 0 && !now.legalActions()[i * choices + action]);
      out.indices()[i] = action;
    }
  }

  private static void assertEqual(StepBatch expected, StepBatch actual, long row, String when) {
    assertEquals(-1, expected.observations().mismatch(actual.observations()), when);
    assertArrayEquals(expected.rewards(), actual.rewards(), when);
    assertArrayEquals(expected.terminated(), actual.terminated(), when);
    assertArrayEquals(expected.truncated(), actual.truncated(), when);
    assertArrayEquals(expected.legalActions(), actual.legalActions(), when);
    for (int i = 0; i < COUNT; i++) {
      if (expected.ended(i)) {
        var last = expected.finalObservations().asSlice(row * i, row);
        assertEquals(-1, last.mismatch(actual.finalObservations().asSlice(row * i, row)), when);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aBatchEqualsSingleCopiesToTheBit(Case world) {
    String id = world.id();
    try (VectorEnvironment batch = WORLDS.createBatch(id, world.options(), COUNT);
        var singles =
            new ThreadedVectorEnvironment(id, () -> WORLDS.create(id, world.options()), COUNT, 1)) {
      assertEquals(singles.spec(), batch.spec());
      long row = batch.spec().observationSpace().bytes();
      assertEqual(singles.reset(4), batch.reset(4), row, "reset");
      var random = new SplittableRandom(4);
      var actions = new ActionBatch(batch.spec().actionSpace(), COUNT);
      int choices = ((org.jarl.env.Space.Discrete) batch.spec().actionSpace()).n();
      for (int step = 0; step < 600; step++) {
        act(random, singles.current(), choices, actions);
        assertEqual(singles.step(actions), batch.step(actions), row, "step " + step);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aLoadedBatchGoesOnAsTheSavedOne(Case world) {
    try (VectorEnvironment first = WORLDS.createBatch(world.id(), world.options(), COUNT);
        VectorEnvironment second = WORLDS.createBatch(world.id(), world.options(), COUNT)) {
      long row = first.spec().observationSpace().bytes();
      var actions = new ActionBatch(first.spec().actionSpace(), COUNT);
      int choices = ((org.jarl.env.Space.Discrete) first.spec().actionSpace()).n();
      var random = new SplittableRandom(5);
      first.reset(5);
      second.reset(6);
      for (int step = 0; step < 200; step++) {
        if (step == 100) {
          MemoryState.load(MemoryState.save(first), second);
        }
        act(random, first.current(), choices, actions);
        first.step(actions);
        if (step >= 100) {
          assertEqual(first.current(), second.step(actions), row, "step " + step);
        }
      }
      assertArrayEquals(MemoryState.save(first), MemoryState.save(second));
    }
  }

  @Test
  void stepsCreateNoGarbage() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (String id : WORLDS.ids()) {
      try (VectorEnvironment batch = WORLDS.createBatch(id, Map.of(), COUNT)) {
        var actions = new ActionBatch(batch.spec().actionSpace(), COUNT);
        int choices = ((org.jarl.env.Space.Discrete) batch.spec().actionSpace()).n();
        var random = new SplittableRandom(1);
        StepBatch now = batch.reset(1);
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
          long before = threads.getCurrentThreadAllocatedBytes();
          for (int step = 0; step < 500; step++) {
            act(random, now, choices, actions);
            batch.step(actions);
          }
          least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertTrue(least < 256, id + ": " + least + " bytes");
      }
    }
  }

  @Test
  void wrongUseIsRefusedBeforeAnyCopyMoves() {
    try (VectorEnvironment batch = WORLDS.createBatch(GridWorlds.TAXI, Map.of(), 3)) {
      var actions = new ActionBatch(batch.spec().actionSpace(), 3);
      assertEquals(
          "\"gridworld/taxi-v0\" must be reset or loaded first",
          assertThrows(IllegalStateException.class, batch::current).getMessage());
      batch.reset(1);
      byte[] before = MemoryState.save(batch);
      for (int i = 0; i < 3; i++) {
        actions.indices()[i] = 5;
      }
      var illegal = assertThrows(IllegalArgumentException.class, () -> batch.step(actions));
      String message = String.valueOf(illegal.getMessage());
      assertTrue(message.startsWith("action 5 of copy 0 is illegal now; legal are ["), message);
      var tooMany = new ActionBatch(batch.spec().actionSpace(), 4);
      assertEquals(
          "\"gridworld/taxi-v0\" needs 3 actions of Discrete[n=6], got 4 of Discrete[n=6]",
          assertThrows(IllegalArgumentException.class, () -> batch.step(tooMany)).getMessage());
      assertArrayEquals(before, MemoryState.save(batch));
    }
    assertEquals(
        "the count of \"gridworld/taxi-v0\" must be at least 1, got 0",
        assertThrows(
                IllegalArgumentException.class,
                () -> WORLDS.createBatch(GridWorlds.TAXI, Map.of(), 0))
            .getMessage());
  }
}
