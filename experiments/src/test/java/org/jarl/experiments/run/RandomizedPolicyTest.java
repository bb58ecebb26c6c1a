package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jarl.agents.Policy;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.experiments.base.UserErrorException;
import org.junit.jupiter.api.Test;

class RandomizedPolicyTest {
  private static final int STEPS = 20_000;

  /// Always does the first thing.
  private static final Policy FIRST =
      new Policy() {
        @Override
        public void act(
            MemorySegment observations, boolean[] legal, RandomStream random, ActionBatch out) {
          Arrays.fill(out.indices(), 0);
        }

        @Override
        public void close() {}
      };

  /// How often each choice was made in all, two copies, the choices of an action one after another.
  private static int[] counts(Space space, float epsilon, boolean[] legal, int choices) {
    Policy policy =
        RandomizedPolicy.of(FIRST, epsilon, EnvironmentSpec.of(Space.Box.f32(1), space));
    ActionBatch out = new ActionBatch(space, 2);
    RandomStream random = RandomStream.of(5, "policy");
    int[] counts = new int[choices];
    for (int step = 0; step < STEPS; step++) {
      policy.act(MemorySegment.NULL, legal, random, out);
      for (int index : out.indices()) {
        counts[index]++;
      }
    }
    return counts;
  }

  private static void assertShares(double[] shares, int[] counts) {
    int all = Arrays.stream(counts).sum();
    for (int i = 0; i < shares.length; i++) {
      assertEquals(shares[i], (double) counts[i] / all, 0.01, "choice " + i);
    }
  }

  @Test
  void withoutEpsilonNothingIsDrawn() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(1), new Space.Discrete(4));
    assertSame(FIRST, RandomizedPolicy.of(FIRST, 0, spec));
  }

  @Test
  void oneActionInTwentyIsRandom() {
    int[] counts = counts(new Space.Discrete(4), 0.05f, new boolean[0], 4);
    assertShares(new double[] {0.9625, 0.0125, 0.0125, 0.0125}, counts);
    assertArrayEquals(counts, counts(new Space.Discrete(4), 0.05f, new boolean[0], 4));
  }

  @Test
  void onlyLegalActionsAreDrawn() {
    boolean[] legal = {false, true, true, false, true, false, false, true};
    int[] counts = counts(new Space.Discrete(4), 1, legal, 4);
    assertShares(new double[] {0.25, 0.25, 0.25, 0.25}, counts);
    legal = new boolean[] {false, true, true, false, false, true, true, false};
    assertShares(new double[] {0, 0.5, 0.5, 0}, counts(new Space.Discrete(4), 1, legal, 4));
  }

  @Test
  void everyChoiceOfAnActionIsDrawn() {
    int[] counts = counts(new Space.MultiDiscrete(java.util.List.of(2, 4)), 1, new boolean[0], 4);
    assertShares(new double[] {0.375, 0.375, 0.125, 0.125}, counts);
  }

  @Test
  void numbersAreNotDrawn() {
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.f32(1), Space.Box.bounded(-1, 1, 1));
    String message =
        String.valueOf(
            assertThrows(UserErrorException.class, () -> RandomizedPolicy.of(FIRST, 0.05f, spec))
                .getMessage());
    assertTrue(
        message.startsWith("evaluation.epsilon must be 0 where actions are numbers, got 0.05"),
        message);
  }
}
