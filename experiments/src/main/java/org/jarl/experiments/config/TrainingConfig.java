package org.jarl.experiments.config;

import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;

/// How long a run learns, and when it saves and reports: the `training` block.
public record TrainingConfig(
    @Setting(meaning = "agent steps to learn for, all copies added up; at least 1") long agentSteps,
    @Setting(
            meaning = "agent steps between checkpoints of the whole state; 0 saves only at the end",
            defaultValue = "50000")
        long checkpointPeriod,
    @Setting(
            meaning = "agent steps between lines of metrics such as the loss; at least 1",
            defaultValue = "1000")
        long metricsPeriod) {
  public TrainingConfig {
    Require.positive("agentSteps", agentSteps);
    Require.notNegative("checkpointPeriod", checkpointPeriod);
    Require.positive("metricsPeriod", metricsPeriod);
  }
}
