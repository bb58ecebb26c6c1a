package org.jarl.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reverse-mode differentiation, from graph to graph: the gradient of a scalar is traced as further
/// operations, so that it is optimized and compiled like everything else.
public final class Gradients {
  /// What each tensor's gradient is the sum of.
  private final Map<Tensor, List<Tensor>> parts = new HashMap<>();

  private Gradients() {}

  /// Gradients of a scalar with respect to some tensors.
  ///
  /// @return one tensor per element of `with`, of its shape; zeros where the scalar does not depend
  ///   on it
  /// @throws IllegalArgumentException if `of` is not an f32 scalar
  public static List<Tensor> of(Tensor of, List<Tensor> with) {
    if (of.shape().rank() != 0 || of.dtype() != DType.F32) {
      throw of.error("a gradient needs an f32 scalar, got " + of.dtype() + " " + of.shape());
    }
    Gradients gradients = new Gradients();
    Graph graph = of.graph();
    gradients.parts.put(of, List.of(graph.constant(1)));
    boolean[] needed = dependents(graph, of, with);
    for (int i = of.id(); i >= 0; i--) {
      Tensor tensor = graph.tensors().get(i);
      if (needed[i] && gradients.parts.containsKey(tensor)) {
        gradients.backward(tensor, gradients.sum(tensor), needed);
      }
    }
    List<Tensor> result = new ArrayList<>();
    for (Tensor tensor : with) {
      result.add(
          gradients.parts.containsKey(tensor)
              ? gradients.sum(tensor)
              : graph.constant(0, tensor.shape()));
    }
    return result;
  }

  /// Whether each tensor lies between one of `with` and the end: the others need no gradient.
  private static boolean[] dependents(Graph graph, Tensor of, List<Tensor> with) {
    boolean[] needed = new boolean[of.id() + 1];
    for (int i = 0; i <= of.id(); i++) {
      Tensor tensor = graph.tensors().get(i);
      needed[i] = with.contains(tensor);
      if (!(tensor.op() instanceof Op.StopGradient)) {
        for (Tensor input : tensor.inputs()) {
          needed[i] |= needed[input.id()];
        }
      }
    }
    return needed;
  }

  private void add(Tensor tensor, boolean[] needed, Supplier<Tensor> gradient) {
    if (!needed[tensor.id()]) {
      return;
    }
    Tensor part = reduceTo(gradient.get(), tensor.shape());
    parts.computeIfAbsent(tensor, _ -> new ArrayList<>()).add(part);
  }

  /// The gradient of a tensor, of which all parts are known. Steps of a sequence leave one part
  /// each: slices that are put together, and products that become one.
  private Tensor sum(Tensor tensor) {
    List<Tensor> all = Objects.requireNonNull(parts.get(tensor));
    if (all.size() > 1) {
      Tensor joined = joined(all);
      joined = joined == null ? product(all) : joined;
      all = List.of(joined == null ? all.stream().reduce(Tensor::plus).orElseThrow() : joined);
      parts.put(tensor, all);
    }
    return all.getFirst();
  }

  /// Parts that are [Op.Pad]s side by side, as one tensor; null where they are not.
  private static @Nullable Tensor joined(List<Tensor> all) {
    TreeMap<Integer, Tensor> places = new TreeMap<>();
    int axis = -1;
    for (Tensor part : all) {
      if (!(part.op() instanceof Op.Pad(int along, int before)) || (axis >= 0 && along != axis)) {
        return null;
      }
      axis = along;
      if (places.put(before, part.inputs().getFirst()) != null) {
        return null;
      }
    }
    int end = 0;
    for (Map.Entry<Integer, Tensor> place : places.entrySet()) {
      if (place.getKey() != end) {
        return null;
      }
      end += place.getValue().shape().size(axis);
    }
    boolean whole = end == all.getFirst().shape().size(axis);
    return whole ? Tensor.concat(axis, List.copyOf(places.values())) : null;
  }

  /// `a1' b1 + a2' b2 + ...` as one product of the `a` and the `b` below each other: the gradient
  /// of weights that were used in several steps. Null where the parts are something else.
  private static @Nullable Tensor product(List<Tensor> all) {
    Op transposed = new Op.MatMul(true, false);
    if (!all.stream().allMatch(part -> part.op().equals(transposed))) {
      return null;
    }
    Tensor left = Tensor.concat(0, all.stream().map(part -> part.inputs().get(0)).toList());
    Tensor right = Tensor.concat(0, all.stream().map(part -> part.inputs().get(1)).toList());
    return left.matmul(right, true, false);
  }

  /// Sums over the axes that broadcasting has repeated.
  private static Tensor reduceTo(Tensor gradient, Shape shape) {
    Tensor reduced = gradient;
    while (reduced.shape().rank() > shape.rank()) {
      reduced = reduced.sum(0);
    }
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.size(axis) == 1 && reduced.shape().size(axis) > 1) {
        int[] kept = reduced.shape().with(axis, 1).toArray();
        reduced = reduced.sum(axis).reshape(kept);
      }
    }
    return reduced.broadcastTo(shape);
  }

  private void backward(Tensor y, Tensor g, boolean[] needed) {
    Tensor a = y.inputs().isEmpty() ? y : y.inputs().get(0);
    Tensor b = y.inputs().size() < 2 ? y : y.inputs().get(1);
    switch (y.op()) {
      case Op.Input _, Op.Variable _, Op.Constant _, Op.ConstantArray _, Op.Random _ -> {}
      case Op.StopGradient _, Op.ArgMax _, Op.ToF32 _, Op.Rows _ -> {}
      case Op.Unary(Op.UnaryKind kind) -> add(a, needed, () -> unary(kind, a, y, g));
      case Op.Binary(Op.BinaryKind kind) -> binary(kind, a, b, g, needed);
      case Op.Select _ -> {
        Tensor otherwise = y.inputs().get(2);
        Tensor zero = y.graph().constant(0);
        add(b, needed, () -> a.select(g, zero));
        add(otherwise, needed, () -> a.select(zero, g));
      }
      case Op.Reduce(Op.ReduceKind kind, int axis) ->
          add(a, needed, () -> reduce(kind, axis, a, y, g));
      case Op.MatMul(boolean ta, boolean tb) -> {
        add(a, needed, () -> ta ? b.matmul(g, tb, true) : g.matmul(b, false, !tb));
        add(b, needed, () -> tb ? g.matmul(a, true, ta) : a.matmul(g, !ta, false));
      }
      case Op.Conv2d(int stride, int padding) -> {
        add(
            a,
            needed,
            () ->
                y.graph()
                    .add(
                        new Op.Conv2dInputGradient(stride, padding),
                        a.shape(),
                        DType.F32,
                        List.of(b, g)));
        add(
            b,
            needed,
            () ->
                y.graph()
                    .add(
                        new Op.Conv2dWeightGradient(stride, padding),
                        b.shape(),
                        DType.F32,
                        List.of(a, g)));
      }
      case Op.MaxPool2d(int size, int stride, int padding) ->
          add(
              a,
              needed,
              () ->
                  y.graph()
                      .add(
                          new Op.MaxPool2dGradient(size, stride, padding),
                          a.shape(),
                          DType.F32,
                          List.of(a, y, g)));
      case Op.Reshape _ -> add(a, needed, () -> g.reshape(a.shape().toArray()));
      case Op.Permute(List<Integer> order) -> add(a, needed, () -> g.permute(inverse(order)));
      case Op.Broadcast _ -> add(a, needed, () -> g);
      case Op.Slice(int axis, int start) ->
          add(a, needed, () -> g.pad(axis, start, a.shape().size(axis)));
      case Op.Pad(int axis, int before) ->
          add(a, needed, () -> g.slice(axis, before, a.shape().size(axis)));
      case Op.Concat(int axis) -> {
        int start = 0;
        for (Tensor part : y.inputs()) {
          int from = start;
          add(part, needed, () -> g.slice(axis, from, part.shape().size(axis)));
          start += part.shape().size(axis);
        }
      }
      case Op.Gather _ -> add(a, needed, () -> g.scatter(b, a.shape().size(1)));
      case Op.Scatter _ -> add(a, needed, () -> g.gather(b));
      case Op.IndexSelect _ -> add(a, needed, () -> g.indexAdd(b, a.shape().size(0)));
      case Op.IndexAdd _ -> add(a, needed, () -> g.indexSelect(b));
      case Op.Softmax _ -> add(a, needed, () -> y.times(g.minus(sumKeeping(g.times(y)))));
      case Op.LogSoftmax _ -> add(a, needed, () -> g.minus(y.exp().times(sumKeeping(g))));
      case Op.Conv2dInputGradient _, Op.Conv2dWeightGradient _ ->
          throw y.error("second derivatives of conv2d are not supported");
      case Op.MaxPool2dGradient _ ->
          throw y.error("second derivatives of maxPool2d are not supported");
      case Op.Linear _, Op.ConvBias _, Op.Fused _ ->
          throw new IllegalStateException("fused operations appear after differentiation: " + y);
    }
  }

  private static Tensor unary(Op.UnaryKind kind, Tensor x, Tensor y, Tensor g) {
    return switch (kind) {
      case NEGATE -> g.negate();
      case EXP -> g.times(y);
      case LOG -> g.dividedBy(x);
      case TANH -> g.minus(g.times(y.square()));
      // The cosine of a quarter turn more is minus the sine.
      case COS -> g.times(x.plus((float) (Math.PI / 2)).cos());
      case SIGMOID -> g.times(y).times(y.negate().plus(1));
      case RELU -> y.select(g, g.graph().constant(0));
      case SQRT -> g.times(0.5f).dividedBy(y);
      case SQUARE -> g.times(x).times(2);
      case ABS -> g.times(x.sign());
      case SIGN, STEP -> g.graph().constant(0, x.shape());
    };
  }

  private void binary(Op.BinaryKind kind, Tensor a, Tensor b, Tensor g, boolean[] needed) {
    Tensor zero = g.graph().constant(0);
    switch (kind) {
      case ADD -> {
        add(a, needed, () -> g);
        add(b, needed, () -> g);
      }
      case SUBTRACT -> {
        add(a, needed, () -> g);
        add(b, needed, g::negate);
      }
      case MULTIPLY -> {
        add(a, needed, () -> g.times(b));
        add(b, needed, () -> g.times(a));
      }
      case DIVIDE -> {
        add(a, needed, () -> g.dividedBy(b));
        add(b, needed, () -> g.times(a).dividedBy(b.square()).negate());
      }
      case MAXIMUM -> {
        add(a, needed, () -> a.lessThan(b).select(zero, g));
        add(b, needed, () -> a.lessThan(b).select(g, zero));
      }
      case MINIMUM -> {
        add(a, needed, () -> b.lessThan(a).select(zero, g));
        add(b, needed, () -> b.lessThan(a).select(g, zero));
      }
      case LESS, EQUAL -> {}
    }
  }

  private static Tensor reduce(Op.ReduceKind kind, int axis, Tensor x, Tensor y, Tensor g) {
    int[] kept = x.shape().with(axis, 1).toArray();
    Tensor spread = g.reshape(kept).broadcastTo(x.shape());
    return switch (kind) {
      case SUM -> spread;
      case MAX -> {
        Tensor largest = x.equalTo(y.reshape(kept));
        Tensor count = largest.sum(axis).reshape(kept);
        yield spread.times(largest).dividedBy(count);
      }
    };
  }

  private static Tensor sumKeeping(Tensor x) {
    int last = x.shape().rank() - 1;
    return x.sum(last).reshape(x.shape().with(last, 1).toArray());
  }

  private static int[] inverse(List<Integer> order) {
    int[] inverse = new int[order.size()];
    for (int i = 0; i < inverse.length; i++) {
      inverse[order.get(i)] = i;
    }
    return inverse;
  }
}
