package org.jarl.nn;

/// Layer normalization over the last axis (Ba et al. 2016), with gain and bias; epsilon 1e-5.
public final class LayerNorm implements Module {
  private static final float EPSILON = 1e-5f;

  private final String path;
  private final Parameter gain;
  private final Parameter bias;

  /// Parameters `weight` and `bias`; see [Scope#layerNorm].
  LayerNorm(Scope scope, int size) {
    this.path = scope.name();
    this.gain = scope.parameter("weight", Shape.of(size), new Initializer.Constant(1));
    this.bias = scope.parameter("bias", Shape.of(size), Initializer.zeros());
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(
        path,
        () -> {
          int last = x.shape().rank() - 1;
          int[] kept = x.shape().with(last, 1).toArray();
          Tensor centered = x.minus(x.mean(last).reshape(kept));
          Tensor variance = centered.square().mean(last).reshape(kept);
          return centered
              .dividedBy(variance.plus(EPSILON).sqrt())
              .times(graph.variable(gain))
              .plus(graph.variable(bias));
        });
  }
}
