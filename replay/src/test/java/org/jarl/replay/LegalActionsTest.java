package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.RandomStream;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.StepBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LegalActionsTest {
  private static final EnvironmentSpec WHOLE =
      EnvironmentSpec.of(Box.f32(2), new Discrete(3)).withActionMask();

  private static final EnvironmentSpec STACKED =
      WHOLE.withStacking(Box.f32(2, 1), new Stacking(2, Padding.FIRST));

  private static ReplaySettings settings(boolean stacked, int nStep) {
    return new ReplaySettings(50, stacked ? STACKED : WHOLE, 1, nStep, 0.5f);
  }

  /// Sets one bit of a mask for each action, for example `101`.
  private static void set(boolean[] mask, String bits) {
    for (int i = 0; i < mask.length; i++) {
      mask[i] = bits.charAt(i) == '1';
    }
  }

  private static void step(ReplayBuffer replay, StepBatch batch, String now, String end) {
    set(batch.legalActions(), now);
    batch.terminated()[0] = end.equals("terminated");
    batch.truncated()[0] = !end.isEmpty() && !batch.terminated()[0];
    set(batch.finalLegalActions(), batch.truncated()[0] ? end : "111");
    replay.add(FakeSteps.of(replay.settings()).actions, batch);
  }

  /// All that can be drawn, as `mask -> next mask * discount`.
  private static Set<String> content(ReplayBuffer replay) {
    var batch = ReplayBatch.allocate(64, replay.settings().spec(), Arena.ofAuto());
    var found = new TreeSet<String>();
    var random = RandomStream.of(1, "content");
    for (int draw = 0; draw < 10; draw++) {
      replay.sampleInto(random, batch);
      for (int i = 0; i < batch.size(); i++) {
        found.add(
            bits(batch.legalActions(), i)
                + " -> "
                + bits(batch.nextLegalActions(), i)
                + " * "
                + batch.discounts().getAtIndex(ValueLayout.JAVA_FLOAT, i));
      }
    }
    return found;
  }

  private static String bits(MemorySegment mask, int row) {
    var bits = new StringBuilder();
    for (int action = 0; action < 3; action++) {
      bits.append((int) mask.getAtIndex(ValueLayout.JAVA_FLOAT, row * 3L + action));
    }
    return bits.toString();
  }

  /// Two-step returns over a truncated and a terminated end, worked by hand; saved and loaded.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aTransitionHasTheMasksOfBothItsStates(boolean stacked) {
    var settings = settings(stacked, 2);
    var batch = StepBatch.allocate(settings.spec(), 1, Arena.ofAuto());
    try (var replay = new ReplayBuffer(settings);
        var loaded = new ReplayBuffer(settings)) {
      set(batch.legalActions(), "100");
      replay.begin(batch);
      step(replay, batch, "010", "");
      step(replay, batch, "001", "110"); // truncated: 001 belongs to the next episode
      step(replay, batch, "011", "terminated");
      step(replay, batch, "101", "");
      step(replay, batch, "111", "");
      var expected =
          Set.of("100 -> 110 * 0.25", "010 -> 110 * 0.5", "001 -> 111 * 0.0", "011 -> 111 * 0.25");
      assertEquals(expected, content(replay));
      Bytes.load(Bytes.save(replay), loaded);
      assertEquals(expected, content(loaded));
      assertArrayEquals(Bytes.save(replay), Bytes.save(loaded));
    }
  }

  @Test
  void aMaskTakesTwoBytesForEachActionAndNoneElsewhere() {
    var plain = EnvironmentSpec.of(Box.f32(2), new Discrete(3));
    assertEquals(28, TransitionRows.rowBytes(8, plain));
    assertEquals(36, TransitionRows.rowBytes(8, plain.withActionMask()));
  }

  @Test
  void aBatchWithoutRoomForTheNextMaskIsRefused() {
    var batch = StepBatch.allocate(WHOLE, 1, Arena.ofAuto());
    var plain = EnvironmentSpec.of(Box.f32(2), new Discrete(3));
    try (var replay = new ReplayBuffer(settings(false, 1))) {
      replay.begin(batch);
      step(replay, batch, "111", "");
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  replay.sampleInto(
                      RandomStream.of(1, "x"), ReplayBatch.allocate(2, plain, Arena.ofAuto())));
      assertEquals(
          "ReplayBatch.nextLegalActions must hold 2 x f32 [3] (24 bytes), got 0 bytes",
          e.getMessage());
    }
  }

  @Test
  void stepsWithoutMasksAreRefusedWhereTheSpecMasks() {
    var plain = EnvironmentSpec.of(Box.f32(2), new Discrete(3));
    try (var replay = new ReplayBuffer(settings(false, 1))) {
      var e =
          assertThrows(
              IllegalArgumentException.class,
              () -> replay.begin(StepBatch.allocate(plain, 1, Arena.ofAuto())));
      assertEquals("the replay buffer needs legalActions [1, 3], got 0 flags", e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void addingAndSamplingMasksAllocatesNothing(boolean stacked) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var settings = settings(stacked, 3);
    var batch = ReplayBatch.allocate(32, settings.spec(), Arena.ofAuto());
    var steps = new StackedSteps(settings);
    var random = RandomStream.of(1, "replay");
    try (var replay = new ReplayBuffer(settings)) {
      steps.begin();
      replay.begin(steps.batch);
      for (int i = 0; i < 10; i++) {
        steps.step(new SplittableRandom(i), 0.1);
        replay.add(steps.actions, steps.batch);
      }
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
          replay.add(steps.actions, steps.batch);
          replay.sampleInto(random, batch);
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, least);
    }
  }
}
