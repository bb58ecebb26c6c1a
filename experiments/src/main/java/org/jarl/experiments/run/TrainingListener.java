package org.jarl.experiments.run;

import org.jarl.env.VectorEnvironment;

/// Looks at a run while it learns, and decides nothing in it.
public interface TrainingListener {
  /// Looks away.
  TrainingListener NOBODY = (_, _) -> {};

  /// Called by the training thread at the end of every turn, when the run's state is whole. Must
  /// not wait, and allocates nothing on most calls.
  ///
  /// @param environment to be looked at, neither stepped nor changed, during the call
  void turn(long agentSteps, VectorEnvironment environment);
}
