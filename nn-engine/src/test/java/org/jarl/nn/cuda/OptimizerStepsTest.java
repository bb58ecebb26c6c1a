package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Initializer;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@WithEmulatedDriver
class OptimizerStepsTest {
  private static final int STEPS = 10;

  static Stream<Optimizer.Rule> rules() {
    return Stream.of(
        new Optimizer.Rule.Sgd(0),
        new Optimizer.Rule.Sgd(0.9f),
        new Optimizer.Rule.RmsProp(0.95f, 0.01f, true),
        new Optimizer.Rule.RmsProp(0.99f, 1e-5f, false),
        Optimizer.Rule.Adam.withEpsilon(1e-8f),
        new Optimizer.Rule.AdamW(0.9f, 0.999f, 1e-8f, 0.01f));
  }

  /// Parameters, moments and steps, one after another.
  private static double[] state(Optimizer optimizer, Variables... more) {
    return Stream.of(Stream.of(optimizer.parameters()), optimizer.state().stream(), Stream.of(more))
        .flatMap(s -> s)
        .flatMapToDouble(variables -> {
          float[] values = new float[variables.elements()];
          variables.read(MemorySegment.ofArray(values));
          double[] wide = new double[values.length];
          for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
          }
          return DoubleStream.of(wide);
        })
        .toArray();
  }

  /// Ten rounds with a falling learning rate; `stopAt` is the round in which a run ends.
  private static double[] train(
      Engine engine, Optimizer.Rule rule, int size, float maxNorm, int stopAt) {
    Variables variables = engine.variables(rule + " " + size + maxNorm + stopAt);
    Initializer start = new Initializer.Uniform(1);
    var random = new SplittableRandom(size);
    Parameter a = variables.add("a", Shape.of(size), start, random);
    Parameter b = variables.add("b", Shape.of(3), start, random);
    Variables slow = engine.variables("slow " + variables.name());
    slow.add("a", Shape.of(size), Initializer.zeros(), random);
    slow.add("b", Shape.of(3), Initializer.zeros(), random);
    Optimizer optimizer = new Optimizer(engine, variables, rule, maxNorm);
    try (Program program =
        engine.compile(
            "train",
            STEPS,
            graph -> {
              Tensor x = graph.variable(a);
              Tensor c = graph.input("curvature", size);
              Tensor loss = c.times(x.square()).sum().plus(graph.variable(b).square().sum());
              optimizer.minimize(loss, graph.inputOfRound("rate", DType.F32));
              graph.blend(variables, slow, 0.3f);
              if (stopAt < STEPS) {
                graph.stopWhen(graph.inputOfRound("stop", DType.F32));
              }
            })) {
      for (int i = 0; i < size; i++) {
        program.input("curvature").setAtIndex(ValueLayout.JAVA_FLOAT, i, 1 + i % 5);
      }
      for (int round = 0; round < STEPS; round++) {
        program.input("rate").setAtIndex(ValueLayout.JAVA_FLOAT, round, 0.01f / (round + 1));
        if (stopAt < STEPS) {
          program.input("stop").setAtIndex(ValueLayout.JAVA_FLOAT, round, round - stopAt + 1);
        }
      }
      program.run();
      return state(optimizer, slow);
    }
  }

  /// One block, several blocks with a rest, more sums of squares than a block has threads.
  @ParameterizedTest
  @MethodSource("rules")
  void tenStepsHaveTheBitsOfTheCpu(Optimizer.Rule rule) {
    try (TwoEngines two = new TwoEngines()) {
      for (int size : new int[] {3, 700, 5001}) {
        TwoEngines.close(
            rule + " of " + size,
            train(two.cpu(), rule, size, 0, STEPS),
            train(two.cuda(), rule, size, 0, STEPS),
            0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void tenStepsOfClippedGradientsAgreeWithTheCpu(Optimizer.Rule rule) {
    try (TwoEngines two = new TwoEngines()) {
      for (int size : new int[] {3, 700, 20_001}) {
        for (float maxNorm : new float[] {0.5f, 1e9f}) {
          TwoEngines.close(
              rule + " of " + size + " to " + maxNorm,
              train(two.cpu(), rule, size, maxNorm, STEPS),
              train(two.cuda(), rule, size, maxNorm, STEPS),
              2e-7);
        }
      }
    }
  }

  /// Values after steps with gradients that never change, one of them known to the compiler.
  private static double[] afterEqualGradients(Engine engine, Optimizer.Rule rule) {
    Variables variables = engine.variables("equal " + rule);
    var random = new SplittableRandom(0);
    Parameter a = variables.add("a", Shape.of(700), Initializer.zeros(), random);
    Parameter b = variables.add("b", Shape.of(3), Initializer.zeros(), random);
    Optimizer optimizer = new Optimizer(engine, variables, rule, 0);
    try (Program program =
        engine.compile(
            "train",
            400,
            graph -> {
              Tensor loss = graph.variable(a).times(graph.input("slope", 700)).sum();
              optimizer.minimize(loss.plus(graph.variable(b).times(0.25f).sum()), 0.125f);
            })) {
      for (int i = 0; i < 700; i++) {
        program.input("slope").setAtIndex(ValueLayout.JAVA_FLOAT, i, 0.1f + 0.003f * i);
      }
      program.run();
      return state(optimizer);
    }
  }

  @Test
  void equalGradientsHaveTheBitsOfTheCpuAndStayFinite() {
    try (TwoEngines two = new TwoEngines()) {
      Optimizer.Rule rule = new Optimizer.Rule.RmsProp(0.95f, 1e-12f, true);
      double[] cpu = afterEqualGradients(two.cpu(), rule);
      TwoEngines.close("equal gradients", cpu, afterEqualGradients(two.cuda(), rule), 0);
      assertTrue(DoubleStream.of(cpu).allMatch(Double::isFinite));
    }
  }

  @Test
  void manySumsOfSquaresAreAddedUp() {
    try (TwoEngines two = new TwoEngines()) {
      Optimizer.Rule rule = new Optimizer.Rule.Sgd(0.9f);
      TwoEngines.close(
          "a large arena",
          train(two.cpu(), rule, 1_200_000, 0.5f, 1),
          train(two.cuda(), rule, 1_200_000, 0.5f, 1),
          2e-7);
    }
  }

  @Test
  void nothingChangesOnceARunHasBeenStopped() {
    try (TwoEngines two = new TwoEngines()) {
      for (float maxNorm : new float[] {0, 0.5f}) {
        for (int stopAt : new int[] {0, 4}) {
          Optimizer.Rule rule = Optimizer.Rule.Adam.withEpsilon(1e-8f);
          double[] state = train(two.cuda(), rule, 700, maxNorm, stopAt);
          TwoEngines.close(
              "stopped at " + stopAt, train(two.cpu(), rule, 700, maxNorm, stopAt), state, 2e-7);
          int elements = 704 + 16;
          assertEquals(stopAt, state[3 * elements], "steps taken");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {1, 0.5f, 0.005f})
  void variablesFollowOthers(float rate) {
    try (TwoEngines two = new TwoEngines()) {
      double[][] states = new double[2][];
      for (int i = 0; i < 2; i++) {
        Engine engine = i == 0 ? two.cpu() : two.cuda();
        Variables from = engine.variables("from");
        Variables to = engine.variables("to");
        var random = new SplittableRandom(3);
        from.add("x", Shape.of(1003), new Initializer.Constant(0.7f), random);
        to.add("x", Shape.of(1003), new Initializer.Constant(-1.3f), random);
        try (Program program = engine.compile("follow", g -> g.blend(from, to, rate))) {
          program.run();
          program.run();
          float[] values = new float[to.elements()];
          to.read(MemorySegment.ofArray(values));
          states[i] = IntStream.range(0, 1003).mapToDouble(k -> values[k]).toArray();
        }
      }
      assertArrayEquals(states[0], states[1]);
    }
  }

  @Test
  void bitsDoNotDependOnTheOrderOfThreads() {
    try (TwoEngines two = new TwoEngines()) {
      Optimizer.Rule rule = Optimizer.Rule.Adam.withEpsilon(1e-8f);
      double[] first = train(two.cuda(), rule, 9001, 0.5f, STEPS);
      TwoEngines.otherOrder(99);
      try (Engine again = new CudaEngine(1, Precision.FP32)) {
        assertArrayEquals(first, train(again, rule, 9001, 0.5f, STEPS));
      }
      TwoEngines.otherOrder(1);
    }
  }
}
