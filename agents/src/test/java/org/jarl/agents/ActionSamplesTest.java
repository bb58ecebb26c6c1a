package org.jarl.agents;

import static org.jarl.agents.SmallGraphs.evaluate;
import static org.jarl.agents.SmallGraphs.evaluateAll;
import static org.jarl.agents.SmallGraphs.f;
import static org.jarl.agents.SmallGraphs.floats;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jarl.agents.ActionDistribution.Categorical;
import org.jarl.agents.ActionDistribution.DiagonalGaussian;
import org.jarl.agents.ActionDistribution.MultiCategorical;
import org.jarl.agents.ActionDistribution.StateDependentGaussian;
import org.jarl.agents.SmallGraphs.Trace;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Gradients;
import org.jarl.nn.Program;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class ActionSamplesTest {
  private static final int ROWS = 1000;
  private static final int RUNS = 100;

  /// 100,000 draws: [#RUNS] counters of [#ROWS] rows each.
  private static float[][] draws(Function<Trace, ActionDistribution> distribution) {
    List<Trace> traces = new ArrayList<>();
    List<Tensor> samples = new ArrayList<>();
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "draws",
              graph -> {
                Trace trace = new Trace(graph);
                Tensor counter = graph.input("counter", DType.I32, 2);
                samples.add(distribution.apply(trace).sample(11, counter));
                graph.output("drawn", samples.getFirst());
                traces.add(trace);
              });
      traces.getFirst().fill(program);
      float[][] drawn = new float[RUNS][];
      for (int run = 0; run < RUNS; run++) {
        program.input("counter").set(ValueLayout.JAVA_INT, 0, run);
        program.run();
        drawn[run] = floats(program.output("drawn"), samples.getFirst().dtype());
      }
      return drawn;
    }
  }

  /// Pearson's chi-square stays below the value that one in a thousand seeds exceeds.
  private static void assertFrequencies(double[] probabilities, int[] counts, double bound) {
    double chiSquare = 0;
    for (int i = 0; i < counts.length; i++) {
      double expected = probabilities[i] * ROWS * RUNS;
      if (expected == 0) {
        assertEquals(0, counts[i], "draws of action " + i);
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
      }
    }
    assertTrue(chiSquare < bound, Arrays.toString(counts) + ": chi-square " + chiSquare);
  }

  private static Tensor repeated(Trace trace, float... row) {
    return trace.f32(row, 1, row.length).broadcastTo(Shape.of(ROWS, row.length));
  }

  @Test
  void actionsAreDrawnByTheirProbabilities() {
    int[] counts = new int[4];
    for (float[] run :
        draws(
            t -> new Categorical(repeated(t, f(0, Math.log(2), Math.log(3), Math.log(4))), null))) {
      for (float action : run) {
        counts[(int) action]++;
      }
    }
    assertFrequencies(new double[] {0.1, 0.2, 0.3, 0.4}, counts, 16.27);
  }

  /// The illegal action has by far the largest logit.
  @Test
  void illegalActionsAreNeverDrawn() {
    int[] counts = new int[4];
    for (float[] run :
        draws(t ->
            new Categorical(
                repeated(t, f(0, 1e4, Math.log(3), Math.log(4))), repeated(t, f(1, 0, 1, 1))))) {
      for (float action : run) {
        counts[(int) action]++;
      }
    }
    assertFrequencies(new double[] {1.0 / 8, 0, 3.0 / 8, 4.0 / 8}, counts, 13.82);
  }

  @Test
  void severalChoicesAreDrawnIndependently() {
    int[] counts = new int[6];
    for (float[] run :
        draws(t ->
            new MultiCategorical(
                repeated(t, f(0, Math.log(3), Math.log(2), 0, 0)), List.of(2, 3)))) {
      for (int i = 0; i < run.length; i += 2) {
        counts[3 * (int) run[i] + (int) run[i + 1]]++;
      }
    }
    double[] p = {1 / 8., 1 / 16., 1 / 16., 3 / 8., 3 / 16., 3 / 16.};
    assertFrequencies(p, counts, 20.52);
  }

  /// Means, variances and the correlation of pairs, each within four of its standard errors.
  private static void assertMoments(float[][] runs, double[] mean, double[] variance) {
    double count = ROWS * RUNS;
    double[] sum = new double[2];
    double[] squares = new double[2];
    double products = 0;
    for (float[] run : runs) {
      for (int i = 0; i < run.length; i += 2) {
        double first = run[i] - mean[0];
        double second = run[i + 1] - mean[1];
        sum[0] += first;
        sum[1] += second;
        squares[0] += first * first;
        squares[1] += second * second;
        products += first * second;
      }
    }
    for (int d = 0; d < 2; d++) {
      double deviation = Math.sqrt(variance[d]);
      assertEquals(0, sum[d] / count / deviation, 4 / Math.sqrt(count), "mean " + d);
      assertEquals(1, squares[d] / count / variance[d], 4 * Math.sqrt(2 / count), "variance " + d);
    }
    double correlation = products / count / Math.sqrt(variance[0] * variance[1]);
    assertEquals(0, correlation, 4 / Math.sqrt(count), "correlation");
  }

  @Test
  void numbersAreDrawnWithTheirMeanAndVariance() {
    float[][] runs =
        draws(t -> new DiagonalGaussian(repeated(t, 3, -1), t.f32(f(Math.log(2), -1), 2)));
    assertMoments(runs, new double[] {3, -1}, new double[] {4, Math.exp(-2)});
  }

  /// Features 3 and -4, deviations 1 and 2 for the first number, 0.5 and 0.25 for the second: 9 +
  /// 64 and 9/4 + 1.
  @Test
  void stateDependentNumbersAreDrawnWithTheirMeanAndVariance() {
    float[][] runs =
        draws(t ->
            new StateDependentGaussian(
                repeated(t, 3, -1),
                repeated(t, 3, -4),
                t.f32(f(0, Math.log(0.5), Math.log(2), Math.log(0.25)), 2, 2)));
    assertMoments(runs, new double[] {3, -1}, new double[] {73, 3.25});
  }

  @Test
  void theSameCounterGivesTheSameDrawAndAnotherCounterAnother() {
    List<Function<Trace, ActionDistribution>> all =
        List.of(
            t -> new Categorical(repeated(t, 0, 0, 0), null),
            t -> new MultiCategorical(repeated(t, 0, 0, 0, 0), List.of(2, 2)),
            t -> new DiagonalGaussian(repeated(t, 0, 0), t.f32(f(0, 0), 2)),
            t ->
                new StateDependentGaussian(
                    repeated(t, 0, 0), repeated(t, 1, 1), t.f32(f(0, 0, 0, 0), 2, 2)));
    for (Function<Trace, ActionDistribution> distribution : all) {
      float[] first = evaluate(t -> distribution.apply(t).sample(11, t.counter(5)));
      float[] same = evaluate(t -> distribution.apply(t).sample(11, t.counter(5)));
      float[] otherCounter = evaluate(t -> distribution.apply(t).sample(11, t.counter(6)));
      float[] otherSeed = evaluate(t -> distribution.apply(t).sample(12, t.counter(5)));
      assertArrayEquals(first, same);
      assertFalse(Arrays.equals(first, otherCounter));
      assertFalse(Arrays.equals(first, otherSeed));
    }
  }

  /// Noise is linear in the features for one matrix: that of their sum is the sum of theirs.
  @Test
  void theSameCounterKeepsTheNoiseMatrixWhileTheFeaturesChange() {
    List<float[]> results =
        evaluateAll(t -> {
          Tensor mean = t.f32(f(0, 0, 0, 0), 2, 2);
          Tensor first = t.f32(f(1, 2, -1, 0.5, 1, 3), 2, 3);
          Tensor second = t.f32(f(0, 1, 2, 4, -1, 1), 2, 3);
          Tensor logDeviation = t.f32(f(0, -1, 0.5, 1, 0.2, 0), 3, 2);
          Tensor counter = t.counter(9);
          return List.of(first, second, first.plus(second)).stream()
              .map(x -> new StateDependentGaussian(mean, x, logDeviation).sample(1, counter))
              .toList();
        });
    for (int i = 0; i < 4; i++) {
      assertEquals(results.get(0)[i] + results.get(1)[i], results.get(2)[i], 1e-5);
    }
  }

  @Test
  void drawsPassNoGradient() {
    List<float[]> gradients =
        evaluateAll(t -> {
          Tensor mean = t.f32(f(1, 2), 1, 2);
          Tensor logDeviation = t.f32(f(0, 1), 2);
          Tensor wide = t.f32(f(0, 1, 2, 3), 2, 2);
          Tensor features = t.f32(f(1, 2), 1, 2);
          Tensor counter = t.counter(1);
          Tensor drawn = new DiagonalGaussian(mean, logDeviation).sample(1, counter);
          Tensor other = new StateDependentGaussian(mean, features, wide).sample(2, counter);
          return Gradients.of(drawn.plus(other).sum(), List.of(mean, logDeviation, wide, features));
        });
    gradients.forEach(g -> assertArrayEquals(new float[g.length], g));
  }
}
