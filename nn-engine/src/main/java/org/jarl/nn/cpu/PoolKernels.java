package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.jarl.nn.Shape;

/// Max pooling of `[N, H, W, C]`, image by image in arrays of the scratch; vectors go along the
/// channels. Slices take whole images.
final class PoolKernels {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private PoolKernels() {}

  /// Sizes of one pooling.
  ///
  /// @param image `[N, H, W, C]`
  /// @param result `[N, H', W', C]`
  record Geometry(Shape image, Shape result, int size, int stride, int padding) {
    int channels() {
      return image.size(3);
    }

    /// Elements of one image.
    int elements() {
      return image.product(1, 4);
    }

    /// First row (or column) of the window of a row (or column) of the result.
    int from(int place) {
      return Math.max(0, place * stride - padding);
    }

    int toRow(int row) {
      return Math.min(image.size(1), row * stride - padding + size);
    }

    int toColumn(int column) {
      return Math.min(image.size(2), column * stride - padding + size);
    }
  }

  /// The largest of each window: first of the window's rows, then of its columns.
  static Kernel forward(String label, Geometry g, MemorySegment image, MemorySegment result) {
    double nanos = 50 + 0.3 * g.image.elements();
    int slices = Kernel.slicesFor(nanos, g.image.size(0));
    int line = g.image.product(2, 4);
    int resultLine = g.result.product(2, 4);
    int height = g.result.size(1);
    return new Kernel(label, slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        float[] folded = scratch.image(0, line);
        float[] next = scratch.image(1, line);
        float[] out = scratch.image(2, resultLine);
        int end = from(slice + 1, slices(), g.image.size(0));
        for (int n = from(slice, slices(), g.image.size(0)); n < end; n++) {
          long start = (long) n * g.elements();
          for (int row = 0; row < height; row++) {
            int from = g.from(row);
            Floats.load(image, start + (long) from * line, folded, line);
            for (int h = from + 1; h < g.toRow(row); h++) {
              Floats.load(image, start + (long) h * line, next, line);
              larger(next, 0, folded, 0, line);
            }
            columns(g, folded, out);
            Floats.store(out, result, ((long) n * height + row) * resultLine, resultLine);
          }
        }
      }
    };
  }

  private static void columns(Geometry g, float[] folded, float[] out) {
    int channels = g.channels();
    for (int column = 0; column < g.result.size(2); column++) {
      int at = column * channels;
      int from = g.from(column);
      System.arraycopy(folded, from * channels, out, at, channels);
      for (int w = from + 1; w < g.toColumn(column); w++) {
        larger(folded, w * channels, out, at, channels);
      }
    }
  }

  /// `to = max(to, from)`.
  private static void larger(float[] from, int start, float[] to, int at, int length) {
    int whole = SPECIES.loopBound(length);
    for (int i = 0; i < whole; i += SPECIES.length()) {
      FloatVector.fromArray(SPECIES, to, at + i)
          .max(FloatVector.fromArray(SPECIES, from, start + i))
          .intoArray(to, at + i);
    }
    for (int i = whole; i < length; i++) {
      to[at + i] = Math.max(to[at + i], from[start + i]);
    }
  }

  /// Adds the gradient of each window to the first of its elements that is the largest.
  static Kernel gradient(
      String label,
      Geometry g,
      MemorySegment image,
      MemorySegment result,
      MemorySegment resultGradient,
      MemorySegment imageGradient) {
    double nanos = 50 + 0.3 * g.result.elements() * g.size * g.size;
    int slices = Kernel.slicesFor(nanos, g.image.size(0));
    int results = g.result.product(1, 4);
    return new Kernel(label, slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        float[] x = scratch.image(0, g.elements());
        float[] sum = scratch.image(1, g.elements());
        float[] largest = scratch.image(2, results);
        float[] gradient = scratch.image(3, results);
        int end = from(slice + 1, slices(), g.image.size(0));
        for (int n = from(slice, slices(), g.image.size(0)); n < end; n++) {
          long start = (long) n * g.elements();
          Floats.load(image, start, x, g.elements());
          Floats.load(result, (long) n * results, largest, results);
          Floats.load(resultGradient, (long) n * results, gradient, results);
          Arrays.fill(sum, 0, g.elements(), 0);
          for (int place = 0; place < results; place += g.channels()) {
            window(g, place / g.channels(), x, largest, gradient, sum);
          }
          Floats.store(sum, imageGradient, start, g.elements());
        }
      }
    };
  }

  /// @param place number of the window in its image
  private static void window(
      Geometry g, int place, float[] x, float[] largest, float[] gradient, float[] sum) {
    int row = place / g.result.size(2);
    int column = place % g.result.size(2);
    int channels = g.channels();
    int at = place * channels;
    int whole = SPECIES.loopBound(channels);
    for (int c = 0; c < whole; c += SPECIES.length()) {
      FloatVector wanted = FloatVector.fromArray(SPECIES, largest, at + c);
      FloatVector rest = FloatVector.fromArray(SPECIES, gradient, at + c);
      for (int h = g.from(row); h < g.toRow(row); h++) {
        for (int w = g.from(column); w < g.toColumn(column); w++) {
          int from = (h * g.image.size(2) + w) * channels + c;
          var found = FloatVector.fromArray(SPECIES, x, from).compare(VectorOperators.EQ, wanted);
          FloatVector.fromArray(SPECIES, sum, from).add(rest, found).intoArray(sum, from);
          // What has been given away is not given twice.
          rest = rest.blend(0f, found);
        }
      }
    }
    for (int c = whole; c < channels; c++) {
      scalar(g, row, column, c, x, largest[at + c], gradient[at + c], sum);
    }
  }

  private static void scalar(
      Geometry g,
      int row,
      int column,
      int channel,
      float[] x,
      float largest,
      float gradient,
      float[] sum) {
    for (int h = g.from(row); h < g.toRow(row); h++) {
      for (int w = g.from(column); w < g.toColumn(column); w++) {
        int from = (h * g.image.size(2) + w) * g.channels() + channel;
        if (x[from] == largest) {
          sum[from] += gradient;
          return;
        }
      }
    }
  }
}
