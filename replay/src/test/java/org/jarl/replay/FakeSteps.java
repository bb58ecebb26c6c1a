package org.jarl.replay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;

/// Steps of `N` copies as a vector environment gives them: one [StepBatch], overwritten by each.
final class FakeSteps {
  final Space.Box observationSpace;
  final int count;
  final StepBatch batch;
  final ActionBatch actions;

  FakeSteps(Space.Box observationSpace, Space actionSpace, int count) {
    this(EnvironmentSpec.of(observationSpace, actionSpace), count);
  }

  private FakeSteps(EnvironmentSpec spec, int count) {
    this.observationSpace = spec.observationSpace();
    this.count = count;
    this.actions = new ActionBatch(spec.actionSpace(), count);
    Arena arena = Arena.ofAuto();
    this.batch =
        new StepBatch(
            arena.allocate(count * observationSpace.bytes()),
            arena.allocate(count * observationSpace.bytes()),
            new float[count],
            new float[count],
            new boolean[count],
            new boolean[count],
            new boolean[count],
            new boolean[count * spec.maskSize()],
            new boolean[count * spec.maskSize()]);
  }

  static FakeSteps of(ReplaySettings settings) {
    return new FakeSteps(settings.spec(), settings.count());
  }

  /// Sets every element of a copy's observation.
  void see(int copy, int value) {
    fill(batch.observations(), copy, value);
  }

  void seeFinally(int copy, int value) {
    fill(batch.finalObservations(), copy, value);
  }

  private void fill(MemorySegment memory, int copy, int value) {
    int size = observationSpace.size();
    for (int i = copy * size; i < (copy + 1) * size; i++) {
      if (observationSpace.type() == Space.ElementType.U8) {
        memory.setAtIndex(ValueLayout.JAVA_BYTE, i, (byte) value);
      } else {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      }
    }
  }

  /// Random actions, rewards and observations; one step in eight ends, half of these truncated.
  void randomize(SplittableRandom random) {
    for (int i = 0; i < actions.indices().length; i++) {
      actions.indices()[i] = random.nextInt(5);
    }
    for (int i = 0; i < actions.values().length; i++) {
      actions.values()[i] = random.nextFloat();
    }
    noise(batch.observations(), random);
    noise(batch.finalObservations(), random);
    for (int copy = 0; copy < count; copy++) {
      batch.rewards()[copy] = random.nextFloat() - 0.5f;
      int end = random.nextInt(16);
      batch.terminated()[copy] = end == 0 || end == 2;
      batch.truncated()[copy] = end == 1 || end == 2;
    }
    randomizeMasks(batch, random);
  }

  /// Random masks; after a terminated end all actions are legal.
  static void randomizeMasks(StepBatch batch, SplittableRandom random) {
    int maskSize = batch.legalActions().length / batch.rewards().length;
    for (int i = 0; i < batch.legalActions().length; i++) {
      batch.legalActions()[i] = random.nextBoolean();
      batch.finalLegalActions()[i] = batch.terminated()[i / maskSize] || random.nextBoolean();
    }
  }

  private void noise(MemorySegment memory, SplittableRandom random) {
    for (int i = 0; i < count * observationSpace.size(); i++) {
      if (observationSpace.type() == Space.ElementType.U8) {
        memory.setAtIndex(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
      } else {
        memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
      }
    }
  }
}
