package org.jarl.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.replay.ReplayBatch;
import org.jarl.replay.ReplayBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Adding to a full [ReplayBuffer] and drawing from it, per transition.
public class ReplayBenchmark {
  private static final int BATCH = 128;
  private static final int COPIES = 8;

  /// A full buffer, the steps that go into it and a batch to draw into.
  private static final class Filled {
    final ReplayBuffer buffer;
    final ReplayBatch batch;
    final RandomStream random = RandomStream.of(1, "benchmark");
    final StepBatch steps;
    final ActionBatch actions;

    Filled(Space.Box observations, int capacity, int count, int nStep) {
      Space choices = new Space.Discrete(4);
      buffer =
          new ReplayBuffer(
              new ReplayBuffer.Settings(capacity, observations, choices, count, nStep, 0.99f));
      batch = ReplayBatch.allocate(BATCH, observations, choices, Arena.ofAuto());
      actions = new ActionBatch(choices, count);
      steps =
          new StepBatch(
              noise(count * observations.bytes()),
              noise(count * observations.bytes()),
              new float[count],
              new boolean[count],
              new boolean[count],
              new boolean[0]);
      buffer.begin(steps);
      while (buffer.size() < capacity) {
        add();
      }
    }

    private static MemorySegment noise(long bytes) {
      SplittableRandom random = new SplittableRandom(bytes);
      byte[] values = new byte[Math.toIntExact(bytes)];
      random.nextBytes(values);
      return Arena.ofAuto().allocate(bytes, 64).copyFrom(MemorySegment.ofArray(values));
    }

    /// One step in 200 ends an episode.
    void add() {
      for (int copy = 0; copy < steps.rewards().length; copy++) {
        steps.terminated()[copy] = random.nextInt(200) == 0;
        steps.rewards()[copy] = copy;
      }
      buffer.add(actions, steps);
    }

    ReplayBatch sample() {
      buffer.sampleInto(random, batch);
      return batch;
    }
  }

  /// CartPole: 4 numbers, one copy, one-step returns, as in the shipped configs.
  @State(Scope.Benchmark)
  public static class CartPole {
    private final Filled filled = new Filled(Space.Box.f32(4), 10_000, 1, 1);
  }

  /// Observations of 84 x 84 x 4 bytes, three-step returns of 8 copies: 1.1 GB, far beyond every
  /// cache.
  @State(Scope.Benchmark)
  public static class Images {
    private final Filled filled = new Filled(Space.Box.u8(84, 84, 4), 20_000, COPIES, 3);
  }

  /// One step of one copy.
  @Benchmark
  @JmhTable.Counts("transitions")
  public void addVectors(CartPole state) {
    state.filled.add();
  }

  /// A batch of 128.
  @Benchmark
  @OperationsPerInvocation(BATCH)
  @JmhTable.Counts("transitions")
  public ReplayBatch sampleVectors(CartPole state) {
    return state.filled.sample();
  }

  /// One step of 8 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("transitions")
  public void addImages(Images state) {
    state.filled.add();
  }

  /// A batch of 128.
  @Benchmark
  @OperationsPerInvocation(BATCH)
  @JmhTable.Counts("transitions")
  public ReplayBatch sampleImages(Images state) {
    return state.filled.sample();
  }
}
