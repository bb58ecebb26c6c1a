package org.jarl.nn;

import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// The place where the parameters of a network are made: a set of variables, a path that their
/// names begin with, and how they are initialized.
///
///     Scope scope = Scope.of(variables, random);
///     Module torso = scope.linear("hidden", 4, 64);      // hidden.weight [4, 64], hidden.bias [64]
///     Module head = scope.at("policy").linear("head", 64, 2);             // policy.head.weight ...
///
/// Parameters are made, and the random stream is drawn from, in the order of the calls.
///
/// @param variables receive the parameters
/// @param path of the names, empty or ending with a dot
/// @param initialization of the layers that are made here
/// @param random first values are drawn from it; null where all are 0
public record Scope(
    Variables variables,
    String path,
    Initialization initialization,
    @Nullable RandomGenerator random) {

  /// The top of a network initialized as PyTorch does, [Initialization#FAN_IN].
  public static Scope of(Variables variables, RandomGenerator random) {
    return new Scope(variables, "", Initialization.FAN_IN, random);
  }

  /// The top of a network whose values are loaded or copied before it is used: nothing is drawn.
  public static Scope uninitialized(Variables variables) {
    return new Scope(variables, "", Initialization.FAN_IN, null);
  }

  /// The same place with other first values.
  public Scope with(Initialization other) {
    return new Scope(variables, path, other, random);
  }

  /// A place inside this one.
  ///
  /// @param name of the part, for example `policy`
  public Scope at(String name) {
    return new Scope(variables, path + name + ".", initialization, random);
  }

  /// A parameter of its own.
  ///
  /// @throws IllegalArgumentException if the name is taken
  public Parameter parameter(String name, Shape shape, Initializer initializer) {
    return random == null
        ? variables.add(path + name, shape, Initializer.zeros(), () -> 0)
        : variables.add(path + name, shape, initializer, random);
  }

  /// A linear layer whose orthogonal weights have the gain 1.
  ///
  /// @param name of the parameters `name.weight` and `name.bias`
  public Linear linear(String name, int inputs, int outputs) {
    return linear(name, inputs, outputs, 1);
  }

  /// A linear layer.
  ///
  /// @param name of the parameters `name.weight` and `name.bias`
  /// @param gain of orthogonal weights
  public Linear linear(String name, int inputs, int outputs, float gain) {
    return new Linear(at(name), Shape.of(inputs, outputs), inputs, gain);
  }

  /// A convolution with the gain of layers before a ReLU, `sqrt(2)` (He et al. 2015).
  ///
  /// @param name of the parameters `name.weight` and `name.bias`
  /// @param kernel `[KH, KW, C, outputs]`
  public Conv2d conv2d(String name, Shape kernel, int stride, int padding) {
    return new Conv2d(at(name), kernel, stride, padding);
  }

  /// A layer normalization over the last axis, with gain 1 and bias 0.
  ///
  /// @param name of the parameters `name.weight` and `name.bias`
  /// @param size of the last axis
  public LayerNorm layerNorm(String name, int size) {
    return new LayerNorm(at(name), size);
  }

  /// A long short-term memory.
  ///
  /// @param name of the parameters `name.input...` and `name.state...`
  public Recurrent.Lstm lstm(String name, int inputs, int hidden) {
    return new Recurrent.Lstm(at(name), inputs, hidden);
  }

  /// A gated recurrent unit.
  ///
  /// @param name of the parameters `name.input...` and `name.state...`
  public Recurrent.Gru gru(String name, int inputs, int hidden) {
    return new Recurrent.Gru(at(name), inputs, hidden);
  }

  /// The path without its last dot, for error messages.
  String name() {
    return path.isEmpty() ? path : path.substring(0, path.length() - 1);
  }
}
