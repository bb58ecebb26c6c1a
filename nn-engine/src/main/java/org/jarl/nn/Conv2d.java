package org.jarl.nn;

import java.util.random.RandomGenerator;

/// Convolution with bias: `[N, H, W, C]` to `[N, H', W', outputs]`; weights `[KH, KW, C, outputs]`.
public final class Conv2d implements Module {
  private final String path;
  private final Parameter weight;
  private final Parameter bias;
  private final int stride;
  private final int padding;

  /// Weights and bias uniform in `+-1/sqrt(KH KW C)`, as PyTorch begins.
  ///
  /// @param kernel `[KH, KW, C, outputs]`
  public Conv2d(
      Variables variables,
      String path,
      Shape kernel,
      int stride,
      int padding,
      RandomGenerator random) {
    this(
        variables,
        path,
        kernel,
        stride,
        padding,
        Initializer.fanIn(kernel.product(0, 3)),
        Initializer.fanIn(kernel.product(0, 3)),
        random);
  }

  /// Weights and bias by initializers of choice.
  ///
  /// @param kernel `[KH, KW, C, outputs]`
  public Conv2d(
      Variables variables,
      String path,
      Shape kernel,
      int stride,
      int padding,
      Initializer weights,
      Initializer biases,
      RandomGenerator random) {
    this.path = path;
    this.stride = stride;
    this.padding = padding;
    this.weight = variables.add(path + ".weight", kernel, weights, random);
    this.bias = variables.add(path + ".bias", Shape.of(kernel.size(3)), biases, random);
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(
        path, () -> x.conv2d(graph.variable(weight), stride, padding).plus(graph.variable(bias)));
  }
}
