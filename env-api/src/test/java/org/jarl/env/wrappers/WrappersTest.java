package org.jarl.env.wrappers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Corridor;
import org.jarl.env.Drive;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.MemoryState;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Slide;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.check.StackedSlide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class WrappersTest {
  /// Counts up: the observation of step `t` of episode `e` is `(10 e + t, -t)`, the reward `3 - t`.
  /// Terminates after 3 steps in even episodes, truncates after 2 in odd ones.
  private static class Counter implements Environment {
    private int episode = -1;
    private int time;

    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(
          Space.Box.bounded(new float[] {0, -4}, new float[] {1000, 4}), new Space.Discrete(1));
    }

    @Override
    public void reset(RandomStream random, Observation out) {
      episode++;
      time = 0;
      write(out);
    }

    void write(Observation out) {
      out.set(0, value());
      out.set(1, -time);
    }

    final int value() {
      return 10 * episode + time;
    }

    @Override
    public void step(Action action, Step out) {
      time++;
      write(out.observation());
      out.reward(3 - time);
      if (episode % 2 == 0 && time == 3) {
        out.terminate(-5);
      } else if (episode % 2 == 1 && time == 2) {
        out.truncate();
      }
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(episode);
      to.putInt(time);
    }

    @Override
    public void load(StateReader from) {
      episode = from.getInt();
      time = from.getInt();
    }
  }

  /// A picture of 1 x 2 pixels with one channel: `v` and `v + 100`.
  private static final class Pixels extends Counter {
    @Override
    public EnvironmentSpec spec() {
      return EnvironmentSpec.of(Space.Box.u8(1, 2, 1), new Space.Discrete(1));
    }

    @Override
    void write(Observation out) {
      out.set(0, value());
      out.set(1, value() + 100);
    }
  }

  private static VectorEnvironment counters(int count) {
    return new ThreadedVectorEnvironment("test/counter-v0", Counter::new, count, 1);
  }

  private static StepBatch step(VectorEnvironment environment) {
    return environment.step(new ActionBatch(environment.spec().actionSpace(), environment.count()));
  }

  private static float[] floats(MemorySegment rows) {
    return rows.toArray(ValueLayout.JAVA_FLOAT);
  }

  private static byte[] bytes(MemorySegment rows) {
    return rows.toArray(ValueLayout.JAVA_BYTE);
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void rewardsBecomeTheirSignOrStayWithinBounds() {
    try (VectorEnvironment sign = RewardClip.sign(counters(1));
        VectorEnvironment range = RewardClip.range(counters(1), -2f, 1.5f)) {
      sign.reset(1);
      range.reset(1);
      assertEquals(1f, step(sign).rewards()[0]);
      assertEquals(1.5f, step(range).rewards()[0]);
      assertEquals(1f, step(sign).rewards()[0]);
      assertEquals(1f, step(range).rewards()[0]);
      assertEquals(-1f, step(sign).rewards()[0]);
      assertEquals(-2f, step(range).rewards()[0]);
      assertTrue(sign.current().terminated()[0]);
    }
  }

  /// First element by 1000, second from [-4, 4]: -1 becomes 0.375, -3 becomes 0.125.
  @Test
  void observationsAreScaledFromTheirBoundsFinalOnesToo() {
    try (VectorEnvironment environment = ObservationScale.toUnit(counters(1))) {
      assertEquals(
          Space.Box.bounded(new float[] {0, 0}, new float[] {1, 1}),
          environment.spec().observationSpace());
      StepBatch batch = environment.reset(1);
      assertArrayEquals(new float[] {0, 0.5f}, floats(batch.observations()));
      step(environment);
      assertArrayEquals(new float[] {0.001f, 0.375f}, floats(batch.observations()));
      step(environment);
      step(environment);
      assertArrayEquals(new float[] {0.003f, 0.125f}, floats(batch.finalObservations()));
      assertArrayEquals(new float[] {0.01f, 0.5f}, floats(batch.observations()));
    }
  }

  @Test
  void picturesAreScaledToNumbersBetweenZeroAndOne() {
    try (VectorEnvironment environment =
        ObservationScale.toUnit(
            new ThreadedVectorEnvironment("test/pixels-v0", Pixels::new, 1, 1))) {
      StepBatch batch = environment.reset(1);
      assertEquals(List.of(1, 2, 1), environment.spec().observationSpace().shape());
      assertArrayEquals(new float[] {0, 100 / 255f}, floats(batch.observations()));
    }
  }

  @Test
  void scalingNeedsFiniteBoundsAndAPositiveScale() {
    try (VectorEnvironment corridor =
        new ThreadedVectorEnvironment("test/corridor-v0", Corridor::new, 1, 1)) {
      assertRefused(
          "scaling to [0, 1] needs finite bounds, element 0 has [-Infinity, Infinity];"
              + " give shift and scale, or use NormalizeObservation",
          () -> ObservationScale.toUnit(corridor));
      assertRefused(
          "ObservationScale needs a finite shift and a scale above 0, got 0.0 and 0.0 at element 0",
          () -> new ObservationScale(corridor, new float[1], new float[1]));
      assertRefused(
          "ObservationScale needs 1 numbers of shift and scale, got 2 and 1",
          () -> new ObservationScale(corridor, new float[2], new float[1]));
    }
  }

  /// Two copies see 0 and 0, then 1 and 1: mean 0.5, variance 0.25 (the beginning weighs 1e-4).
  @Test
  void observationsAreNormalizedByWhatWasSeen() {
    NormalizeObservation environment = new NormalizeObservation(counters(2), 10f);
    try (environment) {
      environment.reset(1);
      StepBatch batch = step(environment);
      RunningStatistics statistics = environment.statistics();
      assertEquals(4.0001, statistics.count(), 1e-9);
      assertEquals(0.5, statistics.mean(0), 1e-4);
      assertEquals(0.25, statistics.variance(0), 1e-4);
      assertEquals(1f, floats(batch.observations())[0], 1e-3f);
      assertEquals(-1f, floats(batch.observations())[3], 1e-3f);
    }
  }

  /// After 3 steps: 0, 1, 2, the final 3 and the next episode's 10 were counted.
  @Test
  void finalObservationsAreCountedAndNormalized() {
    NormalizeObservation environment = new NormalizeObservation(counters(1), 10f);
    try (environment) {
      environment.reset(1);
      step(environment);
      step(environment);
      StepBatch batch = step(environment);
      double mean = 16 / 5.0;
      double variance = (0 + 1 + 4 + 9 + 100) / 5.0 - mean * mean;
      assertEquals(5.0001, environment.statistics().count(), 1e-9);
      assertEquals(mean, environment.statistics().mean(0), 1e-3);
      assertEquals(variance, environment.statistics().variance(0), 1e-2);
      assertEquals((3 - mean) / Math.sqrt(variance), floats(batch.finalObservations())[0], 1e-3);
      assertEquals((10 - mean) / Math.sqrt(variance), floats(batch.observations())[0], 1e-3);
    }
  }

  @Test
  void frozenStatisticsOfAPolicyAreUsedAsTheyAre() {
    NormalizeObservation environment = new NormalizeObservation(counters(1), 2f);
    try (environment) {
      RunningStatistics learned = new RunningStatistics(2);
      learned.set(100, new double[] {-1, 0}, new double[] {4, 1});
      environment.statistics().set(learned);
      environment.freeze(true);
      StepBatch batch = environment.reset(1);
      assertArrayEquals(new float[] {0.5f, 0}, floats(batch.observations()), 1e-6f);
      step(environment);
      step(environment);
      step(environment);
      assertArrayEquals(new float[] {2f, -2f}, floats(batch.finalObservations()), 1e-6f);
      assertEquals(100, environment.statistics().count());
    }
  }

  @Test
  void statisticsAgreeWithTwoPassesOverTheData() {
    RunningStatistics statistics = new RunningStatistics(1);
    RandomStream random = RandomStream.of(1, "data");
    double[] data = new double[1000];
    double sum = 0;
    for (int i = 0; i < data.length; i++) {
      data[i] = 1e4 + random.nextGaussian();
      sum += data[i];
      statistics.add(new double[] {data[i]});
    }
    double mean = sum / data.length;
    double squares = 0;
    for (double value : data) {
      squares += (value - mean) * (value - mean);
    }
    assertEquals(mean, statistics.mean(0), 1e-2);
    // The beginning, 1e-4 of a sample at 0, is 1e4 away: it adds 1e-4 * 1e8 / 1000 = 10.
    assertEquals(squares / data.length + 10, statistics.variance(0), 0.1);
    assertRefused(
        "RunningStatistics.count must be greater than 0, got 0.0",
        () -> statistics.set(0, new double[1], new double[1]));
    assertRefused(
        "RunningStatistics watches 1 numbers, got 2 in sample",
        () -> statistics.add(new double[2]));
  }

  /// gamma 0.5, rewards 2, 1, -5, then 2, 1: returns 2, 2, -4 | 2, 2 (both ends begin anew).
  @Test
  void rewardsAreDividedByTheDeviationOfTheDiscountedReturn() {
    NormalizeReward environment = new NormalizeReward(counters(1), 0.5, 10f);
    try (environment) {
      environment.reset(1);
      for (int i = 0; i < 4; i++) {
        step(environment);
      }
      StepBatch batch = step(environment);
      double mean = (2 + 2 - 4 + 2 + 2) / 5.0;
      double variance = (4 + 4 + 16 + 4 + 4) / 5.0 - mean * mean;
      assertTrue(batch.truncated()[0]);
      assertEquals(mean, environment.statistics().mean(0), 1e-3);
      assertEquals(variance, environment.statistics().variance(0), 1e-3);
      assertEquals(1 / Math.sqrt(variance), batch.rewards()[0], 1e-3);
      step(environment);
      assertEquals((2 + 2 - 4 + 2 + 2 + 2) / 6.0, environment.statistics().mean(0), 1e-3);
    }
  }

  @Test
  void stacksNeverCrossTheBorderOfEpisodes() {
    try (VectorEnvironment environment = new FrameStack(counters(1), 3)) {
      assertEquals(List.of(3, 2), environment.spec().observationSpace().shape());
      assertEquals(
          new EnvironmentSpec.Stacking(3, EnvironmentSpec.Padding.FIRST),
          environment.spec().stacking());
      assertEquals(-4f, environment.spec().observationSpace().low(5));
      StepBatch batch = environment.reset(1);
      assertArrayEquals(new float[] {0, 0, 0, 0, 0, 0}, floats(batch.observations()));
      step(environment);
      assertArrayEquals(new float[] {0, 0, 0, 0, 1, -1}, floats(batch.observations()));
      step(environment);
      step(environment);
      assertArrayEquals(new float[] {1, -1, 2, -2, 3, -3}, floats(batch.finalObservations()));
      assertArrayEquals(new float[] {10, 0, 10, 0, 10, 0}, floats(batch.observations()));
      step(environment);
      assertArrayEquals(new float[] {10, 0, 10, 0, 11, -1}, floats(batch.observations()));
    }
  }

  @Test
  void stacksStayStacksWhereAllFramesAreScaledAlike() {
    Stacking first = new Stacking(2, EnvironmentSpec.Padding.FIRST);
    assertEquals(first, scaledStack(1, 1, 1, 1));
    assertEquals(Stacking.NONE, scaledStack(1, 1, 1, 2));
    try (VectorEnvironment environment =
        ObservationScale.toUnit(
            new ThreadedVectorEnvironment(
                "test/stacks-v0",
                () ->
                    new StackedSlide(EnvironmentSpec.Padding.ZEROS) {
                      @Override
                      public EnvironmentSpec spec() {
                        EnvironmentSpec spec = super.spec();
                        return spec.withStacking(Space.Box.bounded(-1, 7, 3, 2), spec.stacking());
                      }
                    },
                1,
                1))) {
      assertEquals(Stacking.NONE, environment.spec().stacking());
    }
    try (VectorEnvironment environment =
        new NormalizeObservation(new FrameStack(counters(1), 2), 10f)) {
      assertEquals(Stacking.NONE, environment.spec().stacking());
    }
  }

  private static Stacking scaledStack(float... shift) {
    try (VectorEnvironment environment =
        new ObservationScale(new FrameStack(counters(1), 2), shift, new float[] {2, 3, 2, 3})) {
      return environment.spec().stacking();
    }
  }

  @Test
  void picturesAreStackedAlongAFirstAxis() {
    try (VectorEnvironment environment =
        new FrameStack(new ThreadedVectorEnvironment("test/pixels-v0", Pixels::new, 2, 1), 2)) {
      assertEquals(List.of(2, 1, 2, 1), environment.spec().observationSpace().shape());
      StepBatch batch = environment.reset(1);
      assertArrayEquals(new byte[] {0, 100, 0, 100, 0, 100, 0, 100}, bytes(batch.observations()));
      step(environment);
      assertArrayEquals(new byte[] {0, 100, 1, 101, 0, 100, 1, 101}, bytes(batch.observations()));
      step(environment);
      step(environment);
      assertArrayEquals(
          new byte[] {2, 102, 3, 103, 2, 102, 3, 103}, bytes(batch.finalObservations()));
      assertArrayEquals(
          new byte[] {10, 110, 10, 110, 10, 110, 10, 110}, bytes(batch.observations()));
    }
  }

  /// Episodes return 2 + 1 - 5 = -2 in 3 steps and 2 + 1 = 3 in 2 steps, in turn.
  @Test
  void returnsAndLengthsOfEpisodesAreCounted() {
    EpisodeStatistics environment = new EpisodeStatistics(counters(2));
    try (environment) {
      environment.reset(1);
      assertTrue(Double.isNaN(environment.meanReturn()));
      for (int i = 0; i < 3; i++) {
        step(environment);
      }
      assertEquals(2, environment.episodes());
      assertEquals(-2, environment.lastReturn(1));
      assertEquals(3, environment.lastLength(1));
      step(environment);
      step(environment);
      assertEquals(4, environment.episodes());
      assertEquals(3, environment.lastReturn(0));
      assertEquals(0.5, environment.meanReturn());
      assertEquals(2.5, environment.meanLength());
      for (int i = 0; i < 5 * 40; i++) {
        step(environment);
      }
      assertEquals(164, environment.episodes());
      assertEquals(100, environment.recentEpisodes());
      assertEquals(0.5, environment.meanReturn());
    }
  }

  private static VectorEnvironment slides(int threads) {
    return new ThreadedVectorEnvironment("test/slide-v0", Slide::new, 3, threads);
  }

  static List<UnaryOperator<VectorEnvironment>> wrappers() {
    return List.of(
        RewardClip::sign,
        inner -> RewardClip.range(inner, -0.05f, 0.5f),
        ObservationScale::toUnit,
        inner -> new NormalizeObservation(inner, 5f),
        inner -> new NormalizeReward(inner, 0.99, 10f),
        inner -> new FrameStack(inner, 4),
        EpisodeStatistics::new,
        inner ->
            new NormalizeReward(
                new FrameStack(new NormalizeObservation(new EpisodeStatistics(inner), 10f), 2),
                0.9,
                5f));
  }

  @ParameterizedTest
  @MethodSource("wrappers")
  void aLoadedWrapperGoesOnBitForBit(UnaryOperator<VectorEnvironment> wrap) {
    try (VectorEnvironment first = wrap.apply(slides(1));
        VectorEnvironment second = wrap.apply(slides(2))) {
      first.reset(4);
      Drive.drive(first, RandomStream.of(1, "before"), 77);
      byte[] state = MemoryState.save(first);
      MemoryState.load(state, second);
      assertArrayEquals(MemoryState.save(first.current()), MemoryState.save(second.current()));
      assertArrayEquals(state, MemoryState.save(second));
      Drive.assertEqual(
          Drive.drive(first, RandomStream.of(2, "after"), 100),
          Drive.drive(second, RandomStream.of(2, "after"), 100));
      assertArrayEquals(MemoryState.save(first), MemoryState.save(second));
    }
  }

  @ParameterizedTest
  @MethodSource("wrappers")
  void wrappersAllocateNothingPerStep(UnaryOperator<VectorEnvironment> wrap) {
    VectorEnvironment inner = new ThreadedVectorEnvironment("test/counter-v0", Counter::new, 3, 1);
    try (VectorEnvironment environment = wrap.apply(inner)) {
      environment.reset(1);
      ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), 3);
      Drive.allocatedBytes(environment, actions, 3_000);
      long bytes = Drive.allocatedBytes(environment, actions, 2_000);
      assertTrue(bytes < 2_000, () -> bytes + " bytes in 2,000 steps");
    }
  }
}
