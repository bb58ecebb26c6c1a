package org.jarl.nn;

/// `x w + b`: `[N, inputs]` to `[N, outputs]`; weights `[inputs, outputs]`, bias `[outputs]`.
public final class Linear implements Module {
  private final String path;
  private final Parameter weight;
  private final Parameter bias;

  /// Parameters `weight` and `bias`; see [Scope#linear].
  ///
  /// @param shape `[inputs, outputs]`
  /// @param fanIn number whose root bounds the first values where they are uniform
  /// @param gain of orthogonal weights
  Linear(Scope scope, Shape shape, int fanIn, float gain) {
    this.path = scope.name();
    this.weight = scope.parameter("weight", shape, scope.initialization().weights(fanIn, gain));
    this.bias =
        scope.parameter("bias", Shape.of(shape.size(1)), scope.initialization().biases(fanIn));
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(path, () -> x.matmul(graph.variable(weight)).plus(graph.variable(bias)));
  }
}
