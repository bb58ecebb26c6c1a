package org.jarl.experiments.config;

import org.jarl.agents.AgentState;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;

/// How long a run learns, and when it saves and reports: the `training` block.
///
/// A run has one goal, in agent steps, or in updates where the agent takes no environment steps or
/// few. Its periods and its progress are counted in the unit of the goal.
public record TrainingConfig(
    @Setting(
            meaning =
                "agent steps to learn for, all copies added up; at least 1, or left out where"
                    + " updates is the goal",
            defaultValue = "0")
        long agentSteps,
    @Setting(
            meaning = "updates to learn for, in place of agentSteps: for agents that learn offline",
            defaultValue = "0")
        long updates,
    @Setting(
            meaning =
                "agent steps (updates, where they are the goal) between checkpoints of the whole"
                    + " state; 0 saves only at the end",
            defaultValue = "50000")
        long checkpointPeriod,
    @Setting(
            meaning =
                "agent steps (updates, where they are the goal) between lines of metrics such as"
                    + " the loss; at least 1",
            defaultValue = "1000")
        long metricsPeriod) {
  public TrainingConfig {
    Require.notNegative("updates", updates);
    if (updates == 0) {
      Require.that(
          agentSteps >= 1, "agentSteps", "at least 1, unless updates is the goal", agentSteps);
    } else {
      Require.that(
          agentSteps == 0,
          "agentSteps",
          "left out where updates is the goal (" + updates + ")",
          agentSteps);
    }
    Require.notNegative("checkpointPeriod", checkpointPeriod);
    Require.positive("metricsPeriod", metricsPeriod);
  }

  /// Unit of the goal.
  public enum Unit {
    /// Environment steps as the agent counts them.
    AGENT_STEPS("agentSteps", "agent step", "steps"),
    /// Optimizer steps.
    UPDATES("updates", "update", "updates");

    private final String key;
    private final String one;
    private final String several;

    Unit(String key, String one, String several) {
      this.key = key;
      this.one = one;
      this.several = several;
    }

    /// The goal's key in the `training` block.
    public String key() {
      return key;
    }

    /// The unit in a sentence, `agent step`.
    public String one() {
      return one;
    }

    /// The unit in a line of progress, `steps`.
    public String several() {
      return several;
    }
  }

  /// Unit of the goal, of the periods and of the progress.
  public Unit unit() {
    return updates > 0 ? Unit.UPDATES : Unit.AGENT_STEPS;
  }

  /// Where the run ends.
  public long goal() {
    return Math.max(agentSteps, updates);
  }

  /// How far an agent has come towards the goal.
  public long position(AgentState state) {
    return updates > 0 ? state.updates() : state.agentSteps();
  }
}
