package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.Space.MultiDiscrete;
import org.jarl.env.StateWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// [ReplayBuffer] with observations that are stacks.
class FrameStoreTest {
  private static final EnvironmentSpec ATARI =
      stacked(Box.u8(4, 84, 84), new Discrete(6), Padding.ZEROS);

  private static EnvironmentSpec stacked(Box space, Space actions, Padding padding) {
    return EnvironmentSpec.of(space, actions)
        .withStacking(space, new Stacking(space.shape().getFirst(), padding));
  }

  private static ReplayBatch batch(ReplaySettings settings, int size) {
    return ReplayBatch.allocate(size, settings.spec(), Arena.ofAuto());
  }

  /// A buffer of random shape, small enough that its ring is soon full, and how often its episodes
  /// end.
  private static ReplaySettings randomSettings(SplittableRandom random) {
    int depth = 2 + random.nextInt(4);
    Box space = random.nextBoolean() ? Box.f32(depth, 1 + random.nextInt(3)) : Box.u8(depth, 1, 3);
    Space actions =
        switch (random.nextInt(3)) {
          case 0 -> new Discrete(5);
          case 1 -> new MultiDiscrete(List.of(5, 5));
          default -> Box.bounded(-1f, 1f, 3);
        };
    Padding padding = random.nextBoolean() ? Padding.ZEROS : Padding.FIRST;
    EnvironmentSpec spec = stacked(space, actions, padding);
    boolean masks = actions instanceof Discrete && random.nextBoolean();
    return new ReplaySettings(
        1 + random.nextInt(60),
        masks ? spec.withActionMask() : spec,
        1 + random.nextInt(5),
        1 + random.nextInt(5),
        random.nextFloat());
  }

  /// 200 buffers, 200 steps each and 30 transitions after each: more than a million.
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void agreesWithNaiveReplay(int part) {
    for (int seed = 25 * part; seed < 25 * part + 25; seed++) {
      var random = new SplittableRandom(seed);
      double endsPerStep = new double[] {0, 0.02, 0.3, 1}[random.nextInt(4)];
      compare(seed, randomSettings(random), 200, 30, 1, endsPerStep);
    }
  }

  /// Adds steps to a buffer and to a naive one, draws from both, and moves the buffer to another
  /// one by saving and loading somewhere on the way.
  private static void compare(
      int seed,
      ReplaySettings settings,
      int stepCount,
      int batchSize,
      int samplePeriod,
      double endsPerStep) {
    var random = new SplittableRandom(seed);
    var naive = new NaiveReplay(settings);
    var steps = new StackedSteps(settings);
    var drawn = RandomStream.of(seed, "replay");
    var drawnNaively = RandomStream.of(seed, "replay");
    var drawnAsIndices = RandomStream.of(seed, "replay");
    var batch = batch(settings, batchSize);
    var indices = new Indices(settings, batchSize);
    int moved = random.nextInt(stepCount);
    var replay = new ReplayBuffer(settings);
    indices.listen(replay);
    try {
      steps.begin();
      replay.begin(steps.batch);
      naive.begin(steps.batch);
      for (int step = 0; step < stepCount; step++) {
        steps.step(random, endsPerStep);
        replay.add(steps.actions, steps.batch);
        naive.add(steps.actions, steps.batch);
        if (step == moved) {
          replay = moved(replay, indices);
        }
        int size = replay.size();
        int least = endsPerStep == 0 ? naive.size() : Math.min(naive.size(), settings.count());
        assertTrue(size >= least && size <= naive.size(), "seed " + seed + ", " + settings);
        if (size > 0 && step % samplePeriod == 0) {
          replay.sampleInto(drawn, batch);
          ReplayBatch taken = indices.sample(replay, drawnAsIndices);
          for (int i = 0; i < batchSize; i++) {
            assertEquals(
                naive.transition(size, drawnNaively.nextInt(size)),
                naive.row(batch, i),
                () -> "seed " + seed + ", " + settings);
          }
          assertSame(batch, taken, "indices, seed " + seed + ", " + settings);
        }
      }
    } finally {
      replay.close();
    }
  }

  private static void assertSame(ReplayBatch want, ReplayBatch got, String message) {
    assertEquals(-1, want.observations().mismatch(got.observations()), message);
    assertEquals(-1, want.nextObservations().mismatch(got.nextObservations()), message);
    assertEquals(-1, want.actions().mismatch(got.actions()), message);
    assertEquals(-1, want.rewards().mismatch(got.rewards()), message);
    assertEquals(-1, want.discounts().mismatch(got.discounts()), message);
    assertEquals(-1, want.nextLegalActions().mismatch(got.nextLegalActions()), message);
  }

  /// Frames as a device keeps them: a copy that follows what it is told alone, and batches put
  /// together from it by index.
  private static final class Indices {
    private final int depth;
    private final int size;
    private final ReplayBatch indices;
    private final ReplayBatch stacks;
    private final ReplaySettings settings;
    private MemorySegment copy = MemorySegment.NULL;
    int calls;

    Indices(ReplaySettings settings, int size) {
      this.settings = settings;
      this.depth = settings.spec().stacking().depth();
      this.size = size;
      this.stacks = batch(settings, size);
      Arena arena = Arena.ofAuto();
      this.indices =
          new ReplayBatch(
                  size,
                  arena.allocate(4L * size * depth, 4),
                  stacks.actions(),
                  stacks.rewards(),
                  stacks.discounts(),
                  arena.allocate(4L * size * depth, 4))
              .withLegalActions(stacks.legalActions(), stacks.nextLegalActions());
    }

    /// Starts from a copy of which nothing is known.
    void listen(ReplayBuffer replay) {
      MemorySegment all = replay.frames();
      long bytes = replay.frameBytes();
      copy = Arena.ofAuto().allocate(all.byteSize(), 64).fill((byte) 0x5a);
      assertEquals(0, all.byteSize() % bytes);
      replay.listen((first, count) -> {
        calls++;
        assertTrue(count > 0);
        MemorySegment.copy(all, first * bytes, copy, first * bytes, count * bytes);
      });
    }

    ReplayBatch sample(ReplayBuffer replay, RandomStream random) {
      replay.sampleIndicesInto(random, indices);
      gather(indices.observations(), stacks.observations(), replay.frameBytes());
      gather(indices.nextObservations(), stacks.nextObservations(), replay.frameBytes());
      return stacks;
    }

    private void gather(MemorySegment from, MemorySegment to, long bytes) {
      for (int i = 0; i < size * depth; i++) {
        int index = from.getAtIndex(ValueLayout.JAVA_INT, i);
        boolean none = settings.spec().stacking().padding() == Padding.ZEROS && index == -1;
        MemorySegment frame =
            none
                ? MemorySegment.ofArray(new byte[(int) bytes])
                : copy.asSlice(index * bytes, bytes);
        MemorySegment.copy(frame, 0, to, i * bytes, bytes);
      }
    }
  }

  private static ReplayBuffer moved(ReplayBuffer replay, Indices indices) {
    var other = new ReplayBuffer(replay.settings());
    indices.listen(other);
    return moved(replay, other);
  }

  /// Another buffer with the same state.
  private static ReplayBuffer moved(ReplayBuffer replay) {
    return moved(replay, new ReplayBuffer(replay.settings()));
  }

  private static ReplayBuffer moved(ReplayBuffer replay, ReplayBuffer other) {
    byte[] state = MemoryState.save(replay);
    MemoryState.load(state, other);
    assertArrayEquals(state, MemoryState.save(other));
    replay.close();
    return other;
  }

  /// Large enough that copies fill chunks of several indices: 2, 9, 4 and 32.
  @ParameterizedTest
  @CsvSource({"2100, 1, 0.01", "18500, 2, 0", "13000, 3, 0.3", "32768, 1, 0.002"})
  void agreesWithNaiveReplayWhereMomentsLieInChunks(int capacity, int count, double endsPerStep) {
    var spec = stacked(Box.u8(4, 3), new Discrete(5), Padding.FIRST);
    var settings = new ReplaySettings(capacity, spec, count, 3, 0.9f);
    compare(capacity, settings, 3 * capacity / 2 / count, 100, 97, endsPerStep);
  }

  /// Frames are numbered as they are seen: 1 2 3 4 | 5 6 | 7 8 9, the first episode terminated, the
  /// second truncated. Worked by hand for three frames and one reward of 1 per step.
  @ParameterizedTest
  @EnumSource(Padding.class)
  void stacksNeverReachAcrossEpisodes(Padding padding) {
    var settings =
        new ReplaySettings(100, stacked(Box.f32(3, 1), new Discrete(2), padding), 1, 1, 0.5f);
    var steps = new StackedSteps(settings);
    try (var replay = new ReplayBuffer(settings)) {
      steps.begin();
      replay.begin(steps.batch);
      for (int step = 1; step <= 6; step++) {
        steps.batch.rewards()[0] = 1;
        steps.batch.terminated()[0] = step == 3;
        steps.batch.truncated()[0] = step == 4;
        steps.step(0);
        replay.add(steps.actions, steps.batch);
      }
      String none = padding == Padding.ZEROS ? "0" : "first";
      assertEquals(
          List.of(
              "[%1$s, %1$s, 1] [%1$s, 1, 2] 0.5".replace("%1$s", none).replace("first", "1"),
              "[%1$s, 1, 2] [1, 2, 3] 0.5".replace("%1$s", none).replace("first", "1"),
              "[1, 2, 3] [2, 3, 4] 0.0",
              "[%1$s, %1$s, 5] [%1$s, 5, 6] 0.5".replace("%1$s", none).replace("first", "5"),
              "[%1$s, %1$s, 7] [%1$s, 7, 8] 0.5".replace("%1$s", none).replace("first", "7"),
              "[%1$s, 7, 8] [7, 8, 9] 0.5".replace("%1$s", none).replace("first", "7")),
          content(replay));
    }
  }

  /// Every transition that can be drawn, ordered by what was seen last.
  private static List<String> content(ReplayBuffer replay) {
    var batch = batch(replay.settings(), 256);
    replay.sampleInto(RandomStream.of(1, "content"), batch);
    var found = new TreeSet<String>((a, b) -> Float.compare(newest(a), newest(b)));
    for (int i = 0; i < batch.size(); i++) {
      found.add(
          stack(batch.observations(), i)
              + " "
              + stack(batch.nextObservations(), i)
              + " "
              + batch.discounts().getAtIndex(ValueLayout.JAVA_FLOAT, i));
    }
    return List.copyOf(found);
  }

  private static float newest(String transition) {
    return Float.parseFloat(transition.replaceFirst(".*?, (\\d+)\\].*", "$1"));
  }

  private static String stack(MemorySegment stacks, int i) {
    List<Integer> numbers = new ArrayList<>();
    for (int j = 0; j < 3; j++) {
      numbers.add((int) stacks.getAtIndex(ValueLayout.JAVA_FLOAT, 3 * i + j));
    }
    return numbers.toString();
  }

  /// One copy fills its chunk index by index, the end of an episode included; sixteen copies with
  /// chunks of one index fill the ring side by side, 23 times around it.
  @ParameterizedTest
  @CsvSource({"5000, 1, 1000", "600, 16, 1023"})
  void whatAStepWritesSideBySideIsToldAtOnce(int capacity, int count, int most) {
    var spec = stacked(Box.u8(3, 2), new Discrete(5), Padding.ZEROS);
    var settings = new ReplaySettings(capacity, spec, count, 1, 0.9f);
    var steps = new StackedSteps(settings);
    var indices = new Indices(settings, 1);
    try (var replay = new ReplayBuffer(settings)) {
      indices.listen(replay);
      steps.begin();
      replay.begin(steps.batch);
      assertEquals(1, indices.calls);
      indices.calls = 0;
      for (int step = 1; step <= 1000; step++) {
        for (int copy = 0; copy < count; copy++) {
          steps.batch.terminated()[copy] = step % 10 == 0;
          steps.step(copy);
        }
        replay.add(steps.actions, steps.batch);
      }
      assertTrue(indices.calls >= 1000 && indices.calls <= most, indices.calls + " calls");
    }
  }

  @Test
  void placesAreGivenOnlyOfStacks() {
    var whole = EnvironmentSpec.of(Box.u8(4, 3), new Discrete(5));
    var zeros = stacked(Box.u8(4, 3), new Discrete(5), Padding.ZEROS);
    try (var replay = new ReplayBuffer(new ReplaySettings(10, whole, 1, 1, 0.9f));
        var frames = new ReplayBuffer(new ReplaySettings(10, zeros, 1, 1, 0.9f))) {
      String message =
          "this replay buffer keeps every observation whole: frames have indices only where an"
              + " environment declares stacks (EnvironmentSpec.stacking)";
      var batch = batch(replay.settings(), 2);
      var random = RandomStream.of(1, "x");
      assertEquals(
          message,
          assertThrows(IllegalStateException.class, () -> replay.sampleIndicesInto(random, batch))
              .getMessage());
      assertEquals(message, assertThrows(IllegalStateException.class, replay::frames).getMessage());
      assertEquals(
          message,
          assertThrows(IllegalStateException.class, () -> replay.listen((_, _) -> {}))
              .getMessage());
      assertEquals(
          "ReplayBatch.observations must hold 2 x frame indices [4] (32 bytes), got 24 bytes",
          assertThrows(
                  IllegalArgumentException.class, () -> frames.sampleIndicesInto(random, batch))
              .getMessage());
    }
  }

  @Test
  void theCapacityIsReachedWhereFewStepsEndAnEpisode() {
    assertEquals(10_000, sizeWithAnEndEvery(128, 10_000));
    assertEquals(10_000, sizeWithAnEndEvery(1000, 10_000));
  }

  @Test
  void lastMomentsOfManyShortEpisodesTakeThePlaceOfTransitions() {
    int size = sizeWithAnEndEvery(10, 10_000);
    assertTrue(size > 9_100 && size < 9_250, "size " + size);
    size = sizeWithAnEndEvery(1, 10_000);
    assertTrue(size > 5_000 && size < 5_100, "size " + size);
  }

  private static int sizeWithAnEndEvery(int period, int capacity) {
    var spec = stacked(Box.u8(2, 3), new Discrete(5), Padding.ZEROS);
    var settings = new ReplaySettings(capacity, spec, 1, 1, 0.9f);
    var steps = new StackedSteps(settings);
    try (var replay = new ReplayBuffer(settings)) {
      steps.begin();
      replay.begin(steps.batch);
      for (int step = 1; step <= 3 * capacity; step++) {
        steps.batch.truncated()[0] = step % period == 0;
        steps.step(0);
        replay.add(steps.actions, steps.batch);
      }
      return replay.size();
    }
  }

  /// Pearson's chi-square over all that can be drawn; with 299 degrees of freedom it is above 400
  /// in one of ten thousand fair experiments.
  @Test
  void everyTransitionIsDrawnEquallyOften() {
    var spec = stacked(Box.f32(2, 1), new Discrete(5), Padding.FIRST);
    var settings = new ReplaySettings(300, spec, 3, 3, 0.9f);
    var steps = new StackedSteps(settings);
    var random = new SplittableRandom(1);
    try (var replay = new ReplayBuffer(settings)) {
      steps.begin();
      replay.begin(steps.batch);
      for (int step = 0; step < 1000; step++) {
        steps.step(random, 0.005);
        replay.add(steps.actions, steps.batch);
      }
      assertEquals(300, replay.size());
      int[] hits = new int[5000];
      var batch = batch(settings, 300);
      var stream = RandomStream.of(2, "replay");
      for (int i = 0; i < 1000; i++) {
        replay.sampleInto(stream, batch);
        for (int j = 0; j < 300; j++) {
          hits[(int) batch.observations().getAtIndex(ValueLayout.JAVA_FLOAT, 2 * j + 1)]++;
        }
      }
      assertEquals(300, Arrays.stream(hits).filter(n -> n > 0).count());
      double chiSquare =
          Arrays.stream(hits)
              .filter(n -> n > 0)
              .mapToDouble(n -> (n - 1e3) * (n - 1e3) / 1e3)
              .sum();
      assertTrue(chiSquare > 220 && chiSquare < 400, "chi-square " + chiSquare);
    }
  }

  @Test
  void aMillionAtariTransitionsTakeAtMost7200Bytes() {
    for (int count : new int[] {1, 8, 32, 128}) {
      long bytes = ReplayMemory.bytes(new ReplaySettings(1_000_000, ATARI, count, 3, 0.99f));
      assertTrue(bytes > 7_056_000_000L && bytes < 7_200_000_000L, count + " copies: " + bytes);
    }
    assertEquals(
        "1,000,000 transitions, 6.7 GiB outside the heap",
        ReplayMemory.summary(new ReplaySettings(1_000_000, ATARI, 1, 1, 0.99f)));
  }

  @Test
  void bytesAreKnownBeforeCreation() {
    var random = new SplittableRandom(3);
    for (int i = 0; i < 20; i++) {
      var settings = randomSettings(random);
      try (var replay = new ReplayBuffer(settings)) {
        assertEquals(ReplayMemory.bytes(settings), replay.offHeapBytes());
      }
    }
  }

  /// What a save passes on block by block.
  private record Blocks(List<byte[]> bytes, List<Long> versions) {
    static Blocks of(ReplayBuffer replay) {
      var blocks = new Blocks(new ArrayList<>(), new ArrayList<>());
      replay.save(
          new StateWriter() {
            @Override
            public void section(String name) {}

            @Override
            public void putInt(int value) {}

            @Override
            public void putLong(long value) {}

            @Override
            public void putBytes(MemorySegment bytes) {}

            @Override
            public void putBlocks(MemorySegment memory, long blockBytes, long[] versions) {
              for (int i = 0; i * blockBytes < memory.byteSize(); i++) {
                long bytes = Math.min(blockBytes, memory.byteSize() - i * blockBytes);
                blocks.bytes.add(
                    memory.asSlice(i * blockBytes, bytes).toArray(ValueLayout.JAVA_BYTE));
                blocks.versions.add(versions[i]);
              }
            }
          });
      return blocks;
    }
  }

  /// 2,426 frames take three blocks, beside one of rows and one of links. A link can be written
  /// anew as it was, a frame never is.
  @Test
  void aBlockKeepsItsVersionExactlyWhileItsBytesStay() {
    var settings = new ReplaySettings(2400, ATARI, 1, 1, 0.99f);
    var steps = new StackedSteps(settings);
    var random = new SplittableRandom(1);
    var replay = new ReplayBuffer(settings);
    try {
      steps.begin();
      replay.begin(steps.batch);
      for (int step = 0; step < 2600; step++) {
        steps.step(random, 0.01);
        replay.add(steps.actions, steps.batch);
      }
      int same = 0;
      for (int period : new int[] {0, 1, 5, 300, 1200, 1000, 1}) {
        var before = Blocks.of(replay);
        assertEquals(5, before.bytes.size());
        if (period == 5) {
          replay = moved(replay);
        }
        for (int step = 0; step < period; step++) {
          steps.step(random, 0.01);
          replay.add(steps.actions, steps.batch);
        }
        var after = Blocks.of(replay);
        for (int i = 0; i < 5; i++) {
          boolean sameBytes = Arrays.equals(before.bytes.get(i), after.bytes.get(i));
          boolean sameVersion = before.versions.get(i).equals(after.versions.get(i));
          assertTrue(i < 2 ? sameBytes || !sameVersion : sameBytes == sameVersion);
          same += sameVersion ? 1 : 0;
        }
      }
      assertTrue(same >= 12, same + " versions stayed");
    } finally {
      replay.close();
    }
  }

  @Test
  void aBufferThatWasUsedTakesUpAStateWithoutATrace() {
    var settings =
        new ReplaySettings(30, stacked(Box.u8(3, 3), new Discrete(5), Padding.ZEROS), 2, 2, 0.9f);
    try (var replay = new ReplayBuffer(settings);
        var used = new ReplayBuffer(settings)) {
      add(replay, 4, 1);
      add(used, 100, 2);
      byte[] state = MemoryState.save(replay);
      MemoryState.load(state, used);
      assertArrayEquals(state, MemoryState.save(used));
      var steps = new StackedSteps(settings);
      var random = new SplittableRandom(5);
      steps.begin();
      for (int step = 0; step < 50; step++) {
        steps.step(random, 0.1);
        replay.add(steps.actions, steps.batch);
        used.add(steps.actions, steps.batch);
        assertArrayEquals(MemoryState.save(replay), MemoryState.save(used));
      }
    }
  }

  private static void add(ReplayBuffer replay, int stepCount, int seed) {
    var steps = new StackedSteps(replay.settings());
    var random = new SplittableRandom(seed);
    steps.begin();
    replay.begin(steps.batch);
    for (int step = 0; step < stepCount; step++) {
      steps.step(random, 0.1);
      replay.add(steps.actions, steps.batch);
    }
  }

  @Test
  void savedStateHoldsOnlyWhatIsUsed() {
    var spec = stacked(Box.u8(3, 3), new Discrete(5), Padding.ZEROS);
    try (var small = new ReplayBuffer(new ReplaySettings(100, spec, 1, 1, 0.9f));
        var large = new ReplayBuffer(new ReplaySettings(2000, spec, 1, 1, 0.9f))) {
      add(small, 20, 1);
      add(large, 20, 1);
      assertEquals(MemoryState.save(small).length, MemoryState.save(large).length);
    }
  }

  @Test
  void aStateOfAnotherStackingIsRefused() {
    var zeros = stacked(Box.u8(4, 3), new Discrete(5), Padding.ZEROS);
    var first = stacked(Box.u8(4, 3), new Discrete(5), Padding.FIRST);
    var whole = EnvironmentSpec.of(Box.u8(4, 3), new Discrete(5));
    assertRefused("padding by the first false, this one true", zeros, first);
    assertRefused("stacked frames 4, this one 1", zeros, whole);
  }

  private static void assertRefused(String message, EnvironmentSpec saved, EnvironmentSpec here) {
    try (var replay = new ReplayBuffer(new ReplaySettings(10, saved, 1, 1, 0.9f));
        var other = new ReplayBuffer(new ReplaySettings(10, here, 1, 1, 0.9f))) {
      byte[] state = MemoryState.save(replay);
      assertEquals(
          "the saved replay buffer has " + message + ": it was written by another configuration",
          assertThrows(IllegalArgumentException.class, () -> MemoryState.load(state, other))
              .getMessage());
    }
  }

  @Test
  void addingAndSamplingAllocateNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var settings =
        new ReplaySettings(
            3000, stacked(Box.u8(4, 100), new Discrete(5), Padding.ZEROS), 2, 3, 0.99f);
    var random = RandomStream.of(1, "replay");
    var batch = batch(settings, 32);
    var steps = new StackedSteps(settings);
    var indices = new Indices(settings, 32);
    long[] written = {0};
    try (var replay = new ReplayBuffer(settings)) {
      replay.listen((_, count) -> written[0] += count);
      steps.begin();
      replay.begin(steps.batch);
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 20 && least > 0; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 2000; i++) {
          steps.batch.terminated()[0] = i % 50 == 0;
          replay.add(steps.actions, steps.batch);
          if (replay.size() > 0) {
            replay.sampleInto(random, batch);
            replay.sampleIndicesInto(random, indices.indices);
          }
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      assertEquals(0, least);
    }
  }
}
