package org.jarl.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/// Changes a set of variables along the gradient of a loss, as part of a program.
///
/// The rule runs over the flat arena. Its own state (moments, step count) is [#state], which must
/// be saved with the parameters. With a `maxGradientNorm` the gradient of all parameters together
/// is scaled down to that Euclidean norm first (Pascanu et al. 2013).
public final class Optimizer {
  private final Variables parameters;
  private final Rule rule;
  private final float maxGradientNorm;
  private final List<Variables> moments = new ArrayList<>();
  private final Variables steps;

  /// How a step follows from the gradient `g`.
  public sealed interface Rule {
    /// `p -= lr * v` with `v = momentum * v + g`.
    record Sgd(float momentum) implements Rule {}

    /// RMSProp (Hinton 2012), where `n` and `m` are running means of `g^2` and `g`.
    ///
    ///     centered:      p -= lr * g / sqrt(max(n - m^2, 0) + epsilon)
    ///     not centered:  p -= lr * g / (sqrt(n) + epsilon)
    ///
    /// The first is that of Graves (2013) and Mnih et al. (2015), the second that of PyTorch.
    record RmsProp(float decay, float epsilon, boolean centered) implements Rule {}

    /// Adam (Kingma and Ba 2015, algorithm 1), epsilon outside the square root.
    record Adam(float beta1, float beta2, float epsilon) implements Rule {
      /// The constants of the paper with another epsilon.
      public static Adam withEpsilon(float epsilon) {
        return new Adam(0.9f, 0.999f, epsilon);
      }
    }

    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019): `p -= lr * weightDecay * p`
    /// comes first.
    record AdamW(float beta1, float beta2, float epsilon, float weightDecay) implements Rule {}

    /// Arrays of the parameters' layout that the rule keeps.
    default int momentCount() {
      return switch (this) {
        case Sgd(float momentum) -> momentum == 0 ? 0 : 1;
        case RmsProp rmsProp -> rmsProp.centered() ? 2 : 1;
        case Adam _, AdamW _ -> 2;
      };
    }
  }

  /// An optimizer of all parameters of a set.
  ///
  /// @param maxGradientNorm 0 for no clipping
  public Optimizer(Engine engine, Variables parameters, Rule rule, float maxGradientNorm) {
    if (!(maxGradientNorm >= 0)) {
      throw new IllegalArgumentException(
          "maxGradientNorm must be 0 (off) or more, got " + maxGradientNorm);
    }
    this.parameters = parameters;
    this.rule = rule;
    this.maxGradientNorm = maxGradientNorm;
    String prefix =
        parameters.name() + "." + rule.getClass().getSimpleName().toLowerCase(Locale.ROOT);
    RandomGenerator unused = () -> 0;
    for (int i = 0; i < rule.momentCount(); i++) {
      Variables moment = engine.variables(prefix + ".moment" + (i + 1));
      for (Parameter parameter : parameters.parameters()) {
        moment.add(parameter.name(), parameter.shape(), Initializer.zeros(), unused);
      }
      moments.add(moment);
    }
    steps = engine.variables(prefix + ".steps");
    steps.add("steps", Shape.of(1), Initializer.zeros(), unused);
  }

  /// What it changes.
  public Variables parameters() {
    return parameters;
  }

  /// How.
  public Rule rule() {
    return rule;
  }

  /// Largest Euclidean norm of the whole gradient; 0 for no limit.
  public float maxGradientNorm() {
    return maxGradientNorm;
  }

  /// Moments, in the rule's order.
  public List<Variables> moments() {
    return List.copyOf(moments);
  }

  /// One number: steps taken. Exact up to 2^24; from there on it stays, where every bias correction
  /// has long been 1.
  public Variables steps() {
    return steps;
  }

  /// Everything that must be saved besides the parameters.
  public List<Variables> state() {
    List<Variables> all = new ArrayList<>(moments);
    all.add(steps);
    return all;
  }

  /// Traces the gradient of a scalar loss and one step along it, taken after everything else in the
  /// program has been computed.
  ///
  /// @param learningRate scalar
  /// @return the loss, before the step
  /// @throws IllegalArgumentException if the loss does not depend on some parameter, naming it
  public Tensor minimize(Tensor loss, Tensor learningRate) {
    Graph graph = loss.graph();
    List<Tensor> with = parameters.parameters().stream().map(graph::variable).toList();
    List<Tensor> gradients = Gradients.of(loss, with);
    for (int i = 0; i < gradients.size(); i++) {
      if (gradients.get(i).op() instanceof Op.Constant(float value) && value == 0) {
        throw loss.error(
            "the loss does not depend on "
                + parameters.parameters().get(i)
                + ": give it to another set of variables or to the loss");
      }
    }
    graph.effect(new Graph.Effect.Optimize(this, gradients, learningRate));
    return loss;
  }

  /// The same with a fixed learning rate.
  public Tensor minimize(Tensor loss, float learningRate) {
    return minimize(loss, loss.graph().constant(learningRate));
  }
}
