package org.jarl.agents;

import java.nio.file.Path;
import java.util.Map;
import org.jarl.env.EnvironmentSpec;
import org.jarl.nn.Engine;

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
  /// @param spec of one copy of the training environment
  /// @param count copies of the training environment
  /// @param seed every random stream of the agent is derived from it
  /// @throws IllegalArgumentException if the algorithm does not fit the environment, saying why
  Agent create(EnvironmentSpec spec, int count, Engine engine, long seed);

  /// The policy whose weights [Agent#saveWeights] wrote.
  ///
  /// @param choice [Policy.Choice#MODE] where the policy is not [#stochastic]
  /// @throws IllegalArgumentException if the weights are not those of this network
  Policy loadPolicy(
      EnvironmentSpec spec, int count, Engine engine, Path weights, Policy.Choice choice);

  /// Whether what is learned are probabilities of actions, so that they can also be drawn.
  default boolean stochastic() {
    return false;
  }

  /// Whether the network convolves images, so that an update is much work.
  default boolean convolves() {
    return false;
  }

  /// The memory that a user should read of before a run starts, by name: `replay` is `1,000,000
  /// transitions, 6.7 GiB outside the heap`.
  default Map<String, String> memory(EnvironmentSpec spec, int count) {
    return Map.of();
  }
}
