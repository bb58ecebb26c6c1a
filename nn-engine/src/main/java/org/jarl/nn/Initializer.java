package org.jarl.nn;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/// First values of a parameter.
public sealed interface Initializer {

  /// The values in row-major order.
  float[] initialize(Shape shape, RandomGenerator random);

  /// One value everywhere.
  record Constant(float value) implements Initializer {
    @Override
    public float[] initialize(Shape shape, RandomGenerator random) {
      float[] values = new float[shape.elements()];
      Arrays.fill(values, value);
      return values;
    }
  }

  /// Uniform in `[-bound, bound)`.
  record Uniform(float bound) implements Initializer {
    @Override
    public float[] initialize(Shape shape, RandomGenerator random) {
      float[] values = new float[shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = bound * (2 * random.nextFloat() - 1);
      }
      return values;
    }
  }

  /// Normal with mean 0.
  record Normal(float standardDeviation) implements Initializer {
    @Override
    public float[] initialize(Shape shape, RandomGenerator random) {
      float[] values = new float[shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (standardDeviation * random.nextGaussian());
      }
      return values;
    }
  }

  /// Random orthonormal columns or rows, times a gain (Saxe et al. 2014); the last axis counts as
  /// outputs. The usual choice for policy gradients.
  record Orthogonal(float gain) implements Initializer {
    @Override
    public float[] initialize(Shape shape, RandomGenerator random) {
      int outputs = shape.size(-1);
      int inputs = shape.elements() / outputs;
      int vectors = Math.min(inputs, outputs);
      int length = Math.max(inputs, outputs);
      double[][] basis = new double[vectors][length];
      for (int v = 0; v < vectors; v++) {
        double norm;
        do {
          for (int i = 0; i < length; i++) {
            basis[v][i] = random.nextGaussian();
          }
          // Twice is enough (Giraud et al. 2005): one pass leaves rounding errors along the others.
          orthogonalize(basis, v);
          orthogonalize(basis, v);
          norm = Math.sqrt(dot(basis[v], basis[v]));
        } while (norm < 1e-6);
        for (int i = 0; i < length; i++) {
          basis[v][i] /= norm;
        }
      }
      float[] values = new float[shape.elements()];
      for (int in = 0; in < inputs; in++) {
        for (int out = 0; out < outputs; out++) {
          double unit = inputs < outputs ? basis[in][out] : basis[out][in];
          values[in * outputs + out] = (float) (gain * unit);
        }
      }
      return values;
    }

    private static void orthogonalize(double[][] basis, int v) {
      for (int u = 0; u < v; u++) {
        double projection = dot(basis[u], basis[v]);
        for (int i = 0; i < basis[v].length; i++) {
          basis[v][i] -= projection * basis[u][i];
        }
      }
    }

    private static double dot(double[] a, double[] b) {
      double sum = 0;
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
      return sum;
    }
  }

  /// Uniform in `+-1/sqrt(fan in)`: what PyTorch does for weights and biases of linear and
  /// convolution layers (He et al. 2015 with `a = sqrt(5)`), and so what CleanRL and
  /// Stable-Baselines3 train with.
  static Initializer fanIn(int fanIn) {
    return new Uniform((float) (1 / Math.sqrt(fanIn)));
  }

  /// Uniform in `+-sqrt(6 / fan in)` for layers followed by ReLU (He et al. 2015).
  static Initializer he(int fanIn) {
    return new Uniform((float) Math.sqrt(6.0 / fanIn));
  }

  /// Uniform in `+-sqrt(6 / (fan in + fan out))` (Glorot and Bengio 2010).
  static Initializer glorot(int fanIn, int fanOut) {
    return new Uniform((float) Math.sqrt(6.0 / (fanIn + fanOut)));
  }

  /// Zeros.
  static Initializer zeros() {
    return new Constant(0);
  }
}
