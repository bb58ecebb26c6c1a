package org.jarl.agents;

import org.jarl.env.ActionBatch;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.wrappers.VectorWrapper;

/// An environment that shows each step to a test, which may spoil what the agent sees of it.
final class Watched extends VectorWrapper {
  private final Watcher watcher;

  /// What is told.
  interface Watcher {
    /// Before a step: what was seen, and what is done.
    default void acts(StepBatch seen, ActionBatch actions) {}

    /// After it.
    void sees(StepBatch step);
  }

  Watched(VectorEnvironment inner, Watcher watcher) {
    super(inner);
    this.watcher = watcher;
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    watcher.acts(inner().current(), actions);
    StepBatch step = inner().step(actions);
    watcher.sees(step);
    return step;
  }
}
