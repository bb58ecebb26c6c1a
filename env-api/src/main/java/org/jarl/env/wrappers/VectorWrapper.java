package org.jarl.env.wrappers;

import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// A vector environment that passes every call on to another one: the base of wrappers, which
/// override what they change.
///
/// A wrapper owns the environment inside and closes it. A wrapper with state of its own overrides
/// [#save] and [#load], which also pass the call on, and always in the same order. The number of
/// copies and the pictures are those of the environment inside.
public abstract class VectorWrapper implements VectorEnvironment {
  private final VectorEnvironment inner;

  /// A wrapper around an environment, which it then owns.
  protected VectorWrapper(VectorEnvironment inner) {
    this.inner = inner;
  }

  /// The environment inside.
  protected final VectorEnvironment inner() {
    return inner;
  }

  @Override
  public EnvironmentSpec spec() {
    return inner.spec();
  }

  @Override
  public final int count() {
    return inner.count();
  }

  @Override
  public StepBatch reset(long seed) {
    return inner.reset(seed);
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    return inner.step(actions);
  }

  @Override
  public StepBatch current() {
    return inner.current();
  }

  @Override
  public final boolean render(int copy, Frame frame) {
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
