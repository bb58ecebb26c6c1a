package org.jarl.experiments.config;

import java.nio.file.Path;
import java.util.List;
import org.jarl.agents.Agent;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.Policy;
import org.jarl.agents.Task;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;
import org.jarl.agents.config.Shorthand;

/// Settings with one component of every kind that a file can give.
record ToyAgentConfig(
    @Setting(meaning = "discount per step; 0 to 1", defaultValue = "0.99", formerly = "discount")
        float gamma,
    @Setting(meaning = "step of the optimizer; above 0", defaultValue = "2.5e-4")
        double learningRate,
    @Setting(meaning = "transitions per update; at least 1", defaultValue = "32") int batchSize,
    @Setting(meaning = "agent steps before the first update", defaultValue = "1000")
        int learningStarts,
    @Setting(
            meaning = "chance of a random action",
            defaultValue = "{type: linear, from: 1.0, to: 0.05, overAgentSteps: 250000}")
        ToySchedule epsilon,
    @Setting(meaning = "whether to double", defaultValue = "false") boolean doubleQ,
    @Setting(meaning = "loss of an error", defaultValue = "huber") Loss loss,
    @Setting(meaning = "widths of the hidden layers", defaultValue = "[120, 84]")
        List<Integer> hiddenSizes)
    implements AgentConfig {
  ToyAgentConfig {
    Require.unitInterval("gamma", gamma);
    Require.positive("learningRate", learningRate);
    Require.positive("batchSize", batchSize);
    Require.that(
        learningStarts >= batchSize,
        "learningStarts",
        "at least batchSize (" + batchSize + ")",
        learningStarts);
    hiddenSizes = List.copyOf(hiddenSizes);
  }

  enum Loss {
    HUBER,
    MEAN_SQUARE
  }

  sealed interface ToySchedule {
    @Shorthand
    record Constant(@Setting(meaning = "the value") float value) implements ToySchedule {}

    record Linear(
        @Setting(meaning = "first value") float from,
        @Setting(meaning = "last value") float to,
        @Setting(meaning = "agent steps from first to last") long overAgentSteps)
        implements ToySchedule {}
  }

  @Override
  public void check(int count) {
    Require.that(
        batchSize % count == 0,
        "batchSize",
        "a multiple of environment.count (" + count + ")",
        batchSize);
  }

  @Override
  public Agent create(Task task) {
    throw new UnsupportedOperationException("only its settings are used");
  }

  @Override
  public Policy loadPolicy(Task task, Path weights, Policy.Choice choice) {
    throw new UnsupportedOperationException("only its settings are used");
  }
}
