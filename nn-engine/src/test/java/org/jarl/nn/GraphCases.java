package org.jarl.nn;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/// Every operation and module over odd sizes.
public final class GraphCases {
  private GraphCases() {}

  private static Shape s(int... sizes) {
    return Shape.of(sizes);
  }

  /// A shape with further axes before its own.
  private static Shape before(Shape shape, int... sizes) {
    int[] all = Arrays.copyOf(sizes, sizes.length + shape.rank());
    System.arraycopy(shape.toArray(), 0, all, sizes.length, shape.rank());
    return Shape.of(all);
  }

  /// Away from 0, where kinks are.
  private static double kinkless(double v) {
    return v < 0 ? v - 0.1 : v + 0.1;
  }

  private static double positive(double v) {
    return Math.abs(v) + 0.2;
  }

  /// All of them.
  public static List<GraphCase> all() {
    List<GraphCase> cases = new ArrayList<>();
    elementwise(cases);
    shapes(cases);
    bytes(cases);
    products(cases);
    convolutions(cases);
    pools(cases);
    modules(cases);
    return cases;
  }

  private static void elementwise(List<GraphCase> cases) {
    for (Op.UnaryKind kind : Op.UnaryKind.values()) {
      for (int size : new int[] {1, 7, 513}) {
        cases.add(
            GraphCase.of("unary " + kind + size, List.of(s(size)), p -> unary(kind, p.get(0)))
                .with(
                    kind == Op.UnaryKind.LOG || kind == Op.UnaryKind.SQRT
                        ? GraphCases::positive
                        : GraphCases::kinkless));
      }
    }
    for (Op.BinaryKind kind : Op.BinaryKind.values()) {
      Shape[][] pairs = {
        {s(5), s(5)},
        {s(3, 5), s(5)},
        {s(3, 1), s(3, 5)},
        {s(1), s(2, 3)},
        {s(), s(4)},
        {s(2, 1, 3), s(4, 1)},
        {s(7, 129), s(129)}
      };
      for (Shape[] pair : pairs) {
        cases.add(
            GraphCase.of(
                    "binary " + kind + pair[0] + pair[1],
                    List.of(pair[0], pair[1]),
                    p -> binary(kind, p.get(0), p.get(1)))
                .with(GraphCases::kinkless));
      }
    }
    cases.add(
        GraphCase.of(
                "select", List.of(s(3, 4), s(4), s(3, 1)), p -> p.get(0).select(p.get(1), p.get(2)))
            .with(GraphCases::kinkless));
    cases.add(GraphCase.of("huber", List.of(s(33)), p -> p.get(0).times(3).huber(1f)));
    cases.add(GraphCase.of("clip", List.of(s(33)), p -> p.get(0).times(3).clip(-1.5f, 0.7f)));
    cases.add(
        GraphCase.of(
            "long chain",
            List.of(s(600), s(600)),
            p -> {
              Tensor x = p.get(0);
              for (int i = 0; i < 20; i++) {
                x = x.times(p.get(1)).plus(0.1f * i).tanh().minus(p.get(0));
              }
              return x;
            }));
  }

  private static Tensor unary(Op.UnaryKind kind, Tensor x) {
    return switch (kind) {
      case NEGATE -> x.negate();
      case EXP -> x.exp();
      case LOG -> x.log();
      case TANH -> x.times(2).tanh();
      case COS -> x.times(40).cos();
      case SIGMOID -> x.times(3).sigmoid();
      case RELU -> x.relu();
      case SQRT -> x.sqrt();
      case SQUARE -> x.square();
      case ABS -> x.abs();
      case SIGN -> x.sign();
      case STEP -> x.step();
    };
  }

  private static Tensor binary(Op.BinaryKind kind, Tensor a, Tensor b) {
    return switch (kind) {
      case ADD -> a.plus(b);
      case SUBTRACT -> a.minus(b);
      case MULTIPLY -> a.times(b);
      case DIVIDE -> a.dividedBy(b);
      case MAXIMUM -> a.maximum(b);
      case MINIMUM -> a.minimum(b);
      case LESS -> a.lessThan(b);
      case EQUAL -> a.equalTo(b);
    };
  }

  private static void shapes(List<GraphCase> cases) {
    for (int axis = 0; axis < 3; axis++) {
      int a = axis;
      cases.add(GraphCase.of("sum " + axis, List.of(s(3, 5, 7)), p -> p.get(0).sum(a)));
      cases.add(GraphCase.of("max " + axis, List.of(s(3, 5, 7)), p -> p.get(0).max(a)));
      cases.add(GraphCase.of("mean " + axis, List.of(s(2, 3, 600)), p -> p.get(0).mean(a)));
      cases.add(GraphCase.of("slice " + axis, List.of(s(3, 5, 7)), p -> p.get(0).slice(a, 1, 2)));
      cases.add(
          GraphCase.of(
              "concat " + axis,
              List.of(s(3, 5, 7), s(3, 5, 7).with(a, 4), s(3, 5, 7).with(a, 1)),
              p -> Tensor.concat(a, p)));
      cases.add(
          GraphCase.of(
              "slices put in another order " + axis,
              List.of(s(4, 5, 6).with(a, 4)),
              p -> {
                Tensor x = p.getFirst();
                Tensor first = x.slice(a, 0, 1);
                return Tensor.concat(a, List.of(x.slice(a, 1, 3).square(), first.tanh()));
              }));
      cases.add(
          GraphCase.of(
              "slices with a gap and an overlap " + axis,
              List.of(s(5, 4, 6).with(a, 5)),
              p -> {
                Tensor x = p.getFirst();
                Tensor gap = x.slice(a, 0, 2).times(x.slice(a, 3, 2));
                return gap.plus(x.slice(a, 1, 2).square());
              }));
    }
    cases.add(
        GraphCase.of(
            "weights of three steps",
            List.of(s(6, 3), s(3, 3)),
            p -> {
              Tensor h = p.get(0).slice(0, 0, 2);
              for (int step = 1; step <= 3; step++) {
                Tensor x = p.get(0).slice(0, 2 * (step % 3), 2);
                h = h.matmul(p.get(1)).tanh().plus(x);
              }
              return h;
            }));
    cases.add(
        GraphCase.of(
            "slices of what was put together",
            List.of(s(4, 3), s(4, 2)),
            p -> {
              Tensor both = Tensor.concat(1, p);
              return both.slice(1, 3, 2).times(both.slice(1, 2, 2)).plus(both.slice(1, 0, 2));
            }));
    cases.add(GraphCase.of("sum of all", List.of(s(1001)), p -> p.get(0).sum()));
    cases.add(GraphCase.of("argMax", List.of(s(6, 5)), p -> p.get(0).argMax().toF32()));
    cases.add(GraphCase.of("reshape", List.of(s(6, 5)), p -> p.get(0).reshape(3, -1, 2).exp()));
    cases.add(GraphCase.of("permute", List.of(s(2, 3, 4)), p -> p.get(0).permute(2, 0, 1)));
    cases.add(GraphCase.of("broadcast", List.of(s(3, 1)), p -> p.get(0).broadcastTo(s(2, 3, 4))));
    cases.add(GraphCase.of("softmax", List.of(s(4, 7)), p -> p.get(0).times(3).softmax()));
    cases.add(GraphCase.of("logSoftmax", List.of(s(2, 2, 3)), p -> p.get(0).logSoftmax()));
    for (Shape rows : List.of(s(700, 2), s(5, 513), s(3, 200))) {
      cases.add(GraphCase.of("softmax " + rows, List.of(rows), p -> p.get(0).softmax()));
      cases.add(GraphCase.of("logSoftmax " + rows, List.of(rows), p -> p.get(0).logSoftmax()));
    }
    cases.add(GraphCase.indexed("gather", List.of(s(6, 5)), 6, 5, (p, i) -> p.get(0).gather(i)));
    cases.add(GraphCase.indexed("scatter", List.of(s(6)), 6, 5, (p, i) -> p.get(0).scatter(i, 5)));
    for (Shape rest : List.of(s(1), s(4), s(51), s(3, 4))) {
      Shape matrices = before(rest, 6, 5);
      cases.add(
          GraphCase.indexed(
              "gather of " + matrices,
              List.of(matrices),
              6,
              5,
              (p, i) -> p.get(0).gather(i).exp()));
      cases.add(
          GraphCase.indexed(
              "scatter of " + matrices,
              List.of(before(rest, 6)),
              6,
              5,
              (p, i) -> p.get(0).scatter(i, 5).exp()));
    }
    float[] numbers = {0, 1, -2.5f, 3, 1e-3f, 7};
    cases.add(
        GraphCase.of(
            "constants",
            List.of(s(4, 6)),
            p -> {
              Tensor row = p.get(0).graph().constant(numbers, 6);
              return p.get(0).times(row).plus(row.reshape(2, 3).matmul(row.reshape(3, 2)).sum());
            }));
    cases.add(
        GraphCase.of(
            "constants as they are",
            List.of(s(2)),
            p -> p.get(0).graph().constant(numbers, 3, 2).plus(p.get(0).sum().times(0))));
    cases.add(
        GraphCase.indexed(
            "indexSelect", List.of(s(4, 3)), 9, 4, (p, i) -> p.get(0).indexSelect(i)));
  }

  /// Pictures and stacks of them: planes that become channels, of sizes with and without a kernel
  /// of their own.
  private static void bytes(List<GraphCase> cases) {
    for (int[] z : new int[][] {{3, 4, 5, 7}, {1, 4, 40, 40}, {9, 4, 1, 1}, {2, 3, 5, 6}}) {
      Shape stack = s(z);
      Shape channels = s(z[0], z[2], z[3], z[1]);
      cases.add(
          GraphCase.bytes(
              "planes " + stack,
              List.of(channels),
              stack,
              (p, bytes) -> bytes.permute(0, 2, 3, 1).toF32().times(1f / 255).times(p.getFirst())));
    }
    cases.add(
        GraphCase.bytes(
            "coloured planes",
            List.of(s(2, 5, 7, 4, 3)),
            s(2, 4, 5, 7, 3),
            (p, bytes) -> bytes.permute(0, 2, 3, 1, 4).toF32().times(p.getFirst())));
    for (int size : new int[] {1, 15, 513, 5000}) {
      cases.add(
          GraphCase.bytes(
              "bytes " + size,
              List.of(s(size)),
              s(size),
              (p, bytes) -> bytes.toF32().times(p.getFirst())));
    }
  }

  private static void products(List<GraphCase> cases) {
    int[][] sizes = {
      {1, 1, 1}, {1, 3, 2}, {1, 17, 33}, {2, 5, 3}, {7, 64, 9}, {33, 31, 17}, {128, 84, 12}
    };
    for (int[] z : sizes) {
      String name = "matmul " + z[0] + "x" + z[1] + "x" + z[2];
      cases.add(
          GraphCase.of(
              name, List.of(s(z[0], z[2]), s(z[2], z[1])), p -> p.get(0).matmul(p.get(1))));
      cases.add(
          GraphCase.of(
              name + " transposed",
              List.of(s(z[2], z[0]), s(z[1], z[2])),
              p -> p.get(0).matmul(p.get(1), true, true)));
      cases.add(
          GraphCase.of(
                  name + " relu",
                  List.of(s(z[0], z[2]), s(z[2], z[1]), s(z[1])),
                  p -> p.get(0).matmul(p.get(1)).plus(p.get(2)).relu())
              .with(GraphCases::positive));
    }
  }

  private static void convolutions(List<GraphCase> cases) {
    int[][] sizes = {
      // N, H, W, C, K, O, stride, padding
      {1, 5, 5, 1, 3, 1, 1, 0},
      {2, 7, 6, 3, 3, 5, 2, 1},
      {3, 9, 9, 4, 4, 17, 2, 0},
      {2, 12, 12, 4, 8, 8, 4, 0},
      {1, 6, 5, 2, 1, 3, 1, 0},
    };
    for (int[] z : sizes) {
      Shape image = s(z[0], z[1], z[2], z[3]);
      Shape kernel = s(z[4], z[4], z[3], z[5]);
      String name = "conv2d " + image + kernel;
      cases.add(
          GraphCase.of(name, List.of(image, kernel), p -> p.get(0).conv2d(p.get(1), z[6], z[7])));
      cases.add(
          GraphCase.of(
                  name + " relu",
                  List.of(image, kernel, s(z[5])),
                  p -> p.get(0).conv2d(p.get(1), z[6], z[7]).plus(p.get(2)).relu())
              .with(GraphCases::positive));
    }
  }

  /// Images, then size, stride and padding of the window.
  private static void pools(List<GraphCase> cases) {
    int[][] sizes = {
      {2, 8, 8, 4, 3, 2, 1},
      {2, 7, 9, 3, 3, 2, 1},
      {3, 21, 21, 16, 3, 2, 1},
      {1, 6, 5, 17, 2, 2, 0},
      {9, 5, 5, 33, 3, 1, 1},
      {1, 1, 1, 1, 1, 1, 0},
      {2, 1, 2, 5, 3, 3, 1},
      {2, 10, 11, 8, 5, 3, 4}
    };
    for (int[] z : sizes) {
      Shape image = s(z[0], z[1], z[2], z[3]);
      String name = "maxPool2d " + image + z[4] + z[5] + z[6];
      cases.add(GraphCase.of(name, List.of(image), p -> p.get(0).maxPool2d(z[4], z[5], z[6])));
    }
  }

  /// Modules take their parameters from a [Variables]; here they become the arrays of a case.
  private static void modules(List<GraphCase> cases) {
    cases.add(module("linear", s(5, 3), (v, r) -> Scope.of(v, r).linear("m", 3, 4)));
    cases.add(
        module(
            "conv module",
            s(2, 6, 6, 2),
            (v, r) -> Scope.of(v, r).conv2d("m", s(3, 3, 2, 4), 1, 1)));
    cases.add(module("layer norm", s(5, 9), (v, _) -> Scope.uninitialized(v).layerNorm("m", 9)));
    cases.add(
        module("residual", s(5, 3), (v, r) -> new Residual(Scope.of(v, r).linear("m", 3, 3))));
    cases.add(
        module(
            "two layers",
            s(5, 3),
            (v, r) ->
                Scope.of(v, r)
                    .linear("a", 3, 7)
                    .then(Tensor::tanh)
                    .then(Scope.of(v, r).linear("b", 7, 2))));
    cases.add(module("lstm", s(4, 3), (v, r) -> twice(Scope.of(v, r).lstm("m", 3, 5))));
    cases.add(module("gru", s(4, 3), (v, r) -> twice(Scope.of(v, r).gru("m", 3, 5))));
  }

  /// Two steps of time over the same input.
  private static Module twice(Recurrent cell) {
    return x -> {
      Tensor start = x.graph().constant(0.1f, s(x.shape().size(0), cell.stateSize()));
      return cell.apply(x, cell.apply(x, start));
    };
  }

  private interface Maker {
    Module make(Variables variables, SplittableRandom random);
  }

  private static GraphCase module(String name, Shape input, Maker maker) {
    List<Shape> shapes = new ArrayList<>(List.of(input));
    Variables layout = new Variables(name, (_, _) -> new NoStorage());
    Module unused = maker.make(layout, new SplittableRandom(1));
    layout.parameters().forEach(p -> shapes.add(p.shape()));
    return GraphCase.of(
        "module " + name + (unused == null ? "?" : ""),
        shapes,
        p -> {
          Variables again = new Variables(name, (_, _) -> new NoStorage());
          Module module = maker.make(again, new SplittableRandom(1));
          Graph graph = p.getFirst().graph();
          for (int i = 0; i < again.parameters().size(); i++) {
            graph.bind(again.parameters().get(i), p.get(i + 1));
          }
          return module.apply(p.getFirst());
        });
  }

  private static final class NoStorage implements Variables.Storage {
    @Override
    public void read(MemorySegment out) {
      throw new UnsupportedOperationException("a layout has no values");
    }

    @Override
    public void write(MemorySegment in) {}

    @Override
    public void copyFrom(Variables.Storage source) {
      throw new UnsupportedOperationException("a layout has no values");
    }
  }
}
