package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OptimizerTest {
  /// More than one block, more than one slice for the larger one.
  private static final int[] SIZES = {3, 700, 70_000};

  static Stream<Optimizer.Rule> rules() {
    return Stream.of(
        new Optimizer.Rule.Sgd(0),
        new Optimizer.Rule.Sgd(0.9f),
        new Optimizer.Rule.RmsProp(0.95f, 0.01f, true),
        new Optimizer.Rule.RmsProp(0.99f, 1e-5f, false),
        Optimizer.Rule.Adam.withEpsilon(1e-8f),
        new Optimizer.Rule.AdamW(0.9f, 0.999f, 1e-8f, 0.01f));
  }

  /// The loss `sum(c * p^2) / 2` has the gradient `c p`: ten steps against the formulas in double
  /// precision.
  @ParameterizedTest
  @MethodSource("rules")
  void tenStepsFollowTheFormula(Optimizer.Rule rule) {
    for (int size : SIZES) {
      for (float maxNorm : new float[] {0, 0.5f}) {
        double[] expected = start(size);
        Plain plain = new Plain(rule, size);
        for (int step = 1; step <= 10; step++) {
          plain.step(expected, step, maxNorm);
        }
        double[] actual = train(rule, size, maxNorm, 1);
        double error = GraphCase.relativeError(expected, actual);
        assertEquals(0, error, 2e-6, rule + " of " + size + " with norm " + maxNorm);
        assertArrayEquals(actual, train(rule, size, maxNorm, 2), rule + " with two threads");
      }
    }
  }

  private static final float RATE = 0.01f;

  private static double curvature(int i) {
    return 1 + i % 5;
  }

  private static double[] start(int size) {
    var random = new SplittableRandom(size);
    double[] values = new double[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1);
    }
    return values;
  }

  private static double[] train(Optimizer.Rule rule, int size, float maxNorm, int threads) {
    try (Engine engine = new CpuEngine(threads)) {
      Variables variables = engine.variables("p");
      Parameter p =
          variables.add("p", Shape.of(size), Initializer.zeros(), new SplittableRandom(0));
      Optimizer optimizer = new Optimizer(engine, variables, rule, maxNorm);
      Program program =
          engine.compile(
              "train",
              graph -> {
                Tensor x = graph.variable(p);
                Tensor c = graph.input("curvature", size);
                optimizer.minimize(
                    c.times(x.square()).sum().times(0.5f), graph.input("learningRate"));
              });
      MemorySegment values = MemorySegment.ofArray(new float[(int) (variables.bytes() / 4)]);
      double[] start = start(size);
      for (int i = 0; i < size; i++) {
        values.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, (float) start[i]);
        program.input("curvature").setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) curvature(i));
      }
      variables.write(values);
      program.input("learningRate").set(ValueLayout.JAVA_FLOAT, 0, RATE);
      for (int step = 0; step < 10; step++) {
        program.run();
      }
      variables.read(values);
      double[] result = new double[size];
      for (int i = 0; i < size; i++) {
        result[i] = values.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i);
      }
      return result;
    }
  }

  /// The rules as their papers write them, one element after another.
  private static final class Plain {
    private final Optimizer.Rule rule;
    private final double[] first;
    private final double[] second;

    Plain(Optimizer.Rule rule, int size) {
      this.rule = rule;
      first = new double[size];
      second = new double[size];
    }

    void step(double[] p, int t, double maxNorm) {
      double norm = 0;
      for (int i = 0; i < p.length; i++) {
        norm += Math.pow(curvature(i) * p[i], 2);
      }
      double scale = maxNorm == 0 ? 1 : Math.min(1, maxNorm / (Math.sqrt(norm) + 1e-6));
      for (int i = 0; i < p.length; i++) {
        p[i] = next(i, p[i], scale * curvature(i) * p[i], t);
      }
    }

    private double next(int i, double p, double g, int t) {
      switch (rule) {
        case Optimizer.Rule.Sgd(float momentum) -> {
          first[i] = momentum * first[i] + g;
          return p - RATE * first[i];
        }
        case Optimizer.Rule.RmsProp(float decay, float epsilon, boolean centered) -> {
          first[i] = decay * first[i] + (1 - decay) * g * g;
          second[i] = decay * second[i] + (1 - decay) * g;
          return centered
              ? p - RATE * g / Math.sqrt(first[i] - second[i] * second[i] + epsilon)
              : p - RATE * g / (Math.sqrt(first[i]) + epsilon);
        }
        case Optimizer.Rule.Adam(float b1, float b2, float epsilon) -> {
          return p - adam(i, g, t, new double[] {b1, b2, epsilon});
        }
        case Optimizer.Rule.AdamW(float b1, float b2, float epsilon, float decay) -> {
          return p * (1 - RATE * decay) - adam(i, g, t, new double[] {b1, b2, epsilon});
        }
      }
    }

    private double adam(int i, double g, int t, double[] constants) {
      first[i] = constants[0] * first[i] + (1 - constants[0]) * g;
      second[i] = constants[1] * second[i] + (1 - constants[1]) * g * g;
      double m = first[i] / (1 - Math.pow(constants[0], t));
      double v = second[i] / (1 - Math.pow(constants[1], t));
      return RATE * m / (Math.sqrt(v) + constants[2]);
    }
  }

  @Test
  void aParameterThatTheLossDoesNotReachIsNamed() {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      var random = new SplittableRandom(0);
      Parameter used = variables.add("used", Shape.of(2), Initializer.zeros(), random);
      variables.add("idle", Shape.of(3), Initializer.zeros(), random);
      Optimizer optimizer = new Optimizer(engine, variables, new Optimizer.Rule.Sgd(0), 0);
      var error =
          assertThrows(
              IllegalArgumentException.class,
              () ->
                  engine.compile(
                      "train",
                      graph -> optimizer.minimize(graph.variable(used).square().sum(), 0.1f)));
      assertEquals(
          "the loss does not depend on net/idle[3]: give it to another set of variables or to the"
              + " loss in program train",
          error.getMessage());
    }
  }

  /// A value after steps with one gradient that never changes.
  private static float afterEqualGradients(Optimizer.Rule rule, int steps, boolean constant) {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("p");
      Parameter p = variables.add("p", Shape.of(5), Initializer.zeros(), new SplittableRandom(0));
      Optimizer optimizer = new Optimizer(engine, variables, rule, 0);
      Program program =
          engine.compile(
              "train",
              graph -> {
                Tensor slope = constant ? graph.constant(0.3f) : graph.input("slope", 5);
                Tensor loss = graph.variable(p).times(slope).sum();
                graph.output("loss", optimizer.minimize(loss, 0.125f));
              });
      if (!constant) {
        for (int i = 0; i < 5; i++) {
          program.input("slope").setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.3f);
        }
      }
      for (int step = 0; step < steps; step++) {
        program.run();
      }
      float[] values = new float[variables.elements()];
      variables.read(MemorySegment.ofArray(values));
      return values[4];
    }
  }

  @Test
  void aLossWhoseGradientIsConstantIsMinimized() {
    assertEquals(
        -3 * 0.125f * 0.3f, afterEqualGradients(new Optimizer.Rule.Sgd(0), 3, true), 1e-6f);
  }

  /// `n - m^2` is 0 in the limit, and by rounding less.
  @Test
  void equalGradientsDoNotLeadToTheRootOfANegativeNumber() {
    float value =
        afterEqualGradients(new Optimizer.Rule.RmsProp(0.95f, 1e-12f, true), 2_000, false);
    assertTrue(Float.isFinite(value) && value < 0, "value " + value);
  }
}
