package org.jarl.agents;

import java.util.Arrays;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.maths.Rollout;
import org.jarl.nn.Parameter;
import org.jarl.nn.Variables;

/// The update of [Ppo] once more, as plain as it can be written down beside the papers: in double
/// numbers, one row at a time, with derivatives by hand. For two separate networks of tanh layers,
/// and actions that are one choice or numbers with normal noise.
///
/// Sizes: `T` steps of `N` copies, row `t N + i`; `B` rows of a minibatch.
final class PlainPpo {
  private static final double LOG_TWO_PI = Math.log(2 * Math.PI);

  private final Ppo.Config config;
  private final boolean continuous;
  private final Mlp policy;
  private final Mlp value;
  private final int logDeviation;

  /// All parameters, where the [Variables] have them.
  final double[] parameters;

  /// Adam's running means of gradients and of their squares.
  final double[] firstMoment;

  final double[] secondMoment;
  private int steps;

  /// Minibatches in which some ratio was clipped, some value was, and the gradient was.
  int clippedRatios;

  int clippedValues;
  int clippedGradients;

  /// What was seen and done.
  ///
  /// @param next what followed each step: of the last step of an episode its final observation
  record Rollout(
      int copies,
      double[][] observations,
      double[][] actions,
      double[] rewards,
      double[][] next,
      boolean[] terminated,
      boolean[] truncated) {}

  /// What is made of a rollout before anything is learned from it.
  record Estimates(
      double[] logProbabilities, double[] values, double[] advantages, double[] returns) {}

  PlainPpo(Ppo.Config config, Variables layout, boolean continuous) {
    this.config = config;
    this.continuous = continuous;
    parameters = new double[layout.elements()];
    firstMoment = new double[parameters.length];
    secondMoment = new double[parameters.length];
    policy = new Mlp("policy", layout);
    value = new Mlp("value", layout);
    logDeviation = continuous ? named(layout, "policy.logDeviation").offset() : 0;
  }

  /// Takes up where another has come to.
  void load(float[] otherParameters, float[] otherFirst, float[] otherSecond, int otherSteps) {
    for (int i = 0; i < parameters.length; i++) {
      parameters[i] = otherParameters[i];
      firstMoment[i] = otherFirst[i];
      secondMoment[i] = otherSecond[i];
    }
    steps = otherSteps;
  }

  private static Parameter named(Variables variables, String name) {
    return variables.parameters().stream()
        .filter(parameter -> parameter.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /// Two hidden layers and a head; weights are `[inputs, outputs]`.
  private final class Mlp {
    final Parameter[] weights = new Parameter[3];
    final Parameter[] biases = new Parameter[3];

    Mlp(String name, Variables layout) {
      String[] layers = {name + ".hidden1", name + ".hidden2", name + ".head"};
      for (int l = 0; l < layers.length; l++) {
        weights[l] = named(layout, layers[l] + ".weight");
        biases[l] = named(layout, layers[l] + ".bias");
      }
    }

    /// The input and the output of every layer.
    double[][] forward(double[] input) {
      double[][] outputs = {input, new double[0], new double[0], new double[0]};
      for (int l = 0; l < 3; l++) {
        int width = weights[l].shape().size(1);
        outputs[l + 1] = new double[width];
        for (int j = 0; j < width; j++) {
          double sum = parameters[biases[l].offset() + j];
          for (int i = 0; i < outputs[l].length; i++) {
            sum += outputs[l][i] * parameters[weights[l].offset() + i * width + j];
          }
          outputs[l + 1][j] = l < 2 ? Math.tanh(sum) : sum;
        }
      }
      return outputs;
    }

    /// Adds what one row contributes to the gradient.
    ///
    /// @param ofOutput derivatives of the loss by the head's outputs
    void backward(double[][] outputs, double[] ofOutput, double[] gradient) {
      double[] above = ofOutput;
      for (int l = 2; l >= 0; l--) {
        int width = above.length;
        double[] below = new double[outputs[l].length];
        for (int j = 0; j < width; j++) {
          gradient[biases[l].offset() + j] += above[j];
          for (int i = 0; i < below.length; i++) {
            int at = weights[l].offset() + i * width + j;
            gradient[at] += outputs[l][i] * above[j];
            below[i] += parameters[at] * above[j];
          }
        }
        for (int i = 0; i < below.length; i++) {
          below[i] *= 1 - outputs[l][i] * outputs[l][i];
        }
        above = below;
      }
    }
  }

  private static double last(double[][] outputs) {
    return outputs[3][0];
  }

  private static double[] logSoftmax(double[] logits) {
    double max = Arrays.stream(logits).max().orElseThrow();
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - max);
    }
    double[] out = new double[logits.length];
    for (int a = 0; a < out.length; a++) {
      out[a] = logits[a] - max - Math.log(sum);
    }
    return out;
  }

  /// `log pi(a|s)`.
  ///
  /// @param output of the policy: logits, or means
  private double logProbability(double[] output, double[] action) {
    if (!continuous) {
      return logSoftmax(output)[(int) action[0]];
    }
    double sum = 0;
    for (int d = 0; d < output.length; d++) {
      double z = (action[d] - output[d]) / Math.exp(parameters[logDeviation + d]);
      sum += -0.5 * z * z - parameters[logDeviation + d] - 0.5 * LOG_TWO_PI;
    }
    return sum;
  }

  /// Old probabilities and values, and generalized advantages (Schulman et al. 2016, equation 16).
  Estimates estimate(Rollout rollout) {
    int rows = rollout.rewards().length;
    double[] logProbabilities = new double[rows];
    double[] values = new double[rows];
    for (int row = 0; row < rows; row++) {
      double[] seen = rollout.observations()[row];
      logProbabilities[row] = logProbability(policy.forward(seen)[3], rollout.actions()[row]);
      values[row] = last(value.forward(seen));
    }
    double[] advantages = new double[rows];
    double[] returns = new double[rows];
    for (int row = rows - 1; row >= 0; row--) {
      boolean ended = rollout.terminated()[row] || rollout.truncated()[row];
      int after = row + rollout.copies();
      double next = rollout.terminated()[row] ? 0 : last(value.forward(rollout.next()[row]));
      double delta = rollout.rewards()[row] + config.gamma() * next - values[row];
      double rest = ended || after >= rows ? 0 : advantages[after];
      advantages[row] = delta + (double) config.gamma() * config.lambda() * rest;
      returns[row] = advantages[row] + values[row];
    }
    return new Estimates(logProbabilities, values, advantages, returns);
  }

  /// One step on one minibatch.
  void learn(Rollout rollout, Estimates old, int[] rows, double learningRate, double clipRange) {
    double[] advantages = normalized(old.advantages(), rows);
    double[] gradient = new double[parameters.length];
    boolean anyRatio = false;
    boolean anyValue = false;
    for (int b = 0; b < rows.length; b++) {
      int row = rows[b];
      double[] action = rollout.actions()[row];

      double[][] policyOutputs = policy.forward(rollout.observations()[row]);
      double[] output = policyOutputs[3];
      double ratio = Math.exp(logProbability(output, action) - old.logProbabilities()[row]);
      double clipped = Math.max(1 - clipRange, Math.min(1 + clipRange, ratio));
      boolean free = ratio * advantages[b] <= clipped * advantages[b];
      anyRatio |= !free;
      // Of -min(r A, clip(r) A) / B by log pi, where the derivative of r is r.
      double byLogProbability = free ? -ratio * advantages[b] / rows.length : 0;
      double byEntropy = -config.entropyCoefficient() / (double) rows.length;
      double[] byOutput = policyDerivative(output, action, byLogProbability, byEntropy, gradient);
      policy.backward(policyOutputs, byOutput, gradient);

      double[][] valueOutputs = value.forward(rollout.observations()[row]);
      double now = last(valueOutputs);
      double range = config.valueClipRange();
      double moved = Math.max(-range, Math.min(range, now - old.values()[row]));
      double error = now - old.returns()[row];
      double clippedError = old.values()[row] + moved - old.returns()[row];
      boolean freeValue = range == 0 || error * error >= clippedError * clippedError;
      // Where the clipped error is the larger, it does not depend on the parameters.
      anyValue |= !freeValue;
      double byValue = freeValue ? config.valueCoefficient() * error / rows.length : 0;
      value.backward(valueOutputs, new double[] {byValue}, gradient);
    }
    clippedRatios += anyRatio ? 1 : 0;
    clippedValues += anyValue ? 1 : 0;
    clip(gradient);
    adam(gradient, learningRate);
  }

  /// Mean 0, deviation 1 within the minibatch.
  private double[] normalized(double[] advantages, int[] rows) {
    double[] chosen = Arrays.stream(rows).mapToDouble(row -> advantages[row]).toArray();
    if (!config.normalizeAdvantages()) {
      return chosen;
    }
    double mean = Arrays.stream(chosen).sum() / rows.length;
    double squares = Arrays.stream(chosen).map(a -> (a - mean) * (a - mean)).sum();
    double deviation = Math.sqrt(squares / (rows.length - 1));
    return Arrays.stream(chosen).map(a -> (a - mean) / (deviation + 1e-8)).toArray();
  }

  /// Derivatives of `x log pi(a|s) + y H` by the policy's outputs; those by the deviations are
  /// added to the gradient.
  private double[] policyDerivative(
      double[] output, double[] action, double x, double y, double[] gradient) {
    double[] derivative = new double[output.length];
    if (continuous) {
      for (int d = 0; d < output.length; d++) {
        double deviation = Math.exp(parameters[logDeviation + d]);
        double z = (action[d] - output[d]) / deviation;
        derivative[d] = x * z / deviation;
        gradient[logDeviation + d] += x * (z * z - 1) + y;
      }
      return derivative;
    }
    double[] logProbabilities = logSoftmax(output);
    double entropy = 0;
    for (double logProbability : logProbabilities) {
      entropy -= Math.exp(logProbability) * logProbability;
    }
    for (int a = 0; a < output.length; a++) {
      double p = Math.exp(logProbabilities[a]);
      double taken = a == (int) action[0] ? 1 : 0;
      derivative[a] = x * (taken - p) - y * p * (logProbabilities[a] + entropy);
    }
    return derivative;
  }

  /// The whole gradient to its greatest norm (Pascanu et al. 2013).
  private void clip(double[] gradient) {
    double norm = Math.sqrt(Arrays.stream(gradient).map(g -> g * g).sum());
    double scale = config.maxGradientNorm() / (norm + 1e-6);
    if (config.maxGradientNorm() > 0 && scale < 1) {
      clippedGradients++;
      for (int i = 0; i < gradient.length; i++) {
        gradient[i] *= scale;
      }
    }
  }

  /// Kingma and Ba (2015), algorithm 1, with the constants as floats have them: 1 - 0.999f differs
  /// from 0.001 in the fifth digit.
  private void adam(double[] gradient, double learningRate) {
    double beta1 = 0.9f;
    double beta2 = 0.999f;
    double epsilon = ((OptimizerConfig.Adam) config.optimizer()).epsilon();
    steps++;
    for (int i = 0; i < gradient.length; i++) {
      firstMoment[i] = beta1 * firstMoment[i] + (1 - beta1) * gradient[i];
      secondMoment[i] = beta2 * secondMoment[i] + (1 - beta2) * gradient[i] * gradient[i];
      double first = firstMoment[i] / (1 - Math.pow(beta1, steps));
      double second = secondMoment[i] / (1 - Math.pow(beta2, steps));
      parameters[i] -= learningRate * first / (Math.sqrt(second) + epsilon);
    }
  }
}
