package org.jarl.env;

/// An environment with shorter episodes than its author's.
///
/// It changes the limit in the spec only; the vector environment around it cuts the episodes. Not
/// thread-safe.
public final class TimeLimit extends EnvironmentWrapper {
  private final EnvironmentSpec spec;

  /// Limits an environment, which this object then owns.
  ///
  /// @param steps at least 1, and at most the environment's own limit where it has one
  /// @throws IllegalArgumentException if `steps` is not within these
  public TimeLimit(Environment environment, int steps) {
    super(environment);
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
}
