package org.jarl.env.classic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.MemoryState;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CartPoleBatchTest {
  private static final String ID = "classic/cartpole-v1";

  private static void act(SplittableRandom random, ActionBatch actions) {
    for (int i = 0; i < actions.count(); i++) {
      actions.indices()[i] = random.nextInt(2);
    }
  }

  private static void assertEqual(StepBatch expected, StepBatch actual, int count, String when) {
    assertEquals(-1, expected.observations().mismatch(actual.observations()), when);
    assertArrayEquals(expected.rewards(), actual.rewards(), when);
    assertArrayEquals(expected.terminated(), actual.terminated(), when);
    assertArrayEquals(expected.truncated(), actual.truncated(), when);
    for (int i = 0; i < count; i++) {
      if (expected.ended(i)) {
        var row = expected.finalObservations().asSlice(16L * i, 16);
        assertEquals(-1, row.mismatch(actual.finalObservations().asSlice(16L * i, 16)), when);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 3000", "7, 2000", "64, 2000", "1024, 2000"})
  void aBatchEqualsSingleCopiesToTheBit(int count, int steps) {
    try (VectorEnvironment batch = new CartPoleBatch(count);
        var singles = new ThreadedVectorEnvironment(ID, CartPole::new, count, 1)) {
      assertEqual(singles.reset(count), batch.reset(count), count, "reset");
      var random = new SplittableRandom(count);
      var actions = new ActionBatch(new Space.Discrete(2), count);
      int ends = 0;
      for (int step = 0; step < steps; step++) {
        act(random, actions);
        StepBatch expected = singles.step(actions);
        assertEqual(expected, batch.step(actions), count, "step " + step);
        ends += expected.ended(0) ? 1 : 0;
      }
      assertTrue(ends > 20);
    }
  }

  /// A controller that balances for ever, so that the limit of 500 steps is what ends an episode.
  @Test
  void aBatchCutsEpisodesAtTheTimeLimitAsSingleCopiesDo() {
    int count = 5;
    try (var batch = new CartPoleBatch(count);
        var singles = new ThreadedVectorEnvironment(ID, CartPole::new, count, 1)) {
      StepBatch now = singles.reset(3);
      batch.reset(3);
      var actions = new ActionBatch(new Space.Discrete(2), count);
      int cuts = 0;
      for (int step = 0; step < 1100; step++) {
        for (int i = 0; i < count; i++) {
          float[] o =
              now.observations()
                  .asSlice(16L * i, 16)
                  .toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
          actions.indices()[i] = o[2] + 0.4f * o[3] + 0.05f * o[0] + 0.1f * o[1] > 0 ? 1 : 0;
        }
        now = singles.step(actions);
        assertEqual(now, batch.step(actions), count, "step " + step);
        cuts += now.truncated()[0] ? 1 : 0;
      }
      assertEquals(2, cuts);
    }
  }

  @Test
  void aLoadedBatchGoesOnAsTheSavedOne() {
    int count = 33;
    try (var first = new CartPoleBatch(count);
        var second = new CartPoleBatch(count)) {
      first.reset(9);
      var random = new SplittableRandom(9);
      var actions = new ActionBatch(new Space.Discrete(2), count);
      for (int step = 0; step < 300; step++) {
        act(random, actions);
        first.step(actions);
      }
      MemoryState.load(MemoryState.save(first), second);
      assertEqual(first.current(), second.current(), count, "after load");
      for (int step = 0; step < 300; step++) {
        act(random, actions);
        assertEqual(first.step(actions), second.step(actions), count, "step " + step);
      }
      assertArrayEquals(MemoryState.save(first), MemoryState.save(second));
    }
  }

  @Test
  void stepsCreateNoGarbage() {
    try (var batch = new CartPoleBatch(64)) {
      var actions = new ActionBatch(new Space.Discrete(2), 64);
      act(new SplittableRandom(1), actions);
      batch.reset(1);
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 100 && least >= 256; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int step = 0; step < 2000; step++) {
          batch.step(actions);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      // The measurement itself may box a number; 2,000 steps of 64 copies may not.
      assertTrue(least < 256, least + " bytes");
    }
  }

  @Test
  void wrongUseIsRefusedBeforeAnyCopyMoves() {
    try (var batch = new CartPoleBatch(3)) {
      var actions = new ActionBatch(new Space.Discrete(2), 3);
      assertEquals(
          "\"classic/cartpole-v1\" must be reset or loaded first",
          assertThrows(IllegalStateException.class, () -> batch.step(actions)).getMessage());
      batch.reset(1);
      byte[] before = MemoryState.save(batch);
      actions.indices()[2] = 2;
      assertEquals(
          "the action of copy 2 must be in 0 .. 1, got 2",
          assertThrows(IllegalArgumentException.class, () -> batch.step(actions)).getMessage());
      var tooFew = new ActionBatch(new Space.Discrete(2), 2);
      assertEquals(
          "\"classic/cartpole-v1\" needs 3 actions of Discrete[n=2], got 2 of Discrete[n=2]",
          assertThrows(IllegalArgumentException.class, () -> batch.step(tooFew)).getMessage());
      assertArrayEquals(before, MemoryState.save(batch));
    }
    assertEquals(
        "CartPoleBatch.count must be at least 1, got 0",
        assertThrows(IllegalArgumentException.class, () -> new CartPoleBatch(0)).getMessage());
  }
}
