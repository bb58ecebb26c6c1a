package org.jarl.nn;

import java.util.random.RandomGenerator;

/// Layer normalization over the last axis (Ba et al. 2016), with gain and bias; epsilon 1e-5.
public final class LayerNorm implements Module {
  private static final float EPSILON = 1e-5f;

  private final String path;
  private final Parameter gain;
  private final Parameter bias;

  /// Gain 1, bias 0.
  public LayerNorm(Variables variables, String path, int size) {
    RandomGenerator unused = () -> 0;
    this.path = path;
    this.gain =
        variables.add(path + ".weight", Shape.of(size), new Initializer.Constant(1), unused);
    this.bias = variables.add(path + ".bias", Shape.of(size), Initializer.zeros(), unused);
  }

  @Override
  public Tensor apply(Tensor x) {
    Graph graph = x.graph();
    return graph.within(
        path,
        () -> {
          int last = x.shape().rank() - 1;
          int[] kept = x.shape().with(last, 1).toArray();
          Tensor centred = x.minus(x.mean(last).reshape(kept));
          Tensor variance = centred.square().mean(last).reshape(kept);
          return centred
              .dividedBy(variance.plus(EPSILON).sqrt())
              .times(graph.variable(gain))
              .plus(graph.variable(bias));
        });
  }
}
