package org.jarl.experiments.config;

import java.util.List;
import org.jarl.agents.AgentConfig;
import org.jarl.agents.Policy;
import org.jarl.agents.config.Require;
import org.jarl.agents.config.Setting;
import org.jarl.agents.config.SettingException;
import org.jarl.nn.Precision;

/// One experiment: all that decides what a run computes. Two runs of equal experiments end with
/// equal bytes.
///
/// Components are the top-level keys of an experiment file.
public record Experiment(
    @Setting(meaning = "the environment to learn in") EnvironmentConfig environment,
    @Setting(meaning = "the learning algorithm, by its type, and its settings") AgentConfig agent,
    @Setting(meaning = "how long to learn and when to save") TrainingConfig training,
    @Setting(meaning = "how the learned policy is measured", defaultValue = "{}")
        EvaluationConfig evaluation,
    @Setting(
            meaning = "every random stream of the run is derived from it; 0 or more",
            defaultValue = "1")
        long seed,
    @Setting(
            meaning =
                "where tensors are computed; auto is cuda for networks with convolutions where"
                    + " there is a GPU, else cpu",
            defaultValue = "auto",
            oneOf = {"auto", "cpu", "cuda", "nd4j"})
        String device,
    @Setting(
            meaning =
                "operands of products: fp32, or on a GPU with tensor cores tf32 or bf16; auto is"
                    + " tf32 there, else fp32",
            defaultValue = "auto")
        Precision precision) {

  /// Names that [#device] can have.
  public static final List<String> DEVICES = List.of("auto", "cpu", "cuda", "nd4j");

  public Experiment {
    Require.notNegative("seed", seed);
    Require.that(DEVICES.contains(device), "device", "one of " + DEVICES, device);
    try {
      agent.check(environment.count());
    } catch (SettingException e) {
      throw e.within("agent");
    }
    if (evaluation.actions() == Policy.Choice.SAMPLE && !agent.stochastic()) {
      throw new SettingException(
          "evaluation.actions",
          "mode for an agent that values actions but gives them no probabilities",
          "sample; use evaluation.epsilon for random actions");
    }
  }

  /// The same with other actions in evaluation; for a command line that says so.
  ///
  /// @throws IllegalArgumentException if the agent gives no probabilities to draw by
  public Experiment withActions(Policy.Choice choice) {
    return new Experiment(
        environment, agent, training, evaluation.withActions(choice), seed, device, precision);
  }
}
