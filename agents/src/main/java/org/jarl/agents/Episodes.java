package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jarl.agents.maths.Advantages;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.nn.Program;

/// Steps of episodes of any length, one behind the other. The memory grows as it is filled, and is
/// kept when the steps are cleared.
final class Episodes implements Checkpointable {
  private static final int FIRST_ROWS = 64;

  private final Rows observations;
  private final Rows actions;
  private final Rows legal;
  private float[] rewards = new float[FIRST_ROWS];
  private int length;

  Episodes(EnvironmentSpec spec) {
    observations = new Rows(spec.observationSpace().bytes());
    actions = new Rows((long) Float.BYTES * spec.actionSize());
    legal = new Rows((long) Float.BYTES * spec.maskSize());
  }

  /// Rows of one width.
  private static final class Rows {
    final long width;
    MemorySegment memory = MemorySegment.ofArray(new long[0]);

    /// @param width in bytes
    Rows(long width) {
      this.width = width;
    }

    void makeRoom(int rows) {
      if (rows * width > memory.byteSize()) {
        long bytes = Math.max(FIRST_ROWS * width, Math.max(2 * memory.byteSize(), rows * width));
        MemorySegment larger = MemorySegment.ofArray(new long[Math.toIntExact((bytes + 7) / 8)]);
        larger.copyFrom(memory);
        memory = larger;
      }
    }

    void copy(MemorySegment from, int row, int to) {
      MemorySegment.copy(from, row * width, memory, to * width, width);
    }
  }

  /// Number of steps.
  int length() {
    return length;
  }

  /// Drops all steps.
  void clear() {
    length = 0;
  }

  private void makeRoom(int rows) {
    observations.makeRoom(rows);
    actions.makeRoom(rows);
    legal.makeRoom(rows);
    if (rows > rewards.length) {
      rewards = Arrays.copyOf(rewards, Math.max(2 * rewards.length, rows));
    }
  }

  /// Adds observation, mask and action of a step of copy `i`; [#reward] follows.
  ///
  /// @param taken `[N]` or `[N, D]`, as the actor gives them
  void add(int i, StepBatch seen, MemorySegment taken) {
    makeRoom(length + 1);
    observations.copy(seen.observations(), i, length);
    actions.copy(taken, i, length);
    int choices = (int) (legal.width / Float.BYTES);
    for (int a = 0; a < choices; a++) {
      float allowed = seen.legalActions()[i * choices + a] ? 1 : 0;
      legal.memory.setAtIndex(ValueLayout.JAVA_FLOAT, (long) length * choices + a, allowed);
    }
    length++;
  }

  /// Reward of the last step.
  void reward(float reward) {
    rewards[length - 1] = reward;
  }

  /// Turns the rewards of one whole episode into returns; see [Advantages#returnsToGo].
  ///
  /// @param bootstrap the return after the last step: 0 where the task ended
  void end(float gamma, float bootstrap) {
    Advantages.returnsToGo(rewards, 0, length, gamma, bootstrap, rewards);
  }

  /// Adds the steps of others.
  void addAll(Episodes others) {
    makeRoom(length + others.length);
    for (int row = 0; row < others.length; row++) {
      observations.copy(others.observations.memory, row, length);
      actions.copy(others.actions.memory, row, length);
      legal.copy(others.legal.memory, row, length);
      rewards[length] = others.rewards[row];
      length++;
    }
  }

  /// Fills the inputs of a program for at least as many rows, the rest with zeros.
  void fill(Program learner) {
    fill(observations, learner.input("observations"));
    fill(actions, learner.input("actions"));
    MemorySegment returns = learner.input("returns");
    returns.fill((byte) 0);
    MemorySegment.copy(rewards, 0, returns, ValueLayout.JAVA_FLOAT, 0, length);
    if (legal.width > 0) {
      fill(legal, learner.input("legal"));
    }
  }

  private void fill(Rows rows, MemorySegment input) {
    input.fill((byte) 0);
    MemorySegment.copy(rows.memory, 0, input, 0, length * rows.width);
  }

  @Override
  public void save(StateWriter to) {
    to.section("episodes");
    to.putInt(length);
    for (Rows rows : rows()) {
      to.putBytes(rows.memory.asSlice(0, length * rows.width));
    }
    for (int row = 0; row < length; row++) {
      to.putFloat(rewards[row]);
    }
  }

  @Override
  public void load(StateReader from) {
    from.section("episodes");
    length = from.getInt();
    makeRoom(length);
    for (Rows rows : rows()) {
      from.getBytes(rows.memory.asSlice(0, length * rows.width));
    }
    for (int row = 0; row < length; row++) {
      rewards[row] = from.getFloat();
    }
  }

  private Rows[] rows() {
    return new Rows[] {observations, actions, legal};
  }
}
