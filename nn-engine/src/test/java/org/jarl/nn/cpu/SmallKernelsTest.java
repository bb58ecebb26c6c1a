package org.jarl.nn.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Initializer;
import org.jarl.nn.Module;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The kernels written in Java against plain loops, over sizes with and without rest.
class SmallKernelsTest {

  /// Columns fill vectors exactly, overlap in the last one or fill none; the last two sizes are
  /// read in the order of memory.
  @ParameterizedTest
  @CsvSource({
    "1,1",
    "3,2",
    "4,64",
    "5,15",
    "64,16",
    "7,17",
    "120,84",
    "84,2",
    "4,120",
    "9,100",
    "31,130",
    "1100,64",
    "1027,512",
    "2050,1024"
  })
  void oneRowTimesAMatrixAgreesWithPlainLoops(int inputs, int outputs) {
    SplittableRandom random = new SplittableRandom(inputs * 31L + outputs);
    try (Engine engine = new CpuEngine(2)) {
      Variables variables = engine.variables("net");
      Shape shape = Shape.of(inputs, outputs);
      Parameter weight = variables.add("w", shape, new Initializer.Uniform(1), random);
      Shape row = Shape.of(outputs);
      Parameter bias = variables.add("b", row, new Initializer.Uniform(1), random);
      float[] w = new Initializer.Uniform(1).initialize(shape, new SplittableRandom(1));
      float[] b = new Initializer.Uniform(1).initialize(row, new SplittableRandom(2));
      write(variables, weight, w, bias, b);
      Program program = engine.compile("row", g -> g.output("y", layer(g, weight, bias).relu()));
      float[] x = new Initializer.Uniform(1).initialize(Shape.of(inputs), random);
      MemorySegment.copy(x, 0, program.input("x"), ValueLayout.JAVA_FLOAT, 0, inputs);
      program.run();
      for (int column = 0; column < outputs; column++) {
        double sum = b[column];
        for (int k = 0; k < inputs; k++) {
          sum += (double) x[k] * w[k * outputs + column];
        }
        float got = program.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, column);
        assertEquals(Math.max(0, sum), got, 1e-6 * inputs, "column " + column);
      }
    }
  }

  /// Acting for several environments gives each what it gets alone.
  @ParameterizedTest
  @CsvSource({"2,4,64", "4,64,64", "4,64,2", "8,64,1", "7,17,33"})
  void aFewRowsHaveTheBitsOfEachAlone(int rows, int inputs, int outputs) {
    SplittableRandom random = new SplittableRandom(rows);
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      Module layer = Scope.of(variables, random).linear("l", inputs, outputs);
      Program all =
          engine.compile("all", g -> g.output("y", layer.apply(g.input("x", rows, inputs)).relu()));
      Program one =
          engine.compile("one", g -> g.output("y", layer.apply(g.input("x", 1, inputs)).relu()));
      assertTrue(all.describe().contains("by rows"), all.describe());
      Shape shape = Shape.of(rows, inputs);
      float[] x = new Initializer.Uniform(1).initialize(shape, random);
      all.input("x").copyFrom(MemorySegment.ofArray(x));
      all.run();
      for (int row = 0; row < rows; row++) {
        MemorySegment.copy(x, row * inputs, one.input("x"), ValueLayout.JAVA_FLOAT, 0, inputs);
        one.run();
        for (int i = 0; i < outputs; i++) {
          assertEquals(
              one.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, i),
              all.output("y").getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * outputs + i),
              "row " + row + " column " + i);
        }
      }
    }
  }

  private static Tensor layer(Graph graph, Parameter weight, Parameter bias) {
    Tensor x = graph.input("x", 1, weight.shape().size(0));
    return x.matmul(graph.variable(weight)).plus(graph.variable(bias));
  }

  private static void write(
      Variables variables, Parameter weight, float[] w, Parameter bias, float[] b) {
    MemorySegment host = MemorySegment.ofArray(new float[variables.elements()]);
    MemorySegment.copy(MemorySegment.ofArray(w), 0, host, 4L * weight.offset(), 4L * w.length);
    MemorySegment.copy(MemorySegment.ofArray(b), 0, host, 4L * bias.offset(), 4L * b.length);
    variables.write(host);
  }

  /// Kingma and Ba (2015), algorithm 1, over sizes that end within a vector and beyond a slice.
  @ParameterizedTest
  @CsvSource({"1,0", "15,0", "513,0.5", "70001,0"})
  void threeStepsOfAdamAgreeWithThePaper(int elements, float maxGradientNorm) {
    SplittableRandom random = new SplittableRandom(elements);
    try (Engine engine = new CpuEngine(2)) {
      Variables variables = engine.variables("net");
      Parameter parameter =
          variables.add("p", Shape.of(elements), new Initializer.Uniform(1), random);
      float[] p = new Initializer.Uniform(1).initialize(Shape.of(elements), random);
      MemorySegment host = MemorySegment.ofArray(new float[variables.elements()]);
      MemorySegment.copy(MemorySegment.ofArray(p), 0, host, 0, 4L * elements);
      variables.write(host);
      Optimizer.Rule rule = new Optimizer.Rule.Adam(0.9f, 0.99f, 1e-3f);
      Optimizer optimizer = new Optimizer(engine, variables, rule, maxGradientNorm);
      Program program =
          engine.compile(
              "adam",
              g -> optimizer.minimize(g.variable(parameter).square().times(0.5f).sum(), 0.1f));
      double[] want = new double[elements];
      Arrays.setAll(want, i -> p[i]);
      double[] m = new double[elements];
      double[] v = new double[elements];
      for (int step = 1; step <= 3; step++) {
        program.run();
        adam(want, m, v, step, maxGradientNorm);
      }
      variables.read(host);
      for (int i = 0; i < elements; i++) {
        float got = host.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
        assertEquals(want[i], got, 1e-5, "element " + i);
      }
      for (int i = elements; i < variables.elements(); i++) {
        assertEquals(0f, host.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i), "gap " + i);
      }
    }
  }

  /// The gradient of half the square is the parameter itself.
  private static void adam(double[] p, double[] m, double[] v, int step, float maxNorm) {
    double square = 0;
    for (double x : p) {
      square += x * x;
    }
    double scale = maxNorm > 0 ? Math.min(1, maxNorm / (Math.sqrt(square) + 1e-6)) : 1;
    for (int i = 0; i < p.length; i++) {
      double g = scale * p[i];
      m[i] = 0.9f * m[i] + (1 - 0.9f) * g;
      v[i] = 0.99f * v[i] + (1 - 0.99f) * g * g;
      double mean = m[i] / (1 - Math.pow(0.9f, step));
      double root = Math.sqrt(v[i] / (1 - Math.pow(0.99f, step)));
      p[i] -= 0.1f * mean / (root + 1e-3f);
    }
  }

  @Test
  void aProfileNamesEveryStepAndTheSum() {
    try (Engine engine = new CpuEngine(1)) {
      Program program = engine.compile("twice", g -> g.output("y", g.input("x", 3).times(2).exp()));
      String profile = program.profile(2);
      assertTrue(profile.startsWith("program twice\n"), profile);
      assertTrue(profile.contains(" us  1 x %"), profile);
      assertTrue(profile.endsWith(" us  in all\n"), profile);
    }
  }
}
