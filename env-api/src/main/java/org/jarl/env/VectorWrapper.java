package org.jarl.env;

/// A vector environment that changes some of what another one says, and owns it. Everything not
/// overridden is passed on.
abstract class VectorWrapper implements VectorEnvironment {
  private final VectorEnvironment inner;

  VectorWrapper(VectorEnvironment inner) {
    this.inner = inner;
  }

  /// What is wrapped.
  final VectorEnvironment inner() {
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
