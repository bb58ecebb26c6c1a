package org.jarl.replay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final ReplaySettings SETTINGS =
      new ReplaySettings(10, EnvironmentSpec.of(Box.f32(1), new Discrete(2)), 2, 2, 0.5f);

  /// Draws the transition of the highest priority; one that is new has priority 1. Its weight is
  /// one over the priority.
  private static final class Greediest implements Sampler {
    private final float[] priorities = new float[SETTINGS.rowCount()];
    private long first;
    private long end;

    @Override
    public void setDrawable(long newFirst, long newEnd) {
      for (long id = end; id < newEnd; id++) {
        priorities[row(id)] = 1;
      }
      first = newFirst;
      end = newEnd;
    }

    private int row(long id) {
      return (int) (id % priorities.length);
    }

    @Override
    public void draw(RandomStream random, long[] ids, MemorySegment weights) {
      long best = first;
      for (long id = first; id < end; id++) {
        best = priorities[row(id)] > priorities[row(best)] ? id : best;
      }
      for (int i = 0; i < ids.length; i++) {
        ids[i] = best;
        weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1 / priorities[row(best)]);
      }
    }

    @Override
    public void prioritize(long[] ids, MemorySegment of) {
      for (int i = 0; i < ids.length; i++) {
        if (ids[i] >= first) {
          priorities[row(ids[i])] = of.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
      }
    }

    @Override
    public void save(StateWriter to) {
      to.section("greediest");
      to.putLong(first);
      to.putLong(end);
      to.putFloats(priorities);
    }

    @Override
    public void load(StateReader from) {
      from.section("greediest");
      first = from.getLong();
      end = from.getLong();
      from.getFloats(priorities);
    }
  }

  /// Adds steps whose copies see 10, 11, 20, 21, ...: ten times the number of the step, and the
  /// copy.
  private static void add(ReplayBuffer replay, FakeSteps steps, int from, int to) {
    for (int step = from; step <= to; step++) {
      steps.see(0, 10 * step);
      steps.see(1, 10 * step + 1);
      if (step == 0) {
        replay.begin(steps.batch);
      } else {
        replay.add(steps.actions, steps.batch);
      }
    }
  }

  private static ReplayBatch draw(ReplayBuffer replay, int size) {
    var batch = ReplayBatch.allocate(size, SETTINGS.spec(), Arena.ofAuto());
    replay.sampleInto(RandomStream.of(1, "replay"), batch);
    return batch;
  }

  private static float seen(ReplayBatch batch) {
    return batch.observations().getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  private static float weight(ReplayBatch batch) {
    return batch.weights().getAtIndex(ValueLayout.JAVA_FLOAT, 0);
  }

  private static MemorySegment floats(float... values) {
    return MemorySegment.ofArray(values);
  }

  /// Ten transitions of two copies: those of five steps. The second step is the third transition.
  @Test
  void idsWeightsAndPrioritiesFlow() {
    try (var replay = new ReplayBuffer(SETTINGS, new Greediest());
        var loaded = new ReplayBuffer(SETTINGS, new Greediest())) {
      var steps = FakeSteps.of(SETTINGS);
      add(replay, steps, 0, 3); // transitions 0 .. 3 are whole: two steps have followed them
      var batch = draw(replay, 1);
      assertArrayEquals(new long[] {0}, batch.ids());
      assertEquals(0, seen(batch));
      assertEquals(1, weight(batch));
      replay.prioritize(batch, floats(0.5f));
      batch = draw(replay, 1);
      assertArrayEquals(new long[] {1}, batch.ids());
      assertEquals(1, seen(batch));
      replay.prioritize(batch, floats(4));
      batch = draw(replay, 1);
      assertEquals(1, seen(batch));
      assertEquals(0.25f, weight(batch));

      Bytes.load(Bytes.save(replay), loaded);
      assertEquals(0.25f, weight(draw(loaded, 1)));
      assertArrayEquals(Bytes.save(replay), Bytes.save(loaded));

      // Twelve more transitions: the first six of all are gone, ring and priorities go on.
      add(replay, steps, 4, 9);
      var later = draw(replay, 1);
      assertArrayEquals(new long[] {6}, later.ids());
      assertEquals(30, seen(later));
      assertEquals(1, weight(later));
      replay.prioritize(batch, floats(9)); // drawn long ago: its row is another transition's now
      assertArrayEquals(new long[] {6}, draw(replay, 1).ids());
    }
  }

  @Test
  void uniformDrawsHaveWeightsOfOneAndSaveNothing() {
    try (var replay = new ReplayBuffer(SETTINGS);
        var prioritized = new ReplayBuffer(SETTINGS, new Greediest())) {
      add(replay, FakeSteps.of(SETTINGS), 0, 20);
      add(prioritized, FakeSteps.of(SETTINGS), 0, 20);
      var batch = draw(replay, 40);
      replay.prioritize(batch, floats(new float[40]));
      var random = RandomStream.of(1, "replay");
      for (int i = 0; i < 40; i++) {
        assertEquals(1, batch.weights().getAtIndex(ValueLayout.JAVA_FLOAT, i));
        assertEquals(28 + random.nextInt(10), batch.ids()[i]);
      }
      int sampler = "greediest".length() + 8 + 8 + 4 * SETTINGS.rowCount();
      assertEquals(sampler, Bytes.save(prioritized).length - Bytes.save(replay).length, 8);
    }
  }

  @Test
  void prioritiesOfAnotherSizeAreRefused() {
    try (var replay = new ReplayBuffer(SETTINGS)) {
      add(replay, FakeSteps.of(SETTINGS), 0, 5);
      var batch = draw(replay, 4);
      var e =
          assertThrows(
              IllegalArgumentException.class, () -> replay.prioritize(batch, floats(1, 2)));
      assertEquals(
          "the replay buffer needs priorities of 4 x f32 (16 bytes), got 8 bytes", e.getMessage());
      assertTrue(batch.ids()[0] >= 0);
    }
  }
}
