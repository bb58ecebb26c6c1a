package org.jarl.agents;

import java.util.List;
import java.util.function.Consumer;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.nn.Initialization;

/// Settings of policy gradients that learn in a second, to be changed one by one.
final class Settings {
  static final PolicyConfig.Memory LSTM = new PolicyConfig.Memory.Lstm(8);

  float gamma = 0.5f;
  float lambda = 0.95f;
  int horizon = 16;
  int minibatches = 4;
  int epochs = 4;
  int episodes = 4;
  int sequenceLength = 4;
  Schedule learningRate = new Schedule.Constant(1e-2f);
  Schedule clipRange = new Schedule.Constant(0.2f);
  float valueClipRange;
  boolean normalizeAdvantages = true;
  float entropyCoefficient = 0.001f;
  float valueCoefficient = 0.5f;
  float maxGradientNorm = 0.5f;
  float targetKl;
  NetworkConfig.Activation activation = NetworkConfig.Activation.TANH;
  boolean sharedTorso;
  Initialization initialization = Initialization.ORTHOGONAL;
  PolicyConfig.Noise noise = new PolicyConfig.Noise.Gaussian(0);
  PolicyConfig.Memory memory = new PolicyConfig.Memory.None();

  static Settings with(Consumer<Settings> change) {
    Settings settings = new Settings();
    change.accept(settings);
    return settings;
  }

  private OptimizerConfig optimizer() {
    return new OptimizerConfig.Adam(learningRate, 1e-5f);
  }

  private PolicyConfig policy() {
    return new PolicyConfig(
        new NetworkConfig.Mlp(List.of(16, 16), activation),
        sharedTorso,
        initialization,
        noise,
        memory);
  }

  @Override
  public String toString() {
    return ppo().toString();
  }

  Ppo.Config ppo() {
    return new Ppo.Config(
        gamma,
        lambda,
        horizon,
        minibatches,
        epochs,
        optimizer(),
        clipRange,
        valueClipRange,
        normalizeAdvantages,
        entropyCoefficient,
        valueCoefficient,
        maxGradientNorm,
        targetKl,
        sequenceLength,
        policy());
  }

  A2c.Config a2c() {
    return new A2c.Config(
        gamma,
        lambda,
        horizon,
        optimizer(),
        normalizeAdvantages,
        entropyCoefficient,
        valueCoefficient,
        maxGradientNorm,
        policy());
  }

  Reinforce.Config reinforce() {
    return new Reinforce.Config(
        gamma,
        episodes,
        optimizer(),
        entropyCoefficient,
        valueCoefficient,
        maxGradientNorm,
        policy());
  }
}
