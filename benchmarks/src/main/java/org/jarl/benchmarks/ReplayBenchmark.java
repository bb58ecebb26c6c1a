package org.jarl.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;
import org.jarl.replay.ReplayBatch;
import org.jarl.replay.ReplayBuffer;
import org.jarl.replay.ReplaySettings;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/// Adding to a full [ReplayBuffer] and drawing from it.
public class ReplayBenchmark {
  private static final int VECTORS = 128;
  private static final int COPIES = 8;

  /// A full buffer, the steps that go into it and a batch to draw into.
  private static final class Filled {
    final ReplayBuffer buffer;
    final ReplayBatch batch;
    final RandomStream random = RandomStream.of(1, "benchmark");
    final StepBatch steps;
    final ActionBatch actions;

    Filled(EnvironmentSpec spec, int capacity, int count, int nStep, int batchSize) {
      buffer = new ReplayBuffer(new ReplaySettings(capacity, spec, count, nStep, 0.99f));
      batch = ReplayBatch.allocate(batchSize, spec, Arena.ofAuto());
      actions = new ActionBatch(spec.actionSpace(), count);
      steps = StepBatch.allocate(spec, count, Arena.ofAuto());
      noise(steps.observations());
      noise(steps.finalObservations());
      buffer.begin(steps);
      while (buffer.size() < capacity) {
        add();
      }
    }

    private static void noise(MemorySegment memory) {
      byte[] values = new byte[Math.toIntExact(memory.byteSize())];
      new SplittableRandom(values.length).nextBytes(values);
      memory.copyFrom(MemorySegment.ofArray(values));
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
    private final Filled filled =
        new Filled(
            EnvironmentSpec.of(Space.Box.f32(4), new Space.Discrete(2)), 10_000, 1, 1, VECTORS);
  }

  /// Atari: stacks of four frames of 84 x 84 bytes, batches of 32 from the last 100,000 steps: 0.7
  /// GB, far beyond every cache.
  private static Filled atari(int count, int nStep) {
    Space.Box stacks = Space.Box.u8(4, 84, 84);
    EnvironmentSpec spec =
        EnvironmentSpec.of(stacks, new Space.Discrete(4))
            .withStacking(stacks, new Stacking(4, Padding.ZEROS));
    return new Filled(spec, 100_000, count, nStep, 32);
  }

  /// One copy and one-step returns, as in the paper.
  @State(Scope.Benchmark)
  public static class Frames {
    private final Filled filled = atari(1, 1);
    private final Taking taking = new Taking(filled.buffer, 32);
  }

  /// A program that takes a batch of stacks by the indices of their frames, as an update does, and
  /// computes nothing with it.
  private static final class Taking {
    private final ReplayBuffer buffer;
    private final ReplayBatch places;
    private final Program program;
    private final RandomStream random = RandomStream.of(1, "benchmark");

    Taking(ReplayBuffer buffer, int size) {
      this.buffer = buffer;
      Engine engine = new CpuEngine(1);
      RowTable frames = engine.table("frames", buffer.frames(), buffer.frameBytes());
      program =
          engine.compile(
              "take",
              graph -> {
                for (String name : List.of("observations", "nextObservations")) {
                  Tensor indices = graph.input(name, DType.I32, size, 4);
                  Tensor stacks = graph.rows(frames, indices, DType.U8, 84, 84);
                  graph.output("first of " + name, stacks.slice(0, 0, 1));
                }
              });
      Arena arena = Arena.ofAuto();
      places =
          new ReplayBatch(
              size,
              program.input("observations"),
              arena.allocate(4L * size, 64),
              arena.allocate(4L * size, 64),
              arena.allocate(4L * size, 64),
              program.input("nextObservations"));
    }

    ReplayBatch take() {
      buffer.sampleIndicesInto(random, places);
      program.run();
      return places;
    }
  }

  /// Three-step returns of 8 copies.
  @State(Scope.Benchmark)
  public static class FramesOfEight {
    private final Filled filled = atari(COPIES, 3);
  }

  /// One step of one copy.
  @Benchmark
  @JmhTable.Counts("transitions")
  public void addVectors(CartPole state) {
    state.filled.add();
  }

  /// A batch of 128.
  @Benchmark
  @OperationsPerInvocation(VECTORS)
  @JmhTable.Counts("transitions")
  public ReplayBatch sampleVectors(CartPole state) {
    return state.filled.sample();
  }

  /// One step of 8 copies.
  @Benchmark
  @OperationsPerInvocation(COPIES)
  @JmhTable.Counts("transitions")
  public void addFrames(FramesOfEight state) {
    state.filled.add();
  }

  /// A batch of 32 stacks and as many of what followed.
  @Benchmark
  @JmhTable.Counts("batches of 32")
  public ReplayBatch sampleFrames(Frames state) {
    return state.filled.sample();
  }

  /// The same by places, which a program of one thread takes.
  @Benchmark
  @JmhTable.Counts("batches of 32")
  public ReplayBatch takeFrames(Frames state) {
    return state.taking.take();
  }

  /// A batch of 32 stacks and as many of what followed.
  @Benchmark
  @JmhTable.Counts("batches of 32")
  public ReplayBatch sampleFramesOfEight(FramesOfEight state) {
    return state.filled.sample();
  }
}
