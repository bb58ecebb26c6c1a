package org.jarl.env;

/// An environment that passes every call on to another one: the base of wrappers around single
/// environments, which override what they change.
///
/// A wrapper owns the environment inside and closes it. It is as little thread-safe as that one.
public abstract class EnvironmentWrapper implements Environment {
  private final Environment inner;

  /// A wrapper around an environment, which it then owns.
  protected EnvironmentWrapper(Environment inner) {
    this.inner = inner;
  }

  /// The environment inside.
  protected final Environment inner() {
    return inner;
  }

  @Override
  public EnvironmentSpec spec() {
    return inner.spec();
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    inner.reset(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    inner.step(action, out);
  }

  @Override
  public void legalActions(boolean[] legal) {
    inner.legalActions(legal);
  }

  @Override
  public boolean render(Frame frame) {
    return inner.render(frame);
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
