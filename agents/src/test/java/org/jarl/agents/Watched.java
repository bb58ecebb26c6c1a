package org.jarl.agents;

import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// An environment that shows each step to a test, which may spoil what the agent sees of it.
final class Watched implements VectorEnvironment {
  private final VectorEnvironment inner;
  private final Watcher watcher;

  /// What is told.
  interface Watcher {
    /// Before a step: what was seen, and what is done.
    default void acts(StepBatch seen, ActionBatch actions) {}

    /// After it.
    void sees(StepBatch step);
  }

  Watched(VectorEnvironment inner, Watcher watcher) {
    this.inner = inner;
    this.watcher = watcher;
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    watcher.acts(inner.current(), actions);
    StepBatch step = inner.step(actions);
    watcher.sees(step);
    return step;
  }

  @Override
  public EnvironmentSpec spec() {
    return inner.spec();
  }

  @Override
  public int count() {
    return inner.count();
  }

  @Override
  public StepBatch reset(long seed) {
    return inner.reset(seed);
  }

  @Override
  public StepBatch current() {
    return inner.current();
  }

  @Override
  public boolean render(int copy, Frame frame) {
    return inner.render(copy, frame);
  }

  @Override
  public void save(StateWriter to) {
    inner.save(to);
  }

  @Override
  public void load(StateReader from) {
    inner.load(from);
  }

  @Override
  public void close() {
    inner.close();
  }
}
