package org.jarl.nn;

/// Convolution with bias: `[N, H, W, C]` to `[N, H', W', outputs]`; weights `[KH, KW, C, outputs]`.
public final class Conv2d implements Module {
  /// Keeps the size of what passes through layers with ReLU (He et al. 2015).
  private static final float GAIN = (float) Math.sqrt(2);

  private final String path;
  private final Parameter weight;
  private final Parameter bias;
  private final int stride;
  private final int padding;

  /// Parameters `weight` and `bias`; see [Scope#conv2d].
  ///
  /// @param kernel `[KH, KW, C, outputs]`
  Conv2d(Scope scope, Shape kernel, int stride, int padding) {
    int fanIn = kernel.product(0, 3);
    this.path = scope.name();
    this.stride = stride;
    this.padding = padding;
    this.weight = scope.parameter("weight", kernel, scope.initialization().weights(fanIn, GAIN));
    this.bias =
        scope.parameter("bias", Shape.of(kernel.size(3)), scope.initialization().biases(fanIn));
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(
        path, () -> x.conv2d(graph.variable(weight), stride, padding).plus(graph.variable(bias)));
  }
}
