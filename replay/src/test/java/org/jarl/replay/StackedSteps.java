package org.jarl.replay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.Space.ElementType;
import org.jarl.env.StepBatch;

/// Steps of `N` copies whose observations are stacks, put together from lists of all frames of an
/// episode. Every frame that is ever seen is another one: its elements tell its number.
final class StackedSteps {
  final StepBatch batch;
  final ActionBatch actions;
  private final EnvironmentSpec spec;
  private final int count;
  private final List<List<byte[]>> episodes = new ArrayList<>();
  private int frames;

  StackedSteps(ReplaySettings settings) {
    this.spec = settings.spec();
    this.count = settings.count();
    this.batch = StepBatch.allocate(spec, count, Arena.ofAuto());
    this.actions = new ActionBatch(spec.actionSpace(), count);
  }

  /// What the copies see first.
  void begin() {
    episodes.clear();
    for (int copy = 0; copy < count; copy++) {
      episodes.add(new ArrayList<>());
      see(copy, batch.observations());
    }
  }

  /// One step with random actions and rewards.
  ///
  /// @param endsPerStep probability that it ends the episode of a copy, in one of four ways
  void step(SplittableRandom random, double endsPerStep) {
    for (int i = 0; i < actions.indices().length; i++) {
      actions.indices()[i] = random.nextInt(5);
    }
    for (int i = 0; i < actions.values().length; i++) {
      actions.values()[i] = random.nextFloat();
    }
    for (int copy = 0; copy < count; copy++) {
      batch.rewards()[copy] = random.nextFloat() - 0.5f;
      int end = random.nextDouble() < endsPerStep ? 1 + random.nextInt(4) : 0;
      batch.terminated()[copy] = end == 1 || end == 2 || end == 3;
      batch.lifeLost()[copy] = end == 2;
      batch.truncated()[copy] = end == 3 || end == 4;
      step(copy);
    }
    FakeSteps.randomizeMasks(batch, random);
  }

  /// One step of a copy that ends as the batch says.
  void step(int copy) {
    if (batch.ended(copy)) {
      see(copy, batch.finalObservations());
      episodes.get(copy).clear();
    }
    see(copy, batch.observations());
  }

  private void see(int copy, MemorySegment stacks) {
    List<byte[]> episode = episodes.get(copy);
    episode.add(frame(++frames));
    int depth = spec.stacking().depth();
    int bytes = episode.getFirst().length;
    for (int i = 0; i < depth; i++) {
      int at = episode.size() - depth + i;
      byte[] shown =
          at >= 0
              ? episode.get(at)
              : spec.stacking().padding() == Padding.FIRST ? episode.getFirst() : new byte[bytes];
      MemorySegment.copy(
          shown, 0, stacks, ValueLayout.JAVA_BYTE, ((long) copy * depth + i) * bytes, bytes);
    }
  }

  private byte[] frame(int number) {
    byte[] bytes = new byte[(int) (spec.observationSpace().bytes() / spec.stacking().depth())];
    MemorySegment memory = MemorySegment.ofArray(bytes);
    if (spec.observationSpace().type() == ElementType.F32) {
      for (int i = 0; i < bytes.length / 4; i++) {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, number + i / 64f);
      }
    } else {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (number >> 8 * (i % 3));
      }
    }
    return bytes;
  }
}
