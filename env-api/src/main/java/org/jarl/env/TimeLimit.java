package org.jarl.env;

/// An environment with shorter episodes than its author's.
///
/// It changes what the spec says; whoever steps the environment cuts the episodes. Not thread-safe.
public final class TimeLimit implements Environment {
  private final Environment environment;
  private final EnvironmentSpec spec;

  /// Limits an environment, which this object then owns.
  ///
  /// @param steps at least 1, and at most the environment's own limit where it has one
  /// @throws IllegalArgumentException if `steps` is not within these
  public TimeLimit(Environment environment, int steps) {
    this.environment = environment;
    EnvironmentSpec own = environment.spec();
    int most = own.timeLimit() == 0 ? Integer.MAX_VALUE : own.timeLimit();
    if (steps < 1 || steps > most) {
      throw new IllegalArgumentException(
          own.timeLimit() == 0
              ? "a time limit must be at least 1 step, got " + steps
              : "a time limit must be in 1 .. %d, the environment's own, got %d"
                  .formatted(most, steps));
    }
    this.spec = own.withTimeLimit(steps);
  }

  @Override
  public EnvironmentSpec spec() {
    return spec;
  }

  @Override
  public void reset(RandomStream random, Observation out) {
    environment.reset(random, out);
  }

  @Override
  public void step(Action action, Step out) {
    environment.step(action, out);
  }

  @Override
  public void legalActions(boolean[] legal) {
    environment.legalActions(legal);
  }

  @Override
  public boolean render(Frame frame) {
    return environment.render(frame);
  }

  @Override
  public void save(StateWriter to) {
    environment.save(to);
  }

  @Override
  public void load(StateReader from) {
    environment.load(from);
  }

  @Override
  public void close() {
    environment.close();
  }
}
