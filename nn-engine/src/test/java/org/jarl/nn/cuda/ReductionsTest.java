package org.jarl.nn.cuda;

import java.util.function.DoubleUnaryOperator;
import org.jarl.nn.Graph;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@WithEmulatedDriver
class ReductionsTest {
  private static TwoEngines two;

  @BeforeAll
  static void open() {
    two = new TwoEngines();
  }

  @AfterAll
  static void close() {
    two.close();
  }

  private static TwoEngines.Inputs values(DoubleUnaryOperator values) {
    return new TwoEngines.Inputs(5, values, 1000);
  }

  private static double sometimesNaN(double v) {
    return v > 0.99 ? Double.NaN : v;
  }

  private static void fold(Graph graph, int outer, int length, int inner) {
    Tensor x = graph.input("x", outer, length, inner);
    graph.output("sum", x.sum(1));
    graph.output("max", x.max(1));
  }

  /// Short rows, long rows, few and many columns, one and two levels, one thread for each result.
  @ParameterizedTest
  @CsvSource({
    "1,1,1",
    "1,2,1",
    "1,33,1",
    "7,3,1",
    "3,31,1",
    "70,33,1",
    "5,1000,1",
    "2,1025,1",
    "1,1001,1",
    "1,8191,1",
    "1,20000,1",
    "1,260000,1",
    "1,9000,20",
    "2,9001,1",
    "1,5,5",
    "3,9,7",
    "1,300,4",
    "1,300,32",
    "2,77,33",
    "1,2000,3",
    "1,3001,17",
    "1,700,70",
    "2,9,513",
    "4,8,65",
    "1,40,33000",
    "4,40,1100",
    "300,6,51"
  })
  void foldsAgreeWithTheCpu(int outer, int length, int inner) {
    // Both add f32 numbers one after another.
    double tolerance = 1e-6 + 4e-8 * Math.sqrt(length);
    two.agree(values(v -> v * v + 0.1), tolerance, graph -> fold(graph, outer, length, inner));
    two.agree(
        values(ReductionsTest::sometimesNaN),
        0,
        graph -> graph.output("max", graph.input("x", outer, length, inner).max(1)));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 6, 18, 31, 32, 33, 200, 1025})
  void theFirstOfTheLargestIsFound(int width) {
    for (int rows : new int[] {1, 9, 40}) {
      two.agree(
          values(v -> Math.rint(v * 2)),
          0,
          graph -> graph.output("index", graph.input("x", rows, width).argMax()));
      two.agree(
          values(v -> v > 0.5 ? Double.NaN : v > -0.7 ? Math.rint(v) : Double.NEGATIVE_INFINITY),
          0,
          graph -> graph.output("index", graph.input("x", rows, width).argMax()));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 6, 18, 31, 33, 51, 257, 1024, 1025, 3000})
  void softmaxAgreesWithTheCpu(int width) {
    for (int rows : new int[] {1, 9, 33}) {
      two.agree(
          values(v -> 30 * v),
          2e-6,
          graph -> {
            Tensor x = graph.input("x", rows, width);
            graph.output("softmax", x.softmax());
            graph.output("logarithm", x.logSoftmax());
          });
    }
  }

  @Test
  void bitsDoNotDependOnTheOrderOfThreads() {
    two.sameForEverySeed(
        values(v -> v),
        graph -> {
          fold(graph, 1, 20_000, 1);
          Tensor x = graph.input("y", 70, 33);
          graph.output("rows", x.sum(1));
          graph.output("columns", x.sum(0));
          graph.output("softmax", x.softmax());
          graph.output("long", graph.input("z", 2, 1500).logSoftmax());
        });
  }
}
