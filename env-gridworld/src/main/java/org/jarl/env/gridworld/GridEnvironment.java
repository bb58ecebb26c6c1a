package org.jarl.env.gridworld;

import java.lang.foreign.MemorySegment;
import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.Step;

/// One copy of a [World].
final class GridEnvironment implements Environment {
  private final World world;
  private final EnvironmentSpec spec;
  private final MemorySegment background;
  private final Planes planes;
  private int state;

  GridEnvironment(World world, Planes.Form form) {
    this.world = world;
    spec = world.spec(form);
    background = Planes.background(world, form);
    planes = new Planes(world, form);
  }

  @Override
  public EnvironmentSpec spec() {
    return spec;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    state = world.start(random);
    observe(out);
  }

  @Override
  public void step(Action action, Step out) {
    long result = world.step(state, action.index(), out.random());
    state = World.state(result);
    observe(out.observation());
    if (world.ends(result)) {
      out.terminate(world.reward(result));
    } else {
      out.reward(world.reward(result));
    }
    if (world.masksActions()) {
      legalActions(out.legalActions());
    }
  }

  @Override
  public void legalActions(boolean[] legal) {
    int bits = world.legalActions(state);
    for (int action = 0; action < legal.length; action++) {
      legal[action] = (bits >> action & 1) != 0;
    }
  }

  private void observe(Observation out) {
    MemorySegment memory = out.memory();
    MemorySegment.copy(background, 0, memory, 0, background.byteSize());
    planes.marking(memory, 0);
    world.furnish(state, planes);
    world.show(state, planes);
  }

  @Override
  public boolean render(Frame frame) {
    world.grid().render(frame, world.floor(), world.planes(), Planes.of(world, state));
    return true;
  }

  @Override
  public void save(StateWriter to) {
    to.section("grid");
    to.putInt(state);
  }

  @Override
  public void load(StateReader from) {
    from.section("grid");
    state = from.getInt();
  }
}
