package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ThreadedVectorEnvironmentTest {
  private static final String ID = "test/env-v0";

  private static VectorEnvironment vector(
      Supplier<? extends Environment> factory, int count, int threads) {
    return new ThreadedVectorEnvironment(ID, factory, count, threads);
  }

  private static float at(MemorySegment rows, int i) {
    return rows.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  private static ActionBatch actions(VectorEnvironment environment, int... choices) {
    ActionBatch batch = new ActionBatch(environment.spec().actionSpace(), environment.count());
    System.arraycopy(choices, 0, batch.indices(), 0, choices.length);
    return batch;
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  /// Ten steps to the right end the corridor; copy 1 goes left and stays.
  @Test
  void anEndedCopyIsResetAtOnceAndKeepsItsFinalObservation() {
    try (VectorEnvironment environment = vector(Corridor::new, 2, 1)) {
      StepBatch batch = environment.reset(1);
      ActionBatch actions = actions(environment, 1, 0);
      for (int i = 1; i < 10; i++) {
        assertSame(batch, environment.step(actions));
        assertEquals(i, at(batch.observations(), 0));
        assertFalse(batch.ended(0));
      }
      environment.step(actions);
      assertTrue(batch.terminated()[0]);
      assertFalse(batch.truncated()[0]);
      assertEquals(1f, batch.rewards()[0]);
      assertEquals(10f, at(batch.finalObservations(), 0));
      assertEquals(0f, at(batch.observations(), 0));
      assertFalse(batch.ended(1));
      assertEquals(-0.01f, batch.rewards()[1]);
      environment.step(actions);
      assertEquals(1f, at(batch.observations(), 0));
      assertFalse(batch.ended(0));
    }
  }

  @Test
  void theTimeLimitTruncates() {
    try (VectorEnvironment environment = vector(() -> new TimeLimit(new Corridor(), 3), 1, 1)) {
      assertEquals(3, environment.spec().timeLimit());
      StepBatch batch = environment.reset(1);
      ActionBatch right = actions(environment, 1);
      environment.step(right);
      environment.step(right);
      assertFalse(batch.ended(0));
      environment.step(right);
      assertTrue(batch.truncated()[0]);
      assertFalse(batch.terminated()[0]);
      assertEquals(3f, at(batch.finalObservations(), 0));
      assertEquals(0f, at(batch.observations(), 0));
    }
  }

  /// In the middle standing still is illegal; beside it, where the next episode may begin, it is
  /// not.
  @Test
  void theMaskOfTheFinalObservationIsKept() {
    try (VectorEnvironment environment = vector(Slide::new, 20, 3)) {
      ActionBatch actions = actions(environment);
      RandomStream random = RandomStream.of(1, "actions");
      int truncatedInTheMiddle = 0;
      environment.reset(1);
      for (int step = 0; step < 2000; step++) {
        StepBatch now = environment.current();
        for (int copy = 0; copy < 20; copy++) {
          int choice = random.nextInt(3);
          actions.indices()[copy] = choice == 1 && !now.legalActions()[3 * copy + 1] ? 0 : choice;
        }
        environment.step(actions);
        for (int copy = 0; copy < 20; copy++) {
          if (now.ended(copy)) {
            boolean middle = at(now.finalObservations(), 2 * copy) == 3;
            assertEquals(!middle, now.finalLegalActions()[3 * copy + 1]);
            truncatedInTheMiddle += middle ? 1 : 0;
          }
        }
      }
      assertTrue(truncatedInTheMiddle > 10, truncatedInTheMiddle + " ends in the middle");
    }
  }

  @Test
  void aStepThatTerminatesAtTheTimeLimitIsNotTruncated() {
    try (VectorEnvironment environment = vector(() -> new TimeLimit(new Corridor(), 10), 1, 1)) {
      StepBatch batch = environment.reset(1);
      for (int i = 0; i < 10; i++) {
        environment.step(actions(environment, 1));
      }
      assertTrue(batch.terminated()[0]);
      assertFalse(batch.truncated()[0]);
    }
  }

  /// Loses a life in every fourth step; its games never end.
  private static final class Lives implements Environment {
    private int steps;

    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.f32(1), new Space.Discrete(2));
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      out.set(0, steps);
    }

    @Override
    public void step(Action action, Step out) {
      out.observation().set(0, ++steps);
      if (steps % 4 == 0) {
        out.loseLife(0);
      }
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(steps);
    }

    @Override
    public void load(StateReader from) {
      steps = from.getInt();
    }
  }

  /// Of the games that a limit of ten steps leaves, seven steps are played, then saved and gone on
  /// with elsewhere.
  @Test
  void aTimeLimitCountsTheStepsOfTheGameWhichALostLifeDoesNotEnd() {
    try (VectorEnvironment first = vector(() -> new TimeLimit(new Lives(), 10), 1, 1);
        VectorEnvironment second = vector(() -> new TimeLimit(new Lives(), 10), 1, 1)) {
      List<String> ends = new ArrayList<>();
      first.reset(1);
      ActionBatch actions = actions(first, 1);
      for (int step = 1; step <= 31; step++) {
        VectorEnvironment played = step <= 7 ? first : second;
        if (step == 8) {
          MemoryState.load(MemoryState.save(first), second);
        }
        StepBatch batch = played.step(actions);
        if (batch.ended(0)) {
          ends.add(step + (batch.gameEnded(0) ? " game" : " life"));
        }
      }
      assertEquals(
          List.of(
              "4 life", "8 life", "10 game", "12 life", "16 life", "20 life", "21 game", "24 life",
              "28 life", "31 game"),
          ends);
    }
  }

  @Test
  void aTimeLimitBeyondTheEnvironmentsOwnIsRefused() {
    assertRefused(
        "a time limit must be in 1 .. 100, the environment's own, got 101",
        () -> new TimeLimit(new Corridor(), 101));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8, 20})
  void resultsDoNotDependOnThreads(int threads) {
    try (VectorEnvironment one = vector(Slide::new, 8, 1);
        VectorEnvironment many = vector(Slide::new, 8, threads)) {
      one.reset(7);
      many.reset(7);
      Drive.assertEqual(
          Drive.drive(one, RandomStream.of(1, "test"), 500),
          Drive.drive(many, RandomStream.of(1, "test"), 500));
      assertArrayEquals(MemoryState.save(one), MemoryState.save(many));
    }
  }

  /// Copy 2 of 5 gives the same as the only copy whose stream has index 2.
  @Test
  void everyCopyDrawsFromItsOwnStream() {
    try (VectorEnvironment environment = vector(Slide::new, 5, 1)) {
      StepBatch batch = environment.reset(3);
      for (int copy = 0; copy < 5; copy++) {
        RandomStream stream = RandomStream.of(3, "environment", copy);
        assertEquals(2 + stream.nextInt(3), at(batch.observations(), 2 * copy));
        assertEquals(stream.nextFloat(), at(batch.observations(), 2 * copy + 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 100})
  void aLoadedEnvironmentGoesOnBitForBit(int before) {
    try (VectorEnvironment first = vector(Slide::new, 3, 1);
        VectorEnvironment second = vector(Slide::new, 3, 2)) {
      first.reset(11);
      Drive.drive(first, RandomStream.of(1, "before"), before);
      byte[] state = MemoryState.save(first);
      second.reset(99);
      Drive.drive(second, RandomStream.of(2, "other"), 13);
      MemoryState.load(state, second);
      assertArrayEquals(MemoryState.save(first.current()), MemoryState.save(second.current()));
      Drive.assertEqual(
          Drive.drive(first, RandomStream.of(3, "after"), 200),
          Drive.drive(second, RandomStream.of(3, "after"), 200));
    }
  }

  @Test
  void aStateOfAnotherCountIsRefused() {
    try (VectorEnvironment three = vector(Slide::new, 3, 1);
        VectorEnvironment two = vector(Slide::new, 2, 1)) {
      three.reset(1);
      byte[] state = MemoryState.save(three);
      assertRefused(
          "the saved state holds 3 copies of \"test/env-v0\", this run has 2",
          () -> MemoryState.load(state, two));
    }
  }

  @Test
  void wrongActionsAreRefusedBeforeAnythingIsStepped() {
    try (VectorEnvironment environment = vector(Slide::new, 2, 1)) {
      environment.reset(1);
      byte[] before = MemoryState.save(environment);
      assertRefused(
          "the action of copy 1 must be in 0 .. 2, got 3",
          () -> environment.step(actions(environment, 0, 3)));
      assertRefused(
          "the action of copy 0 must be in 0 .. 2, got -1",
          () -> environment.step(actions(environment, -1, 0)));
      assertRefused(
          "\"test/env-v0\" needs 2 actions of Discrete[n=3], got 1 of Discrete[n=3]",
          () -> environment.step(new ActionBatch(new Space.Discrete(3), 1)));
      assertRefused(
          "\"test/env-v0\" needs 2 actions of Discrete[n=3], got 2 of Discrete[n=4]",
          () -> environment.step(new ActionBatch(new Space.Discrete(4), 2)));
      assertArrayEquals(before, MemoryState.save(environment));
    }
  }

  @Test
  void anIllegalActionIsRefusedWithThoseThatAreLegal() {
    try (VectorEnvironment environment = vector(Slide::new, 1, 1)) {
      StepBatch batch = environment.reset(1);
      while (batch.legalActions()[1]) {
        Drive.drive(environment, RandomStream.of(1, "walk"), 1);
      }
      assertRefused(
          "action 1 of copy 0 is illegal now; legal are [0, 2]",
          () -> environment.step(actions(environment, 1)));
    }
  }

  /// Observes and rewards the action it got.
  private static final class Echo implements Environment {
    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(
          Space.Box.f32(2), Space.Box.bounded(new float[] {-1, 0}, new float[] {1, 5}));
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      out.fill(0);
    }

    @Override
    public void step(Action action, Step out) {
      out.observation().set(0, action.value(0));
      out.observation().set(1, action.value(1));
    }

    @Override
    public void save(StateWriter to) {}

    @Override
    public void load(StateReader from) {}
  }

  @Test
  void continuousActionsAreClippedAndMustBeFinite() {
    try (VectorEnvironment environment = vector(Echo::new, 2, 1)) {
      StepBatch batch = environment.reset(1);
      ActionBatch actions = actions(environment);
      float[] given = {-3f, 2f, 0.5f, 9f};
      System.arraycopy(given, 0, actions.values(), 0, 4);
      environment.step(actions);
      assertArrayEquals(
          new float[] {-1f, 2f, 0.5f, 5f}, batch.observations().toArray(ValueLayout.JAVA_FLOAT));
      assertArrayEquals(given, actions.values());
      actions.values()[3] = Float.NaN;
      assertRefused(
          "number 1 of the action of copy 1 must be finite, got NaN",
          () -> environment.step(actions));
    }
  }

  @Test
  void choicesOfAMultiDiscreteActionAreCheckedOneByOne() {
    ActionBatch batch = new ActionBatch(new Space.MultiDiscrete(List.of(2, 3)), 2);
    batch.indices()[3] = 2;
    batch.check(new boolean[0]);
    batch.indices()[2] = 2;
    assertRefused(
        "choice 0 of the action of copy 1 must be in 0 .. 1, got 2",
        () -> batch.check(new boolean[0]));
  }

  /// Goes wrong in one copy at step 2.
  private static class Faulty extends Corridor {
    private int steps;

    @Override
    public void step(Action action, Step out) {
      super.step(action, out);
      if (++steps == 2) {
        fault(out);
      }
    }

    void fault(Step out) {
      out.reward(Float.NaN);
    }
  }

  private static EnvironmentFailedException failure(Supplier<Environment> factory, int threads) {
    int[] created = {0};
    try (VectorEnvironment environment =
        vector(() -> created[0]++ >= 2 ? factory.get() : new Corridor(), 4, threads)) {
      environment.reset(42);
      environment.step(actions(environment, 1, 1, 1, 1));
      EnvironmentFailedException failure =
          assertThrows(
              EnvironmentFailedException.class,
              () -> environment.step(actions(environment, 1, 1, 1, 1)));
      assertEquals(
          "\"test/env-v0\" failed in an earlier step; reset or load it before going on",
          assertThrows(IllegalStateException.class, () -> MemoryState.save(environment))
              .getMessage());
      return failure;
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void aRewardThatIsNotANumberNamesEnvironmentCopyStepAndSeed(int threads) {
    EnvironmentFailedException failure = failure(Faulty::new, threads);
    assertEquals(
        "environment \"test/env-v0\" failed in copy 2, step 2 of the episode, seed 42:"
            + " the reward must be finite, got NaN",
        failure.getMessage());
    assertEquals(ID, failure.environmentId());
    assertEquals(2, failure.copy());
    assertEquals(2, failure.episodeStep());
    assertEquals(42, failure.seed());
  }

  @Test
  void anObservationThatIsNotFiniteIsAFailure() {
    assertEquals(
        "environment \"test/env-v0\" failed in copy 2, step 2 of the episode, seed 42:"
            + " observations must be finite, element 0 of [1] is -Infinity",
        failure(
                () ->
                    new Faulty() {
                      @Override
                      void fault(Step out) {
                        out.observation().set(0, Float.NEGATIVE_INFINITY);
                      }
                    },
                2)
            .getMessage());
  }

  @Test
  void whatAnEnvironmentThrowsIsKeptAsCause() {
    EnvironmentFailedException failure =
        failure(
            () ->
                new Faulty() {
                  @Override
                  void fault(Step out) {
                    throw new ArithmeticException("/ by zero");
                  }
                },
            1);
    assertEquals(
        "environment \"test/env-v0\" failed in copy 2, step 2 of the episode, seed 42:"
            + " step threw java.lang.ArithmeticException: / by zero",
        failure.getMessage());
    assertTrue(failure.getCause() instanceof ArithmeticException);
  }

  @Test
  void anObservationOfTheWrongShapeIsAFailure() {
    assertEquals(
        "environment \"test/env-v0\" failed in copy 2, step 2 of the episode, seed 42: step threw"
            + " java.lang.IndexOutOfBoundsException: an observation of shape [1] has elements"
            + " 0 .. 0, got 1",
        failure(
                () ->
                    new Faulty() {
                      @Override
                      void fault(Step out) {
                        out.observation().set(1, 0f);
                      }
                    },
                1)
            .getMessage());
  }

  @Test
  void endingBothWaysAndForbiddingEverythingAreFailures() {
    assertEquals(
        "environment \"test/env-v0\" failed in copy 2, step 2 of the episode, seed 42:"
            + " a step may terminate or truncate the episode, it did both",
        failure(
                () ->
                    new Faulty() {
                      @Override
                      void fault(Step out) {
                        out.terminate(0);
                        out.truncate();
                      }
                    },
                1)
            .getMessage());
    Environment gagged =
        new Slide() {
          @Override
          public void legalActions(boolean[] legal) {
            Arrays.fill(legal, false);
          }
        };
    try (VectorEnvironment environment = vector(() -> gagged, 1, 1)) {
      assertEquals(
          "environment \"test/env-v0\" failed in copy 0, reset, seed 5: at least one action must"
              + " be legal while an episode goes on, the mask forbids all 3",
          assertThrows(EnvironmentFailedException.class, () -> environment.reset(5)).getMessage());
    }
  }

  @Test
  void callsOutOfOrderAreRefused() {
    VectorEnvironment environment = vector(Corridor::new, 1, 2);
    assertEquals(
        "\"test/env-v0\" must be reset or loaded first",
        assertThrows(IllegalStateException.class, () -> environment.step(actions(environment, 1)))
            .getMessage());
    environment.close();
    environment.close();
    assertEquals(
        "\"test/env-v0\" is closed",
        assertThrows(IllegalStateException.class, () -> environment.reset(1)).getMessage());
  }

  @Test
  void copiesOfDifferentSpecsAreRefusedAndClosed() {
    int[] closed = {0};
    int[] created = {0};
    assertRefused(
        "all copies of \"test/env-v0\" must have one spec, copy 0 has "
            + new Corridor().spec().withTimeLimit(1)
            + " and copy 1 has "
            + new Corridor().spec().withTimeLimit(2),
        () ->
            vector(
                () ->
                    new TimeLimit(
                        new Corridor() {
                          @Override
                          public void close() {
                            closed[0]++;
                          }
                        },
                        ++created[0]),
                3,
                1));
    assertEquals(2, closed[0]);
  }

  @Test
  void aCopyIsDrawn() {
    try (VectorEnvironment environment = vector(Slide::new, 2, 1)) {
      environment.reset(1);
      Frame frame = new Frame();
      assertTrue(environment.render(1, frame));
      assertEquals(14, frame.width());
      assertRefused("copy must be in 0 .. 1, got 2", () -> environment.render(2, frame));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stepsAllocateNothing(int threads) {
    try (VectorEnvironment environment = vector(Corridor::new, 8, threads)) {
      environment.reset(1);
      ActionBatch actions = actions(environment, 1, 1, 1, 0, 0, 1, 0, 1);
      Drive.allocatedBytes(environment, actions, 3_000);
      long bytes = Drive.allocatedBytes(environment, actions, 2_000);
      assertTrue(bytes < 2_000, () -> bytes + " bytes in 2,000 steps");
    }
  }
}
