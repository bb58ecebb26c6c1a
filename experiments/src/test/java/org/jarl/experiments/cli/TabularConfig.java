package org.jarl.experiments.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jarl.agents.Agent;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.Policy;
import org.jarl.agents.Task;
import org.jarl.agents.config.Setting;
import org.jarl.env.EnvironmentSpec;

/// Settings of [TabularAgent], the smallest agent with parts of every kind: numbers, random
/// streams, counters and native memory.
record TabularConfig(
    @Setting(meaning = "step of the table's values", defaultValue = "0.1") float learningRate,
    @Setting(meaning = "chance of a random action", defaultValue = "0.2") float epsilon,
    @Setting(meaning = "transitions that are remembered", defaultValue = "100") int capacity,
    @Setting(meaning = "update that gives NaN; 0 for none", defaultValue = "0") long divergeAt)
    implements AgentConfig {

  @Override
  public Agent create(Task task) {
    return new TabularAgent(this, task);
  }

  @Override
  public Policy loadPolicy(Task task, Path weights, Policy.Choice choice) {
    try {
      byte[] bytes = Files.readAllBytes(weights);
      float[] table = new float[bytes.length / Float.BYTES];
      ByteBuffer.wrap(bytes).asFloatBuffer().get(table);
      return TabularAgent.policy(table, task.count(), choice);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean stochastic() {
    return true;
  }

  @Override
  public Map<String, String> memory(EnvironmentSpec spec, int count) {
    return Map.of("replay", capacity + " transitions");
  }
}
