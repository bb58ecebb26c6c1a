package org.jarl.env.gridworld;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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
/// Observations stay in place between steps: the marks of the old state are cleared and those of the
/// new one set, so a step costs the same however large the grid is.
final class GridBatch implements VectorEnvironment {
  private final World world;
  private final EnvironmentSpec spec;
  private final int count;
  private final int actionCount;
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

  GridBatch(World world, Planes.Form form, int count) {
    if (count < 1) {
      throw new IllegalArgumentException("the number of copies must be at least 1, got " + count);
    }
    this.world = world;
    this.count = count;
    spec = world.spec(form);
    actionCount = world.actions();
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
    batch =
        new StepBatch(
            arena.allocate(rowBytes * count, 64),
            arena.allocate(rowBytes * count, 64),
            new float[count],
            new boolean[count],
            new boolean[count],
            new boolean[count * maskSize]);
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
    for (int i = 0; i < count; i++) {
      streams[i] = RandomStream.of(seed, "environment", i);
      states[i] = world.start(streams[i]);
      ages[i] = 0;
      draw(i, batch.observations());
      batch.rewards()[i] = 0;
      batch.terminated()[i] = false;
      batch.truncated()[i] = false;
      markLegal(i);
    }
    started = true;
    return batch;
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    checkStarted();
    int[] choices = actions.indices();
    checkActions(choices);
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
      states[i] = world.start(streams[i]);
      age = 0;
      draw(i, batch.observations());
    } else if (states[i] != old) {
      long row = i * rowBytes;
      world.show(old, planes.clearing(batch.observations(), row));
      world.show(states[i], planes.marking(batch.observations(), row));
    }
    ages[i] = age;
    markLegal(i);
  }

  /// Writes the whole observation of a copy.
  private void draw(int i, MemorySegment to) {
    MemorySegment.copy(background, 0, to, i * rowBytes, rowBytes);
    planes.marking(to, i * rowBytes);
    world.furnish(states[i], planes);
    world.show(states[i], planes);
  }

  private void markLegal(int i) {
    if (maskSize > 0) {
      int bits = world.legalActions(states[i]);
      boolean[] legal = batch.legalActions();
      for (int action = 0; action < maskSize; action++) {
        legal[i * maskSize + action] = (bits >> action & 1) != 0;
      }
    }
  }

  /// Checks all actions before any copy moves.
  private void checkActions(int[] choices) {
    if (choices.length != count) {
      throw new IllegalArgumentException(
          "one action per copy is needed, " + count + ", got " + choices.length);
    }
    for (int i = 0; i < count; i++) {
      int action = choices[i];
      if (action < 0 || action >= actionCount) {
        throw new IllegalArgumentException(
            "action of copy " + i + " must be in 0 .. " + (actionCount - 1) + ", got " + action);
      }
      if (maskSize > 0 && !batch.legalActions()[i * maskSize + action]) {
        throw new IllegalArgumentException(
            "action of copy " + i + " must be legal in its state, got " + action);
      }
    }
  }

  @Override
  public StepBatch current() {
    checkStarted();
    return batch;
  }

  private void checkStarted() {
    if (!started) {
      throw new IllegalStateException("call reset or load before the first step");
    }
  }

  @Override
  public boolean render(int copy, Frame frame) {
    world.grid().render(frame, world.floor(), world.planes(), Planes.of(world, states[copy]));
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("grid-batch");
    to.putInts(states);
    to.putInts(ages);
    for (RandomStream stream : streams) {
      stream.save(to);
    }
    to.putBoolean(started);
    to.putBytes(batch.observations());
    to.putBytes(batch.finalObservations());
    to.putFloats(batch.rewards());
    to.putBooleans(batch.terminated());
    to.putBooleans(batch.truncated());
    to.putBooleans(batch.legalActions());
  }

  @Override
  public void load(StateReader from) {
    from.section("grid-batch");
    from.getInts(states);
    from.getInts(ages);
    for (RandomStream stream : streams) {
      stream.load(from);
    }
    started = from.getBoolean();
    from.getBytes(batch.observations());
    from.getBytes(batch.finalObservations());
    from.getFloats(batch.rewards());
    from.getBooleans(batch.terminated());
    from.getBooleans(batch.truncated());
    from.getBooleans(batch.legalActions());
  }

  @Override
  public void close() {
    arena.close();
  }
}
