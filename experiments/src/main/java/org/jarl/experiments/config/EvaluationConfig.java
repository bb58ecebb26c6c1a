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
        Policy.Choice actions,
    @Setting(
            meaning =
                "agent steps after which an episode is cut and counts as it stands, for"
                    + " environments whose episodes may never end",
            defaultValue = "100000")
        int maxEpisodeSteps) {
  /// Copies of an environment that an experiment can have.
  static final int MOST_COPIES = 65_536;

  public EvaluationConfig {
    Require.notNegative("episodes", episodes);
    Require.notNegative("period", period);
    Require.that(count >= 1 && count <= MOST_COPIES, "count", "from 1 to " + MOST_COPIES, count);
    Require.unitInterval("epsilon", epsilon);
    Require.positive("maxEpisodeSteps", maxEpisodeSteps);
  }

  /// The same with other actions.
  EvaluationConfig withActions(Policy.Choice choice) {
    return new EvaluationConfig(episodes, period, count, epsilon, choice, maxEpisodeSteps);
  }
}
