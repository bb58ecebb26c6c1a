package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.Shape;
import org.jspecify.annotations.Nullable;

/// Convolutions as plain loops: the twin that oneDNN's are tested against, and what runs where
/// there is no oneDNN.
final class PlainConv {
  private PlainConv() {}

  /// Calls `visit` for every product of an input element with a weight.
  private interface Visitor {
    void visit(long image, long weight, long result);
  }

  private static void products(ConvKernels.Geometry g, Visitor visitor) {
    Shape x = g.image();
    Shape w = g.weights();
    Shape y = g.result();
    for (int n = 0; n < y.size(0); n++) {
      for (int row = 0; row < y.size(1); row++) {
        for (int column = 0; column < y.size(2); column++) {
          long result = ((long) (n * y.size(1) + row) * y.size(2) + column) * y.size(3);
          for (int ky = 0; ky < w.size(0); ky++) {
            int h = row * g.stride() + ky - g.padding();
            for (int kx = 0; kx < w.size(1) && h >= 0 && h < x.size(1); kx++) {
              int v = column * g.stride() + kx - g.padding();
              if (v < 0 || v >= x.size(2)) {
                continue;
              }
              long image = ((long) (n * x.size(1) + h) * x.size(2) + v) * x.size(3);
              long weight = (long) (ky * w.size(1) + kx) * w.size(2) * w.size(3);
              visitAll(w, image, weight, result, visitor);
            }
          }
        }
      }
    }
  }

  private static void visitAll(Shape w, long image, long weight, long result, Visitor visitor) {
    for (int c = 0; c < w.size(2); c++) {
      for (int o = 0; o < w.size(3); o++) {
        visitor.visit(image + c, weight + (long) c * w.size(3) + o, result + o);
      }
    }
  }

  private static void add(MemorySegment to, long index, float value) {
    Floats.set(to, index, Floats.get(to, index) + value);
  }

  static void forward(
      ConvKernels.Geometry g,
      MemorySegment image,
      MemorySegment weights,
      @Nullable MemorySegment bias,
      MemorySegment result,
      boolean relu) {
    int outputs = g.weights().size(3);
    for (int i = 0; i < g.result().elements(); i++) {
      Floats.set(result, i, bias == null ? 0 : Floats.get(bias, i % outputs));
    }
    products(g, (x, w, y) -> add(result, y, Floats.get(image, x) * Floats.get(weights, w)));
    for (int i = 0; relu && i < g.result().elements(); i++) {
      Floats.set(result, i, Math.max(0, Floats.get(result, i)));
    }
  }

  static void inputGradient(
      ConvKernels.Geometry g,
      MemorySegment weights,
      MemorySegment resultGradient,
      MemorySegment imageGradient) {
    imageGradient.asSlice(0, 4L * g.image().elements()).fill((byte) 0);
    products(
        g,
        (x, w, y) -> add(imageGradient, x, Floats.get(resultGradient, y) * Floats.get(weights, w)));
  }

  static void weightGradient(
      ConvKernels.Geometry g,
      MemorySegment image,
      MemorySegment resultGradient,
      MemorySegment weightGradient) {
    weightGradient.asSlice(0, 4L * g.weights().elements()).fill((byte) 0);
    products(
        g,
        (x, w, y) -> add(weightGradient, w, Floats.get(resultGradient, y) * Floats.get(image, x)));
  }
}
