package org.jarl.agents;

import org.jarl.env.VectorEnvironment;

/// What an algorithm gets from the run around it: the environment to learn from, somewhere to say
/// numbers, and the word whether to go on.
///
/// Everything that is not the algorithm happens behind [#proceed]: checkpoints, evaluation,
/// progress, stopping.
public interface Run {

  /// The training environment, reset or restored; [VectorEnvironment#current] holds what the agent
  /// sees now.
  VectorEnvironment environment();

  /// Called at the end of every turn of the loop, when the agent's state is whole. Allocates
  /// nothing on most calls.
  ///
  /// @return false when training is over or has been interrupted
  boolean proceed();

  /// Says a number, for example `loss`; it is recorded at the agent's present step. Call it at most
  /// once per name between two calls of [#proceed].
  void metric(String name, double value);

  /// Whether the run wants numbers now: algorithms read losses from the device only then.
  boolean wantsMetrics();
}
