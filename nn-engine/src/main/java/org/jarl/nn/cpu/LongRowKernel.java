package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// One row times a matrix that does not fit the caches: every weight is used once, so the time is
/// that of reading it, and it is read in the order of memory. Slices take ranges of columns.
final class LongRowKernel extends Kernel {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /// Columns that are a multiple of any vector's length, twice.
  private static final int GRAIN = 512;

  private final MatMulKernels.Product product;
  private final int columns;
  private final float[][] sums;

  LongRowKernel(MatMulKernels.Product product) {
    super(product.label() + " by long rows", slices(product), nanos(product));
    this.product = product;
    this.columns = product.n() / slices();
    this.sums = new float[slices()][columns];
  }

  /// Whether the product has this form.
  static boolean fits(MatMulKernels.Product p) {
    return p.m() == 1
        && !p.transposeA()
        && !p.transposeB()
        && p.n() % (2 * SPECIES.length()) == 0
        && p.k() >= 8;
  }

  private static int slices(MatMulKernels.Product p) {
    return p.n() % GRAIN == 0 && p.work() > 1e6 ? 2 : 1;
  }

  private static double nanos(MatMulKernels.Product p) {
    return 60 + p.work() / slices(p) / 10;
  }

  @Override
  void run(int slice, Scratch scratch) {
    float[] sum = sums[slice];
    Arrays.fill(sum, 0f);
    int first = slice * columns;
    int k = 0;
    for (; k + 8 <= product.k(); k += 8) {
      eightRows(product.a(), product.b(), k, 4 * ((long) k * product.n() + first), sum);
    }
    for (; k < product.k(); k++) {
      oneRow(k, 4 * ((long) k * product.n() + first), sum);
    }
    finish(first, sum);
  }

  /// Adds eight rows of weights to the sums of a range of columns.
  private void eightRows(MemorySegment a, MemorySegment b, int k, long from, float[] sum) {
    final long next = 4L * product.n();
    FloatVector x0 = broadcast(a, k);
    FloatVector x1 = broadcast(a, k + 1);
    FloatVector x2 = broadcast(a, k + 2);
    FloatVector x3 = broadcast(a, k + 3);
    FloatVector x4 = broadcast(a, k + 4);
    FloatVector x5 = broadcast(a, k + 5);
    FloatVector x6 = broadcast(a, k + 6);
    FloatVector x7 = broadcast(a, k + 7);
    long at = from;
    for (int i = 0; i < sum.length; i += SPECIES.length()) {
      FloatVector even = FloatVector.fromArray(SPECIES, sum, i);
      FloatVector odd = load(b, at + next).mul(x1);
      even = load(b, at).fma(x0, even);
      odd = load(b, at + 3 * next).fma(x3, odd);
      even = load(b, at + 2 * next).fma(x2, even);
      odd = load(b, at + 5 * next).fma(x5, odd);
      even = load(b, at + 4 * next).fma(x4, even);
      odd = load(b, at + 7 * next).fma(x7, odd);
      even = load(b, at + 6 * next).fma(x6, even);
      even.add(odd).intoArray(sum, i);
      at += SPECIES.vectorByteSize();
    }
  }

  private void oneRow(int k, long from, float[] sum) {
    FloatVector x = broadcast(product.a(), k);
    long at = from;
    for (int i = 0; i < sum.length; i += SPECIES.length()) {
      load(product.b(), at).fma(x, FloatVector.fromArray(SPECIES, sum, i)).intoArray(sum, i);
      at += SPECIES.vectorByteSize();
    }
  }

  private void finish(int first, float[] sum) {
    float least = product.relu() ? 0f : Float.NEGATIVE_INFINITY;
    MemorySegment bias = product.bias();
    for (int i = 0; i < sum.length; i += SPECIES.length()) {
      FloatVector value = FloatVector.fromArray(SPECIES, sum, i);
      long at = 4L * (first + i);
      value = bias == null ? value : value.add(load(bias, at));
      value.max(least).intoMemorySegment(product.out(), at, ORDER);
    }
  }

  private static FloatVector broadcast(MemorySegment a, int at) {
    return FloatVector.broadcast(SPECIES, Floats.get(a, at));
  }

  private static FloatVector load(MemorySegment memory, long at) {
    return FloatVector.fromMemorySegment(SPECIES, memory, at, ORDER);
  }
}
