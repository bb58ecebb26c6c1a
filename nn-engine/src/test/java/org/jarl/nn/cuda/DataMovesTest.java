package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.GraphCase;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@WithEmulatedDriver
class DataMovesTest {
  private static TwoEngines two;

  @BeforeAll
  static void open() {
    two = new TwoEngines();
  }

  @AfterAll
  static void close() {
    two.close();
  }

  private static Shape s(int... sizes) {
    return Shape.of(sizes);
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void axesGoToAnyPlace(DType dtype) {
    int[][][] cases = {
      {{3, 5}, {1, 0}},
      {{40, 33}, {1, 0}},
      {{2, 33, 17}, {0, 2, 1}},
      {{2, 16, 5, 7}, {0, 2, 3, 1}},
      {{2, 5, 7, 33}, {0, 3, 1, 2}},
      {{2, 3, 4}, {2, 0, 1}},
      {{2, 3, 4, 5}, {3, 1, 2, 0}},
      {{3, 4, 5, 7}, {0, 2, 3, 1}},
      {{3, 4, 6, 6}, {0, 2, 3, 1}},
      {{2, 4, 5, 7, 3}, {0, 2, 3, 1, 4}},
      {{4, 3, 8}, {1, 0, 2}},
      {{4, 3, 16}, {1, 0, 2}},
      {{2, 3, 2, 3, 2, 3}, {5, 1, 3, 2, 0, 4}},
      {{1, 7, 1}, {2, 0, 1}}
    };
    for (int[][] z : cases) {
      two.agree(
          TwoEngines.Inputs.PLAIN,
          0,
          graph -> {
            Tensor x = graph.input("x", dtype, z[0]).permute(z[1]);
            graph.output("permuted " + Arrays.deepToString(z), x);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void tensorsAreRepeated(DType dtype) {
    Shape[][] cases = {
      {s(3, 1), s(2, 3, 4)},
      {s(4), s(5, 4)},
      {s(7), s(5, 7)},
      {s(2, 1, 16), s(2, 3, 16)},
      {s(1), s(1000)},
      {s(), s(3, 2)},
      {s(2, 1, 3, 1), s(2, 5, 3, 4)}
    };
    for (Shape[] z : cases) {
      two.agree(
          TwoEngines.Inputs.PLAIN,
          0,
          graph -> {
            Tensor x = graph.input("x", dtype, z[0].toArray()).broadcastTo(z[1]);
            graph.output("repeated " + z[0] + z[1], x);
          });
    }
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void rowsAreCutAndJoined(DType dtype) {
    for (int inner : new int[] {1, 3, 4, 16}) {
      for (int axis = 0; axis < 2; axis++) {
        int a = axis;
        two.agree(
            TwoEngines.Inputs.PLAIN,
            0,
            graph -> {
              List<Tensor> parts = new ArrayList<>();
              for (int i = 0; i < 9; i++) {
                Shape shape = s(5, 4, inner).with(a, 1 + i % 4);
                parts.add(graph.input("x" + i, dtype, shape.toArray()));
              }
              for (int count : new int[] {1, 2, 4, 5, 9}) {
                graph.output("joined " + count, Tensor.concat(a, parts.subList(0, count)));
              }
              Tensor x = graph.input("x", dtype, 9, 10, inner);
              graph.output("cut", x.slice(a, 3, 4));
              graph.output("at 4", x.slice(a, 4, 4));
              graph.output("end", x.slice(a, 8, 1));
            });
      }
    }
  }

  /// The gradient of a range is zero around it.
  @Test
  void rangesHaveGradients() {
    for (int axis = 0; axis < 3; axis++) {
      for (int[] range : new int[][] {{0, 2}, {1, 2}, {2, 6}, {3, 5}}) {
        int a = axis;
        two.agree(
            GraphCase.of(
                "range " + axis + Arrays.toString(range),
                List.of(s(8, 8, 8)),
                p -> p.getFirst().slice(a, range[0], range[1]).tanh()),
            0);
      }
    }
  }

  @Test
  void elementsAreTakenByIndex() {
    for (int choices : new int[] {1, 5, 300}) {
      two.agree(
          TwoEngines.Inputs.below(choices),
          0,
          graph -> {
            Tensor few = graph.input("few", DType.I32, 7);
            Tensor many = graph.input("many", DType.I32, 600);
            graph.output("gather", graph.input("a", 600, choices).gather(many));
            graph.output("scatter", graph.input("b", 600).scatter(many, choices));
            for (int width : new int[] {1, 3, 4, 51}) {
              Tensor matrices = graph.input("a" + width, 600, choices, width);
              graph.output("rows gathered of " + width, matrices.gather(many));
              Tensor rows = graph.input("b" + width, 600, width);
              graph.output("rows scattered of " + width, rows.scatter(many, choices));
            }
            for (DType dtype : DType.values()) {
              for (int width : new int[] {1, 3, 4, 16}) {
                Tensor x = graph.input(dtype + " " + width, dtype, choices, width);
                graph.output("rows of " + dtype + width, x.indexSelect(few));
                graph.output("many rows of " + dtype + width, x.indexSelect(many));
              }
            }
          });
    }
  }

  /// Of equal indices the gradients are added in their order, as the cpu does.
  @Test
  void rowsTakenHaveGradients() {
    for (int rows : new int[] {1, 9, 255, 256, 700}) {
      for (int width : new int[] {1, 3, 33}) {
        two.agree(
            GraphCase.indexed(
                "rows " + rows + " " + width,
                List.of(s(20, width)),
                rows,
                20,
                (p, i) -> p.getFirst().indexSelect(i).square()),
            0);
      }
    }
  }

  @Test
  void bitsDoNotDependOnTheOrderOfThreads() {
    two.sameForEverySeed(
        TwoEngines.Inputs.below(5),
        graph -> {
          Tensor x = graph.input("x", 5, 40, 33);
          graph.output("transposed", x.permute(0, 2, 1));
          graph.output("rows", x.indexSelect(graph.input("i", DType.I32, 9)));
        });
  }
}
