package org.jarl.nn;

import java.util.random.RandomGenerator;

/// `x w + b`: `[N, inputs]` to `[N, outputs]`; weights `[inputs, outputs]`, bias `[outputs]`.
public final class Linear implements Module {
  private final String path;
  private final Parameter weight;
  private final Parameter bias;

  /// Weights and bias uniform in `+-1/sqrt(inputs)`, as PyTorch begins.
  public Linear(Variables variables, String path, int inputs, int outputs, RandomGenerator random) {
    this(
        variables,
        path,
        Shape.of(inputs, outputs),
        Initializer.fanIn(inputs),
        Initializer.fanIn(inputs),
        random);
  }

  /// Weights `[inputs, outputs]` and bias by initializers of choice.
  ///
  /// @param path of the parameters `path.weight` and `path.bias`
  public Linear(
      Variables variables,
      String path,
      Shape shape,
      Initializer weights,
      Initializer biases,
      RandomGenerator random) {
    this.path = path;
    this.weight = variables.add(path + ".weight", shape, weights, random);
    this.bias = variables.add(path + ".bias", Shape.of(shape.size(1)), biases, random);
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(path, () -> x.matmul(graph.variable(weight)).plus(graph.variable(bias)));
  }
}
