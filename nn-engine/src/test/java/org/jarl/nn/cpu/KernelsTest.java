package org.jarl.nn.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.nn.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelsTest {
  private static MemorySegment uniform(Arena arena, int elements, SplittableRandom random) {
    MemorySegment memory = arena.allocate(Math.max(64, 4L * elements), 64);
    for (int i = 0; i < elements; i++) {
      Floats.set(memory, i, (float) (2 * random.nextDouble() - 1));
    }
    return memory;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 33, 63, 64, 65, 84, 120, 130, 513})
  void aRowOfAProductAgreesWithThePlainLoops(int n) {
    try (Arena arena = Arena.ofConfined()) {
      for (int k : new int[] {1, 2, 3, 4, 5, 8, 33, 128}) {
        for (boolean relu : new boolean[] {false, true}) {
          var random = new SplittableRandom(31L * n + k);
          MemorySegment a = uniform(arena, k, random);
          MemorySegment b = uniform(arena, k * n, random);
          MemorySegment bias = uniform(arena, n, random);
          MemorySegment fast = uniform(arena, n, random);
          MemorySegment slow = uniform(arena, n, random);
          new RowKernel(
                  new MatMulKernels.Product("p", 1, n, k, false, false, a, b, bias, fast, relu),
                  new CpuStorage(arena, 64))
              .run(0, new Scratch());
          MatMulKernels.reference(
              new MatMulKernels.Product("p", 1, n, k, false, false, a, b, bias, slow, relu));
          for (int i = 0; i < n; i++) {
            assertEquals(
                Floats.get(slow, i), Floats.get(fast, i), 1e-6 * (k + 1), n + "x" + k + " at " + i);
          }
        }
      }
    }
  }

  @Test
  void expIsWithinTwoUnitsOfTheExactValue() {
    for (double x = -87; x < 88; x += 0.00731) {
      float input = (float) x;
      double exact = Math.exp(input);
      assertEquals(exact, Maths.exp(input), 2 * Math.ulp((float) exact), "exp " + input);
    }
    assertEquals(1f, Maths.exp(0));
    assertEquals(Float.POSITIVE_INFINITY, Maths.exp(100));
    assertEquals(Float.POSITIVE_INFINITY, Maths.exp(Float.POSITIVE_INFINITY));
    assertEquals(0, Maths.exp(-110), 1e-44);
    assertEquals(0, Maths.exp(Float.NEGATIVE_INFINITY), 1e-44);
    assertTrue(Float.isNaN(Maths.exp(Float.NaN)));
  }

  @Test
  void tanhIsWithinFourUnitsOfTheExactValueAndNeverBeyondOne() {
    for (double size = 1e-30; size < 100; size *= 1.00037) {
      float input = (float) size;
      double exact = Math.tanh(input);
      assertEquals(exact, Maths.tanh(input), 4 * Math.ulp((float) exact), "tanh " + input);
      assertEquals(-Maths.tanh(input), Maths.tanh(-input), "tanh " + -input);
      assertTrue(Maths.tanh(input) <= 1, "tanh " + input);
    }
    assertEquals(1f, Maths.tanh(Float.POSITIVE_INFINITY));
    assertEquals(-0f, Maths.tanh(-0f));
  }

  @Test
  void tanhAndSigmoidAreCloseEverywhere() {
    for (double x = -20; x < 20; x += 0.00173) {
      float input = (float) x;
      assertEquals(Math.tanh(input), Maths.tanh(input), 2e-7, "tanh " + input);
      assertEquals(1 / (1 + Math.exp(-input)), Maths.sigmoid(input), 2e-7, "sigmoid " + input);
    }
    assertTrue(Float.isNaN(Maths.tanh(Float.NaN)));
  }

  @Test
  void cosIsCloseUpToAMillionAndNeverBeyondOne() {
    for (float scale : new float[] {1, 4, 210, 1e4f, 1e6f}) {
      for (int i = -2000; i <= 2000; i++) {
        float input = scale * i / 2000;
        assertEquals(Math.cos(input), Maths.cos(input), 2e-7, "cos " + input);
        assertEquals(Maths.cos(input), Maths.cos(-input), 2e-7, "cos " + -input);
      }
    }
    for (float far = 1e6f; far < Float.POSITIVE_INFINITY; far *= 3) {
      assertTrue(Math.abs(Maths.cos(far)) <= 1, "cos " + far);
    }
    assertTrue(Float.isNaN(Maths.cos(Float.POSITIVE_INFINITY)));
    assertTrue(Float.isNaN(Maths.cos(Float.NaN)));
  }

  @Test
  void vectorsOfFunctionsHaveTheBitsOfSingleNumbers() {
    float[] x = new float[Scratch.BLOCK];
    float[] exp = new float[x.length];
    float[] tanh = new float[x.length];
    float[] sigmoid = new float[x.length];
    float[] cos = new float[x.length];
    var random = new SplittableRandom(3);
    float[] edges = {
      0f,
      -0f,
      0.625f,
      -0.625f,
      Math.nextDown(0.625f),
      89f,
      -104f,
      1e-30f,
      -1e-40f,
      3e38f,
      -3e38f,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY,
      Float.NaN,
      0.5f,
      -88.5f
    };
    for (int turn = 0; turn < 2000; turn++) {
      float scale = (float) Math.exp(random.nextDouble(-10, 5));
      for (int i = 0; i < x.length; i++) {
        x[i] = turn == 0 ? edges[i % edges.length] : scale * (float) (2 * random.nextDouble() - 1);
      }
      int length = random.nextInt(1, x.length + 1);
      Maths.exp(x, exp, length);
      Maths.tanh(x, tanh, length);
      Maths.sigmoid(x, sigmoid, length);
      Maths.cos(x, cos, length);
      for (int i = 0; i < length; i++) {
        assertEquals(Maths.exp(x[i]), exp[i], "exp " + x[i]);
        assertEquals(Maths.tanh(x[i]), tanh[i], "tanh " + x[i]);
        assertEquals(Maths.sigmoid(x[i]), sigmoid[i], "sigmoid " + x[i]);
        assertEquals(Maths.cos(x[i]), cos[i], "cos " + x[i]);
      }
    }
  }

  /// Images, height and width, channels; kernel and outputs; stride and padding. The later ones are
  /// those of the IMPALA network.
  @ParameterizedTest
  @CsvSource({
    "4,20,18,4, 4,24, 2,0",
    "1,84,84,4, 3,16, 1,1",
    "2,42,42,16, 3,16, 1,1",
    "2,42,42,16, 3,32, 1,1",
    "3,21,21,32, 3,32, 1,1",
    "5,11,11,32, 3,32, 1,1"
  })
  void convolutionsAgreeWithThePlainLoops(
      int n, int height, int width, int channels, int size, int outputs, int stride, int padding) {
    var random = new SplittableRandom(5);
    try (Arena arena = Arena.ofConfined()) {
      Shape image = Shape.of(n, height, width, channels);
      Shape weights = Shape.of(size, size, channels, outputs);
      int rows = (height + 2 * padding - size) / stride + 1;
      int columns = (width + 2 * padding - size) / stride + 1;
      Shape result = Shape.of(n, rows, columns, outputs);
      var g = new ConvKernels.Geometry("conv", image, weights, result, stride, padding, null);
      MemorySegment x = uniform(arena, image.elements(), random);
      MemorySegment w = uniform(arena, weights.elements(), random);
      MemorySegment y = uniform(arena, result.elements(), random);
      int most = Math.max(image.elements(), result.elements());
      MemorySegment fast = uniform(arena, most, random);
      MemorySegment slow = uniform(arena, most, random);
      run(ConvKernels.forward(g, arena, x, w, null, fast, true));
      PlainConv.forward(g, x, w, null, slow, true);
      assertClose(slow, fast, result.elements(), weights.product(0, 3));
      run(ConvKernels.inputGradient(g, arena, w, y, fast.asSlice(0)));
      PlainConv.inputGradient(g, w, y, slow);
      assertClose(slow, fast, image.elements(), weights.product(0, 2) * outputs);
      run(ConvKernels.weightGradient(g, arena, x, y, fast));
      PlainConv.weightGradient(g, x, y, slow);
      assertClose(slow, fast, weights.elements(), result.product(0, 3));
    }
  }

  private static void run(List<Kernel> stages) {
    for (Kernel stage : stages) {
      for (int slice = 0; slice < stage.slices(); slice++) {
        stage.run(slice, new Scratch());
      }
    }
  }

  /// @param terms that each element is the sum of
  private static void assertClose(
      MemorySegment expected, MemorySegment actual, int elements, int terms) {
    double tolerance = 1e-5 * Math.sqrt(terms);
    for (int i = 0; i < elements; i++) {
      assertEquals(Floats.get(expected, i), Floats.get(actual, i), tolerance, "element " + i);
    }
  }
}
