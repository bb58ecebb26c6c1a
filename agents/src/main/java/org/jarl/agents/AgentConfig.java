package org.jarl.agents;

import java.nio.file.Path;
import java.util.Map;
import org.jarl.agents.config.SettingException;
import org.jarl.env.EnvironmentSpec;

/// The settings of one algorithm: a record whose components are the keys of the `agent` block of an
/// experiment.
public interface AgentConfig {

  /// Checks what depends on the number of copies.
  ///
  /// @param count copies of the training environment
  /// @throws SettingException with component, rule and value
  default void check(int count) {}

  /// A new agent.
  ///
  /// @param task with the training environment's spec and number of copies
  /// @throws IllegalArgumentException if the algorithm does not fit the environment, saying why
  Agent create(Task task);

  /// The policy whose weights [AgentState#saveWeights] wrote.
  ///
  /// @param task with the number of copies that the policy acts for
  /// @param choice [Policy.Choice#MODE] where the policy is not [#stochastic]
  /// @throws IllegalArgumentException if the weights are not those of this network
  Policy loadPolicy(Task task, Path weights, Policy.Choice choice);

  /// Whether what is learned are probabilities of actions, so that they can also be drawn.
  default boolean stochastic() {
    return false;
  }

  /// Whether the network has convolutions, so that an update is much work.
  default boolean usesConvolutions() {
    return false;
  }

  /// The memory that a user should read of before a run starts, by name: `replay` is `1,000,000
  /// transitions, 6.7 GiB outside the heap`.
  default Map<String, String> memory(EnvironmentSpec spec, int count) {
    return Map.of();
  }
}
