package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jarl.agents.Policy;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jarl.env.ThreadedVectorEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EvaluationTest {
  private static final int COPIES = 3;

  /// Shows the step of the episode, which ends one way or the other after 1 to 6 of them.
  private static final class Clock implements Environment {
    private int step;
    private int end;

    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.bounded(0f, 6f, 1), new Space.Discrete(2));
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      step = 0;
      end = 1 + random.nextInt(6);
      out.set(0, step);
    }

    @Override
    public void step(Action action, Step out) {
      out.observation().set(0, ++step);
      out.reward(1);
      if (step == end && end % 2 == 0) {
        out.terminate(1);
      } else if (step == end) {
        out.truncate();
      }
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(step);
      to.putInt(end);
    }

    @Override
    public void load(StateReader from) {
      step = from.getInt();
      end = from.getInt();
    }
  }

  /// A memory that counts the steps of the episode, as the clock does.
  private static final class Counting implements Policy {
    private final int[] counted = {-1, -1, -1};
    private int begun;

    @Override
    public void act(
        MemorySegment observations, boolean[] legal, RandomStream random, ActionBatch out) {
      float[] shown = observations.toArray(ValueLayout.JAVA_FLOAT);
      for (int copy = 0; copy < COPIES; copy++) {
        assertEquals((int) shown[copy], counted[copy], "copy " + copy);
        counted[copy]++;
      }
    }

    @Override
    public void begin(int copy) {
      counted[copy] = 0;
      begun++;
    }

    @Override
    public void close() {}
  }

  private static ThreadedVectorEnvironment clocks() {
    return new ThreadedVectorEnvironment("toy/clock-v0", Clock::new, COPIES, 1);
  }

  /// The second evaluation begins while episodes of the first are under way.
  @ParameterizedTest
  @ValueSource(floats = {0, 0.5f})
  void aPolicyWithAMemoryForgetsBeforeEveryEpisode(float epsilon) {
    Counting counting = new Counting();
    try (ThreadedVectorEnvironment clocks = clocks();
        Policy policy = RandomizedPolicy.of(counting, epsilon, clocks.spec())) {
      for (int evaluation = 1; evaluation <= 2; evaluation++) {
        assertNotNull(
            Evaluation.play(
                policy, clocks, new Evaluation.Plan(20, 100_000, 1, evaluation), () -> false));
        int begun = counting.begun;
        assertTrue(begun >= evaluation * (COPIES + 20), "begun " + begun);
      }
    }
  }

  @Test
  void theSameSeedAndStepPlayTheSameEpisodesAndOthersOthers() {
    try (ThreadedVectorEnvironment clocks = clocks()) {
      double[] returns = returns(clocks, 0);
      assertEquals(40, returns.length);
      assertArrayEquals(returns, returns(clocks, 0));
      assertFalse(Arrays.equals(returns, returns(clocks, 100)));
    }
  }

  private static double[] returns(ThreadedVectorEnvironment clocks, long agentSteps) {
    Evaluation played =
        Evaluation.play(
            new Counting(), clocks, new Evaluation.Plan(40, 100_000, 1, agentSteps), () -> false);
    return Objects.requireNonNull(played).returns();
  }

  @Test
  void aStoppedEvaluationHasNoResult() {
    try (ThreadedVectorEnvironment clocks = clocks()) {
      assertNull(
          Evaluation.play(
              new Counting(), clocks, new Evaluation.Plan(40, 100_000, 1, 0), () -> true));
    }
  }

  /// Shows nothing and never ends.
  private static final class Endless implements Environment {
    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.bounded(0f, 6f, 1), new Space.Discrete(2));
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      out.set(0, 0);
    }

    @Override
    public void step(Action action, Step out) {
      out.observation().set(0, 0);
      out.reward(2);
    }

    @Override
    public void save(StateWriter to) {}

    @Override
    public void load(StateReader from) {}
  }

  @Test
  void episodesThatNeverEndAreCutAndCounted() {
    try (var endless = new ThreadedVectorEnvironment("toy/endless-v0", Endless::new, 2, 1);
        Policy policy = RandomizedPolicy.of(new Still(), 0, endless.spec())) {
      Evaluation played =
          Evaluation.play(policy, endless, new Evaluation.Plan(5, 30, 1, 0), () -> false);
      assertNotNull(played);
      assertEquals(5, played.cut());
      assertArrayEquals(new double[] {60, 60, 60, 60, 60}, played.returns());
    }
    try (ThreadedVectorEnvironment clocks = clocks()) {
      Evaluation played =
          Evaluation.play(new Counting(), clocks, new Evaluation.Plan(40, 7, 1, 0), () -> false);
      assertNotNull(played);
      assertEquals(0, played.cut());
      assertArrayEquals(returns(clocks, 0), played.returns());
    }
  }

  private static final class Still implements Policy {
    @Override
    public void act(
        MemorySegment observations, boolean[] legal, RandomStream random, ActionBatch out) {
      Arrays.fill(out.indices(), 0);
    }

    @Override
    public void close() {}
  }
}
