package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/// One row, or a few, times a matrix of parameters: acting for as many environments, where a call
/// into oneDNN would cost more than the product.
///
/// Weights are kept in a copy of their own, zeros added up to whole vectors and to a multiple of
/// four rows, and renewed when they change: so the loop has no tail and no mask, which the compiler
/// turns into vector instructions every time. Equal to [MatMulKernels#reference] but for rounding.
final class RowKernel extends Kernel {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private final MatMulKernels.Product product;
  private final CpuStorage source;
  private final int rows;
  private final int columns;
  private final float[] x;
  private final float[] weights;
  private final float[] bias;
  private final float[] y;
  private int seen = -1;

  /// @param source whose values `product.b` and the bias are
  RowKernel(MatMulKernels.Product product, CpuStorage source) {
    super(product.label() + " by rows", 1, 60 + product.work() / 20);
    this.product = product;
    this.source = source;
    rows = (product.k() + 3) / 4 * 4;
    columns = (product.n() + SPECIES.length() - 1) / SPECIES.length() * SPECIES.length();
    x = new float[rows];
    weights = new float[rows * columns];
    bias = new float[columns];
    y = new float[columns];
  }

  static int vectorBits() {
    return SPECIES.vectorBitSize();
  }

  @Override
  void run(int slice, Scratch scratch) {
    if (source.version() != seen) {
      renew(product.bias());
      seen = source.version();
    }
    for (int row = 0; row < product.m(); row++) {
      Floats.load(product.a(), (long) row * product.k(), x, product.k());
      multiply(x, weights, bias, y, product.relu() ? 0f : Float.NEGATIVE_INFINITY);
      Floats.store(y, product.out(), (long) row * product.n(), product.n());
    }
  }

  private void renew(@Nullable MemorySegment newBias) {
    for (int k = 0; k < product.k(); k++) {
      MemorySegment.copy(
          product.b(), Floats.F32, 4L * k * product.n(), weights, k * columns, product.n());
    }
    if (newBias != null) {
      Floats.load(newBias, 0, bias, product.n());
    }
  }

  /// A vector of columns at a time; four sums side by side hide the latency of the multiply-add.
  private static void multiply(float[] x, float[] weights, float[] bias, float[] y, float least) {
    int columns = y.length;
    for (int column = 0; column < columns; column += SPECIES.length()) {
      FloatVector s0 = FloatVector.fromArray(SPECIES, bias, column);
      FloatVector s1 = FloatVector.zero(SPECIES);
      FloatVector s2 = FloatVector.zero(SPECIES);
      FloatVector s3 = FloatVector.zero(SPECIES);
      int at = column;
      for (int k = 0; k < x.length; k += 4) {
        s0 =
            FloatVector.fromArray(SPECIES, weights, at)
                .fma(FloatVector.broadcast(SPECIES, x[k]), s0);
        at += columns;
        s1 =
            FloatVector.fromArray(SPECIES, weights, at)
                .fma(FloatVector.broadcast(SPECIES, x[k + 1]), s1);
        at += columns;
        s2 =
            FloatVector.fromArray(SPECIES, weights, at)
                .fma(FloatVector.broadcast(SPECIES, x[k + 2]), s2);
        at += columns;
        s3 =
            FloatVector.fromArray(SPECIES, weights, at)
                .fma(FloatVector.broadcast(SPECIES, x[k + 3]), s3);
        at += columns;
      }
      s0.add(s1).add(s2.add(s3)).max(least).intoArray(y, column);
    }
  }
}
