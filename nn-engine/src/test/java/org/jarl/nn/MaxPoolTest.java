package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jarl.nn.cpu.CpuEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What [GraphCases] cannot see: equal elements, negative ones beside the padding, and refusals.
class MaxPoolTest {

  /// A window of 3, stride 2 and padding 1 over one image of 3 x 3, the same in all channels.
  private static float[][] pooled(int channels, float... image) {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("v");
      GraphCase layout = GraphCase.of("pool", List.of(Shape.of(1, 3, 3, channels)), p -> p.get(0));
      Parameter x = layout.parameters(variables).getFirst();
      Program program =
          engine.compile(
              "pool",
              g -> {
                Tensor y = g.variable(x).maxPool2d(3, 2, 1);
                g.output("y", y);
                Tensor weights = g.input("weights", 1, 2, 2, channels);
                g.output(
                    "gradient",
                    Gradients.of(y.times(weights).sum(), List.of(g.variable(x))).getFirst());
              });
      float[] values = new float[variables.elements()];
      for (int i = 0; i < 9 * channels; i++) {
        values[i] = image[i / channels];
      }
      variables.write(MemorySegment.ofArray(values));
      float[] weights = new float[4 * channels];
      for (int i = 0; i < weights.length; i++) {
        weights[i] = 1 << i / channels;
      }
      program.input("weights").copyFrom(MemorySegment.ofArray(weights));
      program.run();
      return new float[][] {
        channel(program.output("y"), channels), channel(program.output("gradient"), channels)
      };
    }
  }

  /// The elements of the first channel, after a look that the others are equal.
  private static float[] channel(MemorySegment memory, int channels) {
    float[] all = memory.toArray(ValueLayout.JAVA_FLOAT);
    float[] first = new float[all.length / channels];
    for (int i = 0; i < all.length; i++) {
      first[i / channels] = all[i / channels * channels];
      assertEquals(first[i / channels], all[i], "channel " + i % channels);
    }
    return first;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8, 16, 19})
  void theFirstOfEqualsInRowMajorOrderGetsTheGradient(int channels) {
    float[][] zeros = pooled(channels, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    assertArrayEquals(new float[] {0, 0, 0, 0}, zeros[0]);
    assertArrayEquals(new float[] {1, 2, 0, 4, 8, 0, 0, 0, 0}, zeros[1]);
    float[][] middle = pooled(channels, 0, 0, 0, 0, 5, 0, 0, 0, 0);
    assertArrayEquals(new float[] {0, 0, 0, 0, 15, 0, 0, 0, 0}, middle[1]);
    float[][] some = pooled(channels, 1, 2, 2, 3, 2, 1, 3, 3, 0);
    assertArrayEquals(new float[] {3, 2, 3, 3}, some[0]);
    assertArrayEquals(new float[] {0, 2, 0, 5, 0, 0, 0, 8, 0}, some[1]);
    assertArrayEquals(
        new float[] {1, 2, 0, 4, 8, 0, 0, 0, 0},
        pooled(channels, -0f, 0, -0f, -0f, -0f, 0, 0, 0, 0)[1]);
  }

  @Test
  void paddingIsNeverTheLargest() {
    float[][] negative = pooled(16, -1, -2, -3, -4, -5, -6, -7, -8, -9);
    assertArrayEquals(new float[] {-1, -2, -4, -5}, negative[0]);
    float lowest = Float.NEGATIVE_INFINITY;
    float[][] infinite = pooled(3, lowest, lowest, -3, lowest, lowest, -6, -7, -8, -9);
    assertArrayEquals(new float[] {lowest, -3, -7, -6}, infinite[0]);
    assertArrayEquals(new float[] {1, 0, 2, 0, 0, 8, 4, 0, 0}, infinite[1]);
  }

  @Test
  void whatCannotBePooledIsRefused() {
    Graph g = new Graph("p");
    assertEquals(
        "maxPool2d needs [N, H, W, C], got [8, 8, 3] in program p",
        message(() -> g.input("a", 8, 8, 3).maxPool2d(3, 2, 1)));
    assertEquals(
        "maxPool2d needs a size and a stride of at least 1 and a padding of 0 to below the size,"
            + " got size 2, stride 2 and padding 2 in program p",
        message(() -> g.input("b", 1, 8, 8, 3).maxPool2d(2, 2, 2)));
    assertEquals(
        "maxPool2d needs an image of at least the window's size, got [1, 2, 8, 3] and size 3 with"
            + " padding 0 in program p",
        message(() -> g.input("c", 1, 2, 8, 3).maxPool2d(3, 1, 0)));
    assertEquals(
        "maxPool2d needs a tensor of F32, got U8 [1, 8, 8, 3]; call toF32() first in program p",
        message(() -> g.input("d", DType.U8, 1, 8, 8, 3).maxPool2d(3, 1, 0)));
  }

  private static @Nullable String message(org.junit.jupiter.api.function.Executable call) {
    return assertThrows(IllegalArgumentException.class, call).getMessage();
  }
}
