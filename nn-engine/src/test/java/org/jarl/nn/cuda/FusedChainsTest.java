package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@WithEmulatedDriver
class FusedChainsTest {
  private static final double[] EDGES = {
    0, -0.0, 1, -1, 0.5, 100, -110, 1e-30, -1e-40, 3e38, 1.0 / 0, -1.0 / 0, 0.0 / 0
  };

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

  /// One in three is an edge.
  private static double edgy(double v) {
    int which = (int) Math.abs(v * 3000) % (3 * EDGES.length);
    return which < EDGES.length ? EDGES[which] : 20 * v;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 127, 515, 1100})
  void functionsOfOneNumberHaveTheBitsOfTheCpu(int size) {
    List<UnaryOperator<Tensor>> functions =
        List.of(
            Tensor::negate,
            Tensor::exp,
            Tensor::tanh,
            Tensor::cos,
            Tensor::sigmoid,
            Tensor::relu,
            Tensor::sqrt,
            Tensor::square,
            Tensor::abs,
            Tensor::sign,
            Tensor::step);
    two.agree(
        values(FusedChainsTest::edgy),
        0,
        graph -> {
          Tensor x = graph.input("x", size);
          for (int i = 0; i < functions.size(); i++) {
            graph.output("function " + i, functions.get(i).apply(x));
          }
        });
    two.agree(
        values(v -> Math.exp(80 * v)),
        2.4e-7, // two units in the last place
        graph -> graph.output("log", graph.input("x", size).log()));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 513})
  void functionsOfTwoNumbersHaveTheBitsOfTheCpu(int size) {
    List<BinaryOperator<Tensor>> functions =
        List.of(
            Tensor::plus,
            Tensor::minus,
            Tensor::times,
            Tensor::dividedBy,
            Tensor::maximum,
            Tensor::minimum,
            Tensor::lessThan,
            Tensor::equalTo,
            (a, b) -> a.select(b, a));
    two.agree(
        values(FusedChainsTest::edgy),
        0,
        graph -> {
          Tensor x = graph.input("x", size);
          Tensor y = graph.input("y", size);
          for (int i = 0; i < functions.size(); i++) {
            graph.output("function " + i, functions.get(i).apply(x, y));
          }
        });
  }

  private static Shape s(int... sizes) {
    return Shape.of(sizes);
  }

  @Test
  void inputsAreRepeatedAlongAnyAxes() {
    Shape[][] pairs = {
      {s(5, 7), s(7)},
      {s(5, 8), s(8)},
      {s(5, 7), s(5, 1)},
      {s(5, 8), s(5, 1)},
      {s(6, 1, 51), s(6, 3, 1)},
      {s(6, 1, 52), s(6, 3, 52)},
      {s(3, 1, 5, 1), s(2, 1, 6)},
      {s(2, 3, 1, 5, 1, 4), s(2, 1, 4, 5, 3, 1)},
      {s(1), s(9)},
      {s(), s(3, 3)},
      {s(1, 1), s(1)},
      {s(700, 3), s(3)},
      {s(3, 700), s(3, 1)}
    };
    for (Shape[] pair : pairs) {
      two.agree(
          values(v -> v),
          0,
          graph -> {
            Tensor a = graph.input("a", pair[0].toArray());
            Tensor b = graph.input("b", DType.U8, pair[1].toArray()).toF32();
            Tensor c = graph.input("c", DType.I32, pair[1].toArray()).toF32();
            graph.output("of " + pair[0] + pair[1], a.times(b).minus(c).plus(0.5f));
          });
    }
  }

  @Test
  void wholeNumbersBecomeFloats() {
    for (int size : new int[] {1, 3, 4, 6, 1000}) {
      two.agree(
          values(v -> v),
          0,
          graph -> {
            graph.output("bytes", graph.input("b", DType.U8, size).toF32());
            graph.output("integers", graph.input("i", DType.I32, size).toF32());
            graph.output("one", graph.input("o", DType.U8, 1).toF32());
            graph.output("scaled", graph.input("p", DType.U8, 2, size).toF32().times(1f / 255));
          });
    }
  }

  /// More inputs than are loaded at the start, each read twice, far apart.
  private static void manyInputs(Graph graph, int count) {
    List<Tensor> inputs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      inputs.add(i % 3 == 2 ? graph.input("x" + i, 1) : graph.input("x" + i, 37));
    }
    Tensor sum = graph.constant(0.25f);
    for (Tensor input : inputs) {
      sum = sum.times(0.5f).plus(input);
    }
    for (Tensor input : inputs.reversed()) {
      sum = sum.times(input);
    }
    graph.output("sum", sum);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 7, 8, 9, 10})
  void anyNumberOfInputsMayBeReadTwice(int count) {
    two.agree(values(v -> v + 2), 0, graph -> manyInputs(graph, count));
  }

  /// Values that all have to be kept until the end.
  private static void manyValues(Graph graph, int count) {
    Tensor x = graph.input("x", 300);
    List<Tensor> kept = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      kept.add(x.plus(0.1f * (i + 1)));
    }
    Tensor product = kept.getFirst();
    for (Tensor value : kept) {
      product = product.times(value);
    }
    graph.output("product", product);
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 14, 15, 16})
  void anyNumberOfValuesMayBeKept(int count) {
    two.agree(values(v -> v), 0, graph -> manyValues(graph, count));
  }

  @Test
  void blocksAreSmallerWhereManyValuesAreKept() {
    try (Program few = two.cuda().compile("few", graph -> manyValues(graph, 2));
        Program many = two.cuda().compile("many", FusedChainsTest::manyInputsAndValues)) {
      assertTrue(few.describe().contains("fused <<<1 x 1 x 1, 128>>>"), few.describe());
      assertTrue(many.describe().contains(", 64>>>"), many.describe());
    }
    two.agree(values(v -> v), 0, FusedChainsTest::manyInputsAndValues);
  }

  private static void manyInputsAndValues(Graph graph) {
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> kept = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      inputs.add(graph.input("x" + i, 300));
    }
    for (int i = 0; i < 16; i++) {
      kept.add(inputs.get(i % 8).plus(0.1f * (i + 1)));
    }
    Tensor result = inputs.getFirst();
    for (int i = 0; i < 16; i += 2) {
      result = result.select(kept.get(i), kept.get(i + 1));
    }
    for (Tensor input : inputs) {
      result = result.times(input);
    }
    graph.output("result", result);
  }

  @Test
  void largeTensorsAreDoneInSeveralTurns() {
    two.agree(
        values(v -> v),
        0,
        graph -> {
          Tensor x = graph.input("x", DType.U8, 2_097_155).toF32();
          graph.output("y", x.minus(3).maximum(x.times(0.5f)));
        });
  }

  @Test
  void bitsDoNotDependOnTheOrderOfThreads() {
    two.sameForEverySeed(
        values(v -> v + 2),
        graph -> {
          manyInputs(graph, 10);
          manyValues(graph, 14);
        });
  }
}
