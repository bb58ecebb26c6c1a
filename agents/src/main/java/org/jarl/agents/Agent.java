package org.jarl.agents;

import java.nio.file.Path;
import org.jarl.env.Checkpointable;

/// A learning algorithm with everything it has learned. One thread uses it.
///
/// Its saved state holds parameters, optimizer, replay, random streams and counters: all but the
/// environment, which the run saves.
public interface Agent extends Checkpointable, AutoCloseable {

  /// Learns from `run.environment()` until `run.proceed()` says stop; goes on from where it is, so
  /// also after [#load].
  ///
  /// @throws DivergedException when a number that must be finite is not
  void train(Run run);

  /// Environment steps taken so far, all copies added up.
  long agentSteps();

  /// Optimizer steps taken so far.
  long updates();

  /// Acts as this agent has learned to, without exploration, for `count` copies at a time; follows
  /// this agent's parameters as they change.
  ///
  /// @param choice [Policy.Choice#MODE] for agents that are not [AgentConfig#stochastic]
  Policy policy(int count, Policy.Choice choice);

  /// Writes the weights that [#policy] needs as a safetensors file.
  void saveWeights(Path file);

  /// Bytes of memory outside the heap that this agent holds, about those of a checkpoint.
  long offHeapBytes();

  @Override
  void close();
}
