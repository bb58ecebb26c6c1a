package org.jarl.experiments.config;

/// One thing that is wrong with an experiment file.
///
/// @param origin where
/// @param message the rule, the value got and the way on
record ConfigProblem(ConfigOrigin origin, String message) {

  @Override
  public String toString() {
    return origin.explain(message);
  }
}
