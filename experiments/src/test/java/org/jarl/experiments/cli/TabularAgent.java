package org.jarl.experiments.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.jarl.agents.Agent;
import org.jarl.agents.AgentState;
import org.jarl.agents.DivergedException;
import org.jarl.agents.Policy;
import org.jarl.agents.Run;
import org.jarl.agents.Task;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Q-learning in a table over the first number of the observation, with a small memory of rewards
/// that is replayed.
public final class TabularAgent implements Agent, Checkpointable {
  private static final int ACTIONS = 2;
  private static final int CELLS = 64;
  private static final float GAMMA = 0.95f;

  /// Small, so that the memory of a few thousand transitions has several blocks.
  private static final int BLOCK_BYTES = 4096;

  /// Lets a test act at a step of its choice.
  public static LongConsumer onStep = steps -> {};

  private final TabularConfig config;
  private final int count;
  private final RandomStream exploration;
  private final RandomStream sampling;
  private final float[] table = new float[CELLS * ACTIONS];
  private final Arena arena = Arena.ofShared();
  private final MemorySegment replay;
  private final long[] blockVersions;
  private final ActionBatch actions;
  private final int[] cells;
  private final AgentState state;
  private float error;

  TabularAgent(TabularConfig config, Task task) {
    this.config = config;
    this.count = task.count();
    this.state = new AgentState("table", task);
    state.keep(this);
    this.exploration = state.stream("exploration");
    this.sampling = state.stream("sampling");
    state.keepWeights(this::writeTable);
    this.replay = arena.allocate(3L * Float.BYTES * config.capacity(), 64);
    this.blockVersions = new long[(int) (replay.byteSize() / BLOCK_BYTES) + 1];
    this.actions = new ActionBatch(task.spec().actionSpace(), count);
    this.cells = new int[count];
    state.countOffHeap(replay.byteSize());
  }

  @Override
  public void train(Run run) {
    VectorEnvironment environment = run.environment();
    do {
      act(environment.current());
      learn(environment.step(actions));
      state.stepped(count);
      onStep.accept(state.agentSteps());
      if (run.wantsMetrics()) {
        run.metric("error", error);
      }
    } while (run.proceed());
  }

  private void act(StepBatch now) {
    for (int i = 0; i < count; i++) {
      cells[i] = cell(now.observations(), i);
      boolean explore = exploration.nextFloat() < config.epsilon();
      actions.indices()[i] = explore ? exploration.nextInt(ACTIONS) : best(table, cells[i]);
    }
  }

  private void learn(StepBatch next) {
    for (int i = 0; i < count; i++) {
      long slot = (state.agentSteps() + i) % config.capacity();
      replay.setAtIndex(ValueLayout.JAVA_FLOAT, 3 * slot, next.rewards()[i]);
      blockVersions[(int) (3 * Float.BYTES * slot / BLOCK_BYTES)]++;
      long drawn = sampling.nextInt((int) Math.min(state.agentSteps() + i + 1, config.capacity()));
      float bonus = 1e-3f * replay.getAtIndex(ValueLayout.JAVA_FLOAT, 3 * drawn);
      int after = cell(next.ended(i) ? next.finalObservations() : next.observations(), i);
      float value = next.terminated()[i] ? 0 : table[after * ACTIONS + best(table, after)];
      int at = cells[i] * ACTIONS + actions.indices()[i];
      error = next.rewards()[i] + bonus + GAMMA * value - table[at];
      state.updated(1);
      if (state.updates() == config.divergeAt()) {
        throw new DivergedException("table holds NaN after update " + state.updates());
      }
      table[at] += config.learningRate() * error;
    }
  }

  private static int cell(MemorySegment observations, int i) {
    return (int) observations.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  private static int best(float[] table, int cell) {
    return table[cell * ACTIONS + 1] > table[cell * ACTIONS] ? 1 : 0;
  }

  /// Always the best action, or drawn: the other one once in four times.
  static Policy policy(float[] table, int count, Policy.Choice choice) {
    return new Policy() {
      @Override
      public void act(
          MemorySegment observations, boolean[] legal, RandomStream random, ActionBatch out) {
        for (int i = 0; i < count; i++) {
          int best = best(table, cell(observations, i));
          boolean other = choice == Policy.Choice.SAMPLE && random.nextFloat() < 0.25f;
          out.indices()[i] = other ? 1 - best : best;
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Policy policy(int copies, Policy.Choice choice) {
    return policy(table, copies, choice);
  }

  @Override
  public AgentState state() {
    return state;
  }

  private void writeTable(Path file) {
    ByteBuffer bytes = ByteBuffer.allocate(table.length * Float.BYTES);
    bytes.asFloatBuffer().put(table);
    try {
      Files.write(file, bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void save(StateWriter to) {
    to.section("table");
    to.putFloats(table);
    to.putFloat(error);
    to.section("replay");
    for (long version : blockVersions) {
      to.putLong(version);
    }
    to.putBlocks(replay, BLOCK_BYTES, blockVersions);
  }

  @Override
  public void load(StateReader from) {
    from.section("table");
    from.getFloats(table);
    error = from.getFloat();
    from.section("replay");
    for (int i = 0; i < blockVersions.length; i++) {
      blockVersions[i] = from.getLong();
    }
    from.getBlocks(replay, BLOCK_BYTES);
  }

  @Override
  public void close() {
    arena.close();
  }
}
