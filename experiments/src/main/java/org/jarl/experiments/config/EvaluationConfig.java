package org.jarl.experiments.config;

import org.jarl.agents.Policy;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;

/// How the learned policy is measured, on environments and random streams of its own: the
/// `evaluation` block.
public record EvaluationConfig(
    @Setting(meaning = "episodes per evaluation; 0 turns evaluation off", defaultValue = "100")
        int episodes,
    @Setting(
            meaning = "agent steps between evaluations; 0 evaluates only at the end",
            defaultValue = "0")
        long period,
    @Setting(
            meaning = "copies of the environment that play the episodes; at least 1",
            defaultValue = "10")
        int count,
    @Setting(
            meaning = "probability of a random action (Mnih et al. 2015: 0.05); 0 for none",
            defaultValue = "0")
        float epsilon,
    @Setting(
            meaning =
                "mode (the most probable action) or sample (drawn, for agents that learn"
                    + " probabilities)",
            defaultValue = "mode")
        Policy.Choice actions) {
  public EvaluationConfig {
    Require.notNegative("episodes", episodes);
    Require.notNegative("period", period);
    Require.positive("count", count);
    Require.unitInterval("epsilon", epsilon);
  }

  /// The same with other actions.
  EvaluationConfig withActions(Policy.Choice choice) {
    return new EvaluationConfig(episodes, period, count, epsilon, choice);
  }
}
