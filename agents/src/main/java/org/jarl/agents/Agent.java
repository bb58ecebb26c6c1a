package org.jarl.agents;

/// A learning algorithm with everything it has learned. One thread uses it.
///
/// The environment is not part of it: the run saves that.
public interface Agent extends AutoCloseable {

  /// Learns from `run.environment()` until `run.proceed()` says stop; goes on from where it is, so
  /// also after [AgentState#load]. When it returns, a device of its own may still compute the last
  /// update: [AgentState#settle] waits for it.
  ///
  /// @throws DivergedException when a number that must be finite is not
  void train(Run run);

  /// Acts as this agent has learned to, without exploration, for `count` copies at a time; follows
  /// this agent's parameters as they change.
  ///
  /// @param choice [Policy.Choice#MODE] for agents that are not [AgentConfig#stochastic]
  Policy policy(int count, Policy.Choice choice);

  /// Counters, weights and all that is saved: parameters, optimizer, replay, random streams.
  AgentState state();

  @Override
  default void close() {
    state().close();
  }
}
