package org.jarl.agents;

import org.jarl.agents.config.Require;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.nn.Engine;

/// What an agent or a policy is made for.
///
/// @param spec of one copy of the environment
/// @param count copies of the environment, `N`
/// @param engine device that computes; it outlives what is made on it
/// @param seed every random stream is derived from it
public record Task(EnvironmentSpec spec, int count, Engine engine, long seed) {

  /// Checks the number of copies.
  ///
  /// @throws IllegalArgumentException if there is no copy
  public Task {
    Require.positive("count", count);
  }

  /// The task with another number of copies.
  public Task withCount(int copies) {
    return new Task(spec, copies, engine, seed);
  }

  /// A random stream of this task's seed.
  ///
  /// @param name unique within the agent, for example `dqn/initialization`
  RandomStream stream(String name) {
    return RandomStream.of(seed, name);
  }
}
