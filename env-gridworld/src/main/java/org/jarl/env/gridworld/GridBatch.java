package org.jarl.env.gridworld;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// `N` copies of a [World] with their states in one array, bit-equal to `N` single ones.
///
/// Observations stay in place between steps: the marks of the old state are cleared and those of
/// the new one set, so a step costs the same however large the grid is.
final class GridBatch implements VectorEnvironment {
  private final String id;
  private final World world;
  private final EnvironmentSpec spec;
  private final int count;
  private final int maskSize;
  private final Planes planes;
  private final MemorySegment background;
  private final long rowBytes;
  private final int[] states;
  private final int[] ages;
  private final RandomStream[] streams;
  private final Arena arena = Arena.ofShared();
  private final StepBatch batch;
  private boolean started;

  /// @param id named in errors
  GridBatch(String id, World world, Planes.Form form, int count) {
    if (count < 1) {
      throw new IllegalArgumentException(
          "the count of \"" + id + "\" must be at least 1, got " + count);
    }
    this.id = id;
    this.world = world;
    this.count = count;
    spec = world.spec(form);
    maskSize = spec.maskSize();
    planes = new Planes(world, form);
    background = Planes.background(world, form);
    rowBytes = background.byteSize();
    states = new int[count];
    ages = new int[count];
    streams = new RandomStream[count];
    for (int i = 0; i < count; i++) {
      streams[i] = RandomStream.of(0, "environment", i);
    }
    batch = StepBatch.allocate(spec, count, arena);
  }

  @Override
  public EnvironmentSpec spec() {
    return spec;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public StepBatch reset(long seed) {
    batch.finalObservations().fill((byte) 0);
    for (int i = 0; i < count; i++) {
      streams[i] = RandomStream.of(seed, "environment", i);
      states[i] = world.start(streams[i]);
      ages[i] = 0;
      draw(i, batch.observations());
      batch.rewards()[i] = 0;
      batch.terminated()[i] = false;
      batch.truncated()[i] = false;
      markLegal(i, world.legalActions(states[i]), batch.legalActions());
    }
    started = true;
    return batch;
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    checkStarted();
    checkFits(actions);
    actions.check(batch.legalActions());
    int[] choices = actions.indices();
    for (int i = 0; i < count; i++) {
      step(i, choices[i]);
    }
    return batch;
  }

  private void step(int i, int action) {
    long result = world.step(states[i], action, streams[i]);
    boolean terminated = world.ends(result);
    int age = ages[i] + 1;
    boolean truncated = !terminated && age == spec.timeLimit();
    batch.rewards()[i] = world.reward(result);
    batch.terminated()[i] = terminated;
    batch.truncated()[i] = truncated;
    int old = states[i];
    states[i] = World.state(result);
    if (terminated || truncated) {
      draw(i, batch.finalObservations());
      // After a terminated end nothing follows, and every action counts as legal.
      markLegal(i, terminated ? -1 : world.legalActions(states[i]), batch.finalLegalActions());
      states[i] = world.start(streams[i]);
      age = 0;
      draw(i, batch.observations());
    } else if (states[i] != old) {
      long row = i * rowBytes;
      world.show(old, planes.clearing(batch.observations(), row));
      world.show(states[i], planes.marking(batch.observations(), row));
    }
    ages[i] = age;
    markLegal(i, world.legalActions(states[i]), batch.legalActions());
  }

  /// Writes the whole observation of a copy.
  private void draw(int i, MemorySegment to) {
    MemorySegment.copy(background, 0, to, i * rowBytes, rowBytes);
    planes.marking(to, i * rowBytes);
    world.furnish(states[i], planes);
    world.show(states[i], planes);
  }

  /// Writes the mask of a copy, where there is one.
  private void markLegal(int i, int bits, boolean[] legal) {
    for (int action = 0; action < maskSize; action++) {
      legal[i * maskSize + action] = (bits >> action & 1) != 0;
    }
  }

  private void checkFits(ActionBatch actions) {
    if (actions.count() != count || !actions.space().equals(spec.actionSpace())) {
      throw new IllegalArgumentException(
          "\"%s\" needs %d actions of %s, got %d of %s"
              .formatted(id, count, spec.actionSpace(), actions.count(), actions.space()));
    }
  }

  @Override
  public StepBatch current() {
    checkStarted();
    return batch;
  }

  private void checkStarted() {
    if (!started) {
      throw new IllegalStateException("\"" + id + "\" must be reset or loaded first");
    }
  }

  @Override
  public boolean render(int copy, Frame frame) {
    checkStarted();
    Objects.checkIndex(copy, count);
    world.grid().render(frame, world.floor(), world.planes(), Planes.of(world, states[copy]));
    return true;
  }

  @Override
  public void save(StateWriter to) {
    checkStarted();
    to.section("grid-batch");
    batch.save(to);
    to.putInts(states);
    to.putInts(ages);
    for (RandomStream stream : streams) {
      stream.save(to);
    }
  }

  @Override
  public void load(StateReader from) {
    started = false;
    from.section("grid-batch");
    batch.load(from);
    from.getInts(states);
    from.getInts(ages);
    for (RandomStream stream : streams) {
      stream.load(from);
    }
    started = true;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
