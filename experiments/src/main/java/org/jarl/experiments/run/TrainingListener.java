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

  /// Called by the training thread for every number that is written to `metrics.jsonl`, such as
  /// `returnMean100`, `evaluation/mean` or `dqn/loss`.
  ///
  /// @param name of letters, digits and `_ . / -`
  /// @param value may be NaN, such as the mean return before an episode has ended
  default void metric(long agentSteps, String name, double value) {}

  /// Hears the numbers alone.
  static TrainingListener ofMetrics(Metrics metrics) {
    return new TrainingListener() {
      @Override
      public void turn(long agentSteps, VectorEnvironment environment) {}

      @Override
      public void metric(long agentSteps, String name, double value) {
        metrics.metric(agentSteps, name, value);
      }
    };
  }

  /// Hears the numbers of a run; see [TrainingListener#metric].
  @FunctionalInterface
  interface Metrics {
    /// One number.
    void metric(long agentSteps, String name, double value);
  }
}
