package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.ActionBatch;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Engine;
import org.jarl.nn.Program;
import org.jarl.nn.cpu.CpuEngine;
import org.jarl.replay.ReplaySettings;
import org.jarl.replay.Sampler;
import org.junit.jupiter.api.Test;

class TransitionsTest {
  private static final int BATCH = 4;

  /// Draws the newest transition always, with weight 0.5, and remembers the priorities it is given.
  private static final class Newest implements Sampler {
    final List<float[]> priorities = new ArrayList<>();
    final List<long[]> ids = new ArrayList<>();
    private long end;

    @Override
    public void setDrawable(long first, long newEnd) {
      end = newEnd;
    }

    @Override
    public void draw(RandomStream random, long[] ids, MemorySegment weights) {
      Arrays.fill(ids, end - 1);
      for (int i = 0; i < ids.length; i++) {
        weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.5f);
      }
    }

    @Override
    public void prioritize(long[] rows, MemorySegment given) {
      ids.add(rows.clone());
      priorities.add(given.toArray(ValueLayout.JAVA_FLOAT));
    }

    @Override
    public void save(StateWriter to) {
      to.putInt(priorities.size());
    }

    @Override
    public void load(StateReader from) {
      from.getInt();
    }
  }

  /// The loss of a transition is its reward.
  private static Program rewards(Engine engine, Transitions transitions) {
    Program program =
        engine.compile(
            "rewards",
            graph -> {
              Transitions.Inputs batch = transitions.inputs(graph);
              graph.output("loss", batch.mean(batch.rewards()));
              graph.output("seen", batch.observations().mean());
              graph.output("next", batch.nextObservations().mean());
              graph.output("done", batch.actions().toF32().mean());
              graph.output("discount", batch.discounts().mean());
            });
    transitions.feed(program);
    return program;
  }

  @Test
  void lossesWithoutWeightsAreThePrioritiesOfTheDrawBefore() {
    try (Engine engine = new CpuEngine(1);
        VectorEnvironment environment = Training.vector(() -> new Salary(false), 1, 1)) {
      environment.reset(3);
      Newest sampler = new Newest();
      Task task = new Task(environment.spec(), 1, engine, 3);
      ReplaySettings settings = new ReplaySettings(16, environment.spec(), 1, 1, 0.9f);
      RandomStream random = RandomStream.of(3, "replay");
      try (Transitions transitions = new Transitions(task, settings, BATCH, random, sampler);
          Program program = rewards(engine, transitions)) {
        transitions.begin(environment.current());
        ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), 1);
        transitions.add(actions, environment.step(actions));
        transitions.sample();
        program.run();
        assertEquals(0.5f, program.output("loss").get(ValueLayout.JAVA_FLOAT, 0));
        assertEquals(0, sampler.priorities.size());
        transitions.sample();
        assertEquals(1, sampler.priorities.size());
        assertArrayEquals(new float[] {1, 1, 1, 1}, sampler.priorities.getFirst());
        program.run();
        MemoryState.save(transitions);
        assertEquals(1, sampler.priorities.size(), "a checkpoint gives none");
        transitions.sample();
        assertEquals(2, sampler.priorities.size());
      }
    }
  }

  @Test
  void aCheckpointHoldsThePrioritiesToComeAndGivesThemAtTheNextDraw() {
    try (Engine engine = new CpuEngine(1);
        VectorEnvironment environment = Training.vector(() -> new Salary(false), 1, 1)) {
      environment.reset(3);
      Task task = new Task(environment.spec(), 1, engine, 3);
      ReplaySettings settings = new ReplaySettings(16, environment.spec(), 1, 1, 0.9f);
      RandomStream random = RandomStream.of(3, "replay");
      Newest before = new Newest();
      Newest after = new Newest();
      try (Transitions saved = new Transitions(task, settings, BATCH, random, before);
          Program program = rewards(engine, saved);
          Transitions loaded = new Transitions(task, settings, BATCH, random, after);
          Program other = rewards(engine, loaded)) {
        saved.begin(environment.current());
        ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), 1);
        saved.add(actions, environment.step(actions));
        MemoryState.load(MemoryState.save(saved), loaded);
        loaded.sample();
        assertEquals(0, after.priorities.size(), "nothing was drawn before");

        saved.sample();
        program.run();
        byte[] state = MemoryState.save(saved);
        MemoryState.load(state, loaded);
        assertArrayEquals(state, MemoryState.save(loaded));
        assertEquals(0, after.priorities.size());
        loaded.sample();
        assertArrayEquals(new float[] {1, 1, 1, 1}, after.priorities.getFirst());
        assertArrayEquals(new long[] {0, 0, 0, 0}, after.ids.getFirst());
        other.run();
        loaded.sample();
        assertEquals(2, after.priorities.size(), "from here on those of the program");
      }
    }
  }

  @Test
  void aBatchNeedsAProgram() {
    try (Engine engine = new CpuEngine(1);
        VectorEnvironment environment = Training.vector(() -> new Salary(false), 1, 1)) {
      Task task = new Task(environment.spec(), 1, engine, 3);
      ReplaySettings settings = new ReplaySettings(16, environment.spec(), 1, 1, 0.9f);
      RandomStream random = RandomStream.of(3, "replay");
      try (Transitions transitions = new Transitions(task, settings, BATCH, random, null)) {
        assertEquals(
            "a batch needs a program: call feed first",
            assertThrows(IllegalStateException.class, transitions::sample).getMessage());
      }
    }
  }
}
