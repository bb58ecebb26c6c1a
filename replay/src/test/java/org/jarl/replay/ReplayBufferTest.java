package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.Space.MultiDiscrete;
import org.jarl.env.StepBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplayBufferTest {
  private static final ReplaySettings CARTPOLE =
      new ReplaySettings(1000, EnvironmentSpec.of(Box.f32(4), new Discrete(2)), 1, 1, 0.99f);

  private static final EnvironmentSpec ATARI =
      EnvironmentSpec.of(Box.u8(84, 84, 4), new Discrete(6));

  private static ReplaySettings settings(int capacity, int count, int nStep) {
    return new ReplaySettings(
        capacity, EnvironmentSpec.of(Box.f32(1), new Discrete(2)), count, nStep, 0.5f);
  }

  private static ReplayBatch batch(ReplaySettings settings, int size) {
    return ReplayBatch.allocate(size, settings.spec(), Arena.ofAuto());
  }

  /// Every transition that can be drawn, as `observation: return, discount -> next`.
  private static Set<String> content(ReplayBuffer replay) {
    var batch = batch(replay.settings(), 64);
    var random = RandomStream.of(1, "content");
    var found = new TreeSet<String>();
    for (int draw = 0; draw < 20; draw++) {
      replay.sampleInto(random, batch);
      for (int i = 0; i < 64; i++) {
        found.add(
            "%s: %s, %s -> %s"
                .formatted(
                    number(batch.observations(), i),
                    number(batch.rewards(), i),
                    number(batch.discounts(), i),
                    number(batch.nextObservations(), i)));
      }
    }
    return found;
  }

  private static float number(MemorySegment memory, int i) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Two copies, gamma 0.5, three steps, all rewards powers of two. Copy 0 sees 0, 1, 2 and goes
  /// on; copy 1 sees 100, terminates at 101, restarts at 110, is truncated at 111 and restarts.
  private static ReplayBuffer twoCopies(int nStep) {
    var replay = new ReplayBuffer(settings(100, 2, nStep));
    var steps = FakeSteps.of(replay.settings());
    steps.see(0, 0);
    steps.see(1, 100);
    replay.begin(steps.batch);
    step(replay, steps, 1, 110, "terminated", 101);
    step(replay, steps, 2, 120, "truncated", 111);
    step(replay, steps, 3, 121, "", 0);
    step(replay, steps, 4, 122, "", 0);
    return replay;
  }

  /// Copy 0 sees `first` and goes on, copy 1 sees `second`; rewards are 1 and 8.
  private static void step(
      ReplayBuffer replay, FakeSteps steps, int first, int second, String end, int last) {
    steps.see(0, first);
    steps.see(1, second);
    steps.seeFinally(1, last);
    steps.batch.rewards()[0] = 1;
    steps.batch.rewards()[1] = 8;
    steps.batch.terminated()[1] = end.equals("terminated");
    steps.batch.truncated()[1] = end.equals("truncated");
    replay.add(steps.actions, steps.batch);
  }

  @Test
  void oneStepTransitionsEndWhereTheirEpisodeEnds() {
    try (var replay = twoCopies(1)) {
      assertEquals(
          new TreeSet<>(
              List.of(
                  "0.0: 1.0, 0.5 -> 1.0",
                  "1.0: 1.0, 0.5 -> 2.0",
                  "2.0: 1.0, 0.5 -> 3.0",
                  "3.0: 1.0, 0.5 -> 4.0",
                  "100.0: 8.0, 0.0 -> 101.0",
                  "110.0: 8.0, 0.5 -> 111.0",
                  "120.0: 8.0, 0.5 -> 121.0",
                  "121.0: 8.0, 0.5 -> 122.0")),
          content(replay));
    }
  }

  /// Worked by hand: 1 + 0.5 * 1 = 1.5 with gamma^2 = 0.25; 8 + 0.5 * 8 = 12; the terminated step
  /// has one reward and no discount, the truncated one has one reward and gamma.
  @Test
  void twoStepTransitionsStopAtEitherEnd() {
    try (var replay = twoCopies(2)) {
      assertEquals(
          new TreeSet<>(
              List.of(
                  "0.0: 1.5, 0.25 -> 2.0",
                  "1.0: 1.5, 0.25 -> 3.0",
                  "2.0: 1.5, 0.25 -> 4.0",
                  "100.0: 8.0, 0.0 -> 101.0",
                  "110.0: 8.0, 0.5 -> 111.0",
                  "120.0: 12.0, 0.25 -> 122.0")),
          content(replay));
    }
  }

  /// One copy, n 3, gamma 0.5, rewards 1 2 4, truncated with the third: 1 + 1 + 1 = 3 with 0.125, 2
  /// + 2 = 4 with 0.25, 4 with 0.5, all before the final observation 9.
  @Test
  void truncatedEndBootstrapsEveryOpenStepFromItsFinalObservation() {
    try (var replay = endedEpisode(false)) {
      assertEquals(
          new TreeSet<>(
              List.of("0.0: 3.0, 0.125 -> 9.0", "1.0: 4.0, 0.25 -> 9.0", "2.0: 4.0, 0.5 -> 9.0")),
          content(replay));
    }
  }

  @Test
  void terminatedEndBootstrapsNoOpenStep() {
    try (var replay = endedEpisode(true)) {
      assertEquals(
          new TreeSet<>(
              List.of("0.0: 3.0, 0.0 -> 9.0", "1.0: 4.0, 0.0 -> 9.0", "2.0: 4.0, 0.0 -> 9.0")),
          content(replay));
    }
  }

  /// An episode of three steps, and two steps of the next so that all three can be drawn. Where the
  /// task ends at the very step of the limit both flags are set, and the task's end counts.
  private static ReplayBuffer endedEpisode(boolean terminated) {
    var replay = new ReplayBuffer(settings(3, 1, 3));
    var steps = FakeSteps.of(replay.settings());
    steps.see(0, 0);
    replay.begin(steps.batch);
    for (int t = 0; t < 5; t++) {
      steps.see(0, t == 2 ? 50 : t + 1);
      steps.seeFinally(0, 9);
      steps.batch.rewards()[0] = 1 << t;
      steps.batch.terminated()[0] = terminated && t == 2;
      steps.batch.truncated()[0] = t == 2;
      replay.add(steps.actions, steps.batch);
    }
    return replay;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void agreesWithNaiveReplay(int seed) {
    var random = new SplittableRandom(seed);
    var observations = random.nextBoolean() ? Box.f32(1 + random.nextInt(5)) : Box.u8(3, 3, 1);
    Space actions =
        switch (random.nextInt(3)) {
          case 0 -> new Discrete(5);
          case 1 -> new MultiDiscrete(List.of(5, 5));
          default -> Box.bounded(-1f, 1f, 3);
        };
    var spec = EnvironmentSpec.of(observations, actions);
    var settings =
        new ReplaySettings(
            seed <= 3 ? seed : 1 + random.nextInt(40),
            actions instanceof Discrete && seed % 4 > 0 ? spec.withActionMask() : spec,
            1 + random.nextInt(5),
            1 + random.nextInt(5),
            random.nextFloat());
    var naive = new NaiveReplay(settings);
    var steps = FakeSteps.of(settings);
    var drawn = RandomStream.of(seed, "replay");
    var drawnNaively = RandomStream.of(seed, "replay");
    var batch = batch(settings, seed == 4 ? 300 : 25);
    try (var replay = new ReplayBuffer(settings)) {
      steps.randomize(random);
      replay.begin(steps.batch);
      naive.begin(steps.batch);
      for (int step = 0; step < 200; step++) {
        steps.randomize(random);
        replay.add(steps.actions, steps.batch);
        naive.add(steps.actions, steps.batch);
        assertEquals(naive.size(), replay.size());
        if (naive.size() > 0) {
          replay.sampleInto(drawn, batch);
          for (int i = 0; i < batch.size(); i++) {
            assertEquals(
                naive.sample(drawnNaively),
                naive.row(batch, i),
                () -> "seed " + seed + ", " + settings);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 10, 57})
  void goesOnBitForBitAfterLoad(int stepsBefore) {
    var settings =
        new ReplaySettings(20, EnvironmentSpec.of(Box.u8(5), new Discrete(5)), 3, 3, 0.9f);
    var steps = FakeSteps.of(settings);
    var random = new SplittableRandom(stepsBefore);
    try (var whole = new ReplayBuffer(settings);
        var loaded = new ReplayBuffer(settings)) {
      steps.randomize(random);
      whole.begin(steps.batch);
      for (int step = 0; step < stepsBefore; step++) {
        steps.randomize(random);
        whole.add(steps.actions, steps.batch);
      }
      var drawn = RandomStream.of(1, "replay");
      drawn.nextInt();
      var drawnLoaded = RandomStream.of(2, "replay");
      Bytes.load(Bytes.save(whole, drawn), loaded, drawnLoaded);
      assertTrue(loaded.hasBegun());
      var expected = batch(settings, 16);
      var actual = batch(settings, 16);
      for (int step = 0; step < 40; step++) {
        steps.randomize(random);
        whole.add(steps.actions, steps.batch);
        loaded.add(steps.actions, steps.batch);
        assertArrayEquals(Bytes.save(whole), Bytes.save(loaded));
        if (whole.size() > 0) {
          whole.sampleInto(drawn, expected);
          loaded.sampleInto(drawnLoaded, actual);
          assertEquals(-1, expected.observations().mismatch(actual.observations()));
          assertEquals(-1, expected.actions().mismatch(actual.actions()));
          assertEquals(-1, expected.rewards().mismatch(actual.rewards()));
          assertEquals(-1, expected.discounts().mismatch(actual.discounts()));
          assertEquals(-1, expected.nextObservations().mismatch(actual.nextObservations()));
        }
      }
    }
  }

  @Test
  void savedStateHoldsOnlyWhatIsUsed() {
    var small = settings(10, 1, 1);
    var large = settings(1_000_000, 1, 1);
    try (var a = new ReplayBuffer(small);
        var b = new ReplayBuffer(large)) {
      var steps = FakeSteps.of(small);
      a.begin(steps.batch);
      b.begin(steps.batch);
      for (int i = 0; i < 5; i++) {
        a.add(steps.actions, steps.batch);
        b.add(steps.actions, steps.batch);
      }
      assertEquals(Bytes.save(a).length, Bytes.save(b).length);
    }
  }

  @Test
  void aStateOfOtherSettingsIsRefused() {
    try (var saved = new ReplayBuffer(settings(10, 1, 3));
        var other = new ReplayBuffer(settings(10, 1, 1))) {
      byte[] bytes = Bytes.save(saved);
      var e = assertThrows(IllegalArgumentException.class, () -> Bytes.load(bytes, other));
      assertEquals(
          "the saved replay buffer has nStep 3, this one 1: it was written by another"
              + " configuration",
          e.getMessage());
    }
  }

  @Test
  void bytesAreKnownBeforeCreation() {
    var atari = new ReplaySettings(100, ATARI, 8, 3, 0.99f);
    assertEquals((100 + 3 * 8) * (2 * 84 * 84 * 4 + 12), ReplayMemory.bytes(atari));
    try (var replay = new ReplayBuffer(atari)) {
      assertEquals(ReplayMemory.bytes(atari), replay.offHeapBytes());
    }
    assertEquals(1001 * 44, ReplayMemory.bytes(CARTPOLE));
  }

  @Test
  void memoryThatIsNotToBeHadIsRefusedWithNumbers() {
    var settings = new ReplaySettings(2_000_000_000, ATARI, 1, 1, 0.99f);
    var e = assertThrows(IllegalArgumentException.class, () -> new ReplayBuffer(settings));
    String message = String.valueOf(e.getMessage());
    assertTrue(
        message.startsWith(
            "a replay capacity of 2,000,000,000 transitions takes 105,164.9 GiB outside the heap"
                + " (56,460 bytes each), and of this machine's "),
        message);
    var million = new ReplaySettings(1_000_000, ATARI, 1, 1, 0.99f);
    assertEquals(
        "a replay capacity of 1,000,000 transitions takes 52.6 GiB outside the heap (56,460 bytes"
            + " each), and of this machine's 8.0 GiB a replay buffer may take 7.0 GiB: set a"
            + " capacity of at most 133,123",
        assertThrows(
                IllegalArgumentException.class, () -> ReplayMemory.requireFits(million, 8L << 30))
            .getMessage());
    assertEquals(
        "a replay capacity of 1,000,000 transitions takes 52.6 GiB outside the heap (56,460 bytes"
            + " each), and this JVM may use 2.0 GiB there: set a capacity of at most 38,034, or"
            + " give the JVM -XX:MaxDirectMemorySize=54356m",
        ReplayMemory.notToBeHad(million, 2L << 30));
    assertEquals(
        "a replay capacity of 1,000,000 transitions takes 52.6 GiB outside the heap (56,460 bytes"
            + " each), and the system did not give them: set a smaller capacity or end other"
            + " programs",
        ReplayMemory.notToBeHad(million, 64L << 40));
    assertEquals(
        "not even one would fit",
        ReplayMemory.notToBeHad(million, 50_000).replaceAll(".*there: |, or give.*", ""));
  }

  @Test
  void impossibleSettingsAreRefused() {
    assertSettings("replay capacity must be at least 1, got 0", 0, 1, 1, 0.5f);
    assertSettings("replay count must be at least 1, got 0", 1, 0, 1, 0.5f);
    assertSettings("replay nStep must be at least 1, got -1", 1, 1, -1, 0.5f);
    assertSettings("replay gamma must be in [0, 1], got 1.5", 1, 1, 1, 1.5f);
    assertSettings("replay gamma must be in [0, 1], got NaN", 1, 1, 1, Float.NaN);
    assertSettings(
        "replay capacity + count * nStep must be at most 2147483647, got 2147483647 + 1 * 1",
        Integer.MAX_VALUE,
        1,
        1,
        0.5f);
  }

  private static void assertSettings(
      String message, int capacity, int count, int nStep, float gamma) {
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                new ReplaySettings(
                    capacity,
                    EnvironmentSpec.of(Box.f32(1), new Discrete(2)),
                    count,
                    nStep,
                    gamma));
    assertEquals(message, e.getMessage());
  }

  @Test
  void callsOutOfOrderAreRefused() {
    try (var replay = new ReplayBuffer(settings(10, 1, 2))) {
      var steps = FakeSteps.of(replay.settings());
      assertFalse(replay.hasBegun());
      var e =
          assertThrows(IllegalStateException.class, () -> replay.add(steps.actions, steps.batch));
      assertEquals("the replay buffer needs begin(...) before the first add", e.getMessage());
      replay.begin(steps.batch);
      e = assertThrows(IllegalStateException.class, () -> replay.begin(steps.batch));
      assertEquals(
          "the replay buffer has begun already: call begin only where hasBegun() is false",
          e.getMessage());
      replay.add(steps.actions, steps.batch);
      e =
          assertThrows(
              IllegalStateException.class,
              () -> replay.sampleInto(RandomStream.of(1, "x"), batch(replay.settings(), 4)));
      assertEquals(
          "the replay buffer is empty: it can be sampled after nStep = 2 steps, got 1",
          e.getMessage());
    }
  }

  @Test
  void arraysOfOtherSizesAreRefused() {
    var settings =
        new ReplaySettings(
            10, EnvironmentSpec.of(Box.f32(4), new MultiDiscrete(List.of(3, 3))), 2, 1, 0.9f);
    try (var replay = new ReplayBuffer(settings)) {
      var good = FakeSteps.of(settings);
      var three = new FakeSteps(settings.observationSpace(), settings.spec().actionSpace(), 3);
      assertRefused(
          "the replay buffer needs observations of 2 x F32 [4] (32 bytes), got 48 bytes",
          () -> replay.begin(three.batch));
      replay.begin(good.batch);
      assertRefused(
          "the replay buffer needs indices [2, 2] of actions, got 0 numbers",
          () -> replay.add(new ActionBatch(Box.f32(2), 2), good.batch));
      assertRefused(
          "the replay buffer needs rewards [2], got [3]",
          () ->
              replay.add(
                  good.actions,
                  new StepBatch(
                      good.batch.observations(),
                      good.batch.finalObservations(),
                      three.batch.rewards(),
                      good.batch.scores(),
                      good.batch.terminated(),
                      good.batch.truncated(),
                      good.batch.lifeLost(),
                      good.batch.legalActions(),
                      good.batch.finalLegalActions())));
      replay.add(good.actions, good.batch);
      assertSample(
          "ReplayBatch.observations must hold 8 x F32 [4] (128 bytes), got 160 bytes",
          replay,
          Box.f32(5),
          settings.spec().actionSpace());
      assertSample(
          "ReplayBatch.actions must hold 8 x actions [2] (64 bytes), got 32 bytes",
          replay,
          Box.f32(4),
          new Discrete(3));
    }
  }

  private static void assertSample(
      String message, ReplayBuffer replay, Box observations, Space actions) {
    var batch = ReplayBatch.allocate(8, EnvironmentSpec.of(observations, actions), Arena.ofAuto());
    assertRefused(message, () -> replay.sampleInto(RandomStream.of(1, "x"), batch));
  }

  private static void assertRefused(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void batchChecksItsOwnSizes() {
    var memory = Arena.ofAuto().allocate(16);
    assertRefused(
        "ReplayBatch.rewards must hold 3 x f32 (12 bytes), got 16 bytes",
        () -> new ReplayBatch(3, memory, memory, memory, memory, memory));
  }

  @Test
  void addingAndSamplingAllocateNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var random = RandomStream.of(1, "replay");
    var batch = batch(CARTPOLE, 128);
    var steps = FakeSteps.of(CARTPOLE);
    try (var replay = new ReplayBuffer(CARTPOLE)) {
      replay.begin(steps.batch);
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
