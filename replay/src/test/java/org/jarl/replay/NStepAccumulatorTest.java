package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NStepAccumulatorTest {

  /// gamma 0.5, rewards 1, 2, 4, worked by hand: the oldest has 1 + 0.5 * 2 + 0.25 * 4 = 3, the
  /// next 2 + 0.5 * 4 = 4, the newest 4.
  @Test
  void everyOpenStepHasTheDiscountedSumOfWhatFollowedIt() {
    var accumulator = new NStepAccumulator(1, 3, 0.5f);
    accumulator.add(0, 1);
    accumulator.add(0, 2);
    accumulator.add(0, 4);
    assertEquals(3, accumulator.open(0));
    assertEquals(3f, accumulator.nStepReturn(0, 2));
    assertEquals(4f, accumulator.nStepReturn(0, 1));
    assertEquals(4f, accumulator.nStepReturn(0, 0));
  }

  @Test
  void discountIsGammaToTheNumberOfRewards() {
    var accumulator = new NStepAccumulator(1, 3, 0.5f);
    assertEquals(0.5f, accumulator.discount(0));
    assertEquals(0.25f, accumulator.discount(1));
    assertEquals(0.125f, accumulator.discount(2));
  }

  /// After the oldest is closed the step of reward 2 is the oldest: 2 + 0.5 * 4 + 0.25 * 8 = 6.
  @Test
  void closingTheOldestLeavesTheOthersOpen() {
    var accumulator = new NStepAccumulator(1, 3, 0.5f);
    for (float reward : new float[] {1, 2, 4}) {
      accumulator.add(0, reward);
    }
    accumulator.closeOldest(0);
    assertEquals(2, accumulator.open(0));
    accumulator.add(0, 8);
    assertEquals(6f, accumulator.nStepReturn(0, 2));
  }

  @Test
  void copiesDoNotMix() {
    var accumulator = new NStepAccumulator(2, 2, 0.5f);
    accumulator.add(0, 1);
    accumulator.add(1, 10);
    accumulator.closeAll(0);
    accumulator.add(1, 20);
    assertEquals(0, accumulator.open(0));
    assertEquals(20f, accumulator.nStepReturn(1, 1));
    accumulator.add(0, 3);
    assertEquals(3f, accumulator.nStepReturn(0, 0));
  }

  @Test
  void closedStepsLeaveNoTraceInTheSavedState() {
    var used = new NStepAccumulator(2, 3, 0.9f);
    for (int i = 0; i < 7; i++) {
      used.add(1, i);
      used.closeAll(1);
    }
    used.add(0, 5);
    var fresh = new NStepAccumulator(2, 3, 0.9f);
    fresh.add(0, 5);
    assertArrayEquals(Bytes.save(fresh), Bytes.save(used));
  }

  @Test
  void goesOnAfterLoad() {
    var saved = new NStepAccumulator(2, 3, 0.9f);
    saved.add(0, 1);
    saved.add(1, 2);
    saved.add(1, 3);
    var loaded = new NStepAccumulator(2, 3, 0.9f);
    Bytes.load(Bytes.save(saved), loaded);
    for (int copy = 0; copy < 2; copy++) {
      saved.add(copy, 7);
      loaded.add(copy, 7);
      assertEquals(saved.open(copy), loaded.open(copy));
      for (int age = 0; age < saved.open(copy); age++) {
        assertEquals(saved.nStepReturn(copy, age), loaded.nStepReturn(copy, age));
      }
    }
  }
}
