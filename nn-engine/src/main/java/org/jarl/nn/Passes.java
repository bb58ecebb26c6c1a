package org.jarl.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Rewrites a traced graph into an equal one that is cheaper to run.
///
///     trace --simplify--> no constants, copies or repeats --fuse--> few large operations
///
/// Every pass walks the tensors in order and builds a new graph; what nothing needs is left behind.
public final class Passes {
  private static final int FUSED_INSTRUCTIONS = 32;

  private Passes() {}

  /// Folds constants, drops operations that change nothing, shares equal ones and removes those
  /// without effect. The result uses no operation that the input does not.
  public static Graph simplify(Graph graph) {
    return new Rewrite(graph).run(Passes::simplified);
  }

  /// Makes [Op.Linear], [Op.ConvBias] and [Op.Fused] out of simpler operations. Every element-wise
  /// operation of the result is a [Op.Fused].
  public static Graph fuse(Graph graph) {
    Graph layers = new Rewrite(graph).run(Passes::layered);
    return fuseElementwise(layers);
  }

  /// Builds the tensor for `old` in the new graph, or answers null to copy it as it is.
  private interface Rule {
    @Nullable Tensor apply(Rewrite rewrite, Tensor old, List<Tensor> inputs);
  }

  /// One walk: the tensors of the old graph, and what has become of them.
  private static final class Rewrite {
    final Graph from;
    final Graph to;
    final int[] uses;
    private final Map<Tensor, Tensor> made = new HashMap<>();
    private final Map<List<Object>, Tensor> known = new HashMap<>();

    Rewrite(Graph from) {
      this.from = from;
      this.to = new Graph(from.name(), from.rounds());
      this.uses = countUses(from);
    }

    Graph run(Rule rule) {
      for (Tensor old : from.tensors()) {
        boolean input = old.op() instanceof Op.Input;
        if (uses[old.id()] == 0 && !input) {
          continue;
        }
        List<Tensor> inputs = old.inputs().stream().map(this::get).toList();
        Tensor result = rule.apply(this, old, inputs);
        Tensor tensor =
            result != null ? result : share(old.op(), old.shape(), old.dtype(), inputs, old);
        made.put(old, tensor);
        if (old.op() instanceof Op.Input(String name, _)) {
          to.keepInput(name, tensor);
        }
      }
      finish();
      return to;
    }

    Tensor get(Tensor old) {
      Tensor tensor = made.get(old);
      if (tensor == null) {
        throw new IllegalStateException("not rewritten yet: " + old);
      }
      return tensor;
    }

    /// The one tensor of the new graph that is computed in this way.
    Tensor share(Op op, Shape shape, DType dtype, List<Tensor> inputs, Tensor origin) {
      List<Object> key = List.of(op, shape, dtype, inputs.stream().map(Tensor::id).toList());
      Tensor tensor = known.get(key);
      if (tensor == null) {
        Tensor[] built = new Tensor[1];
        to.within(origin.scope(), () -> built[0] = to.add(op, shape, dtype, inputs));
        tensor = built[0];
        known.put(key, tensor);
      }
      return tensor;
    }

    void finish() {
      from.outputs().forEach((name, tensor) -> to.output(name, get(tensor)));
      if (from.stopCondition() != null) {
        to.stopWhen(get(from.stopCondition()));
      }
      for (Graph.Effect effect : from.effects()) {
        to.effect(
            switch (effect) {
              case Graph.Effect.Optimize(
                      Optimizer optimizer,
                      List<Tensor> gradients,
                      Tensor learningRate) ->
                  new Graph.Effect.Optimize(
                      optimizer, gradients.stream().map(this::get).toList(), get(learningRate));
              case Graph.Effect.Blend blend -> blend;
            });
      }
    }
  }

  /// How many tensors, outputs and effects, the end of the run among them, need each tensor; 0 for
  /// what nothing needs in the end.
  private static int[] countUses(Graph graph) {
    int[] uses = new int[graph.tensors().size()];
    graph.outputs().values().forEach(t -> uses[t.id()]++);
    graph.effects().forEach(e -> e.inputs().forEach(t -> uses[t.id()]++));
    if (graph.stopCondition() != null) {
      uses[graph.stopCondition().id()]++;
    }
    for (Tensor tensor : graph.tensors().reversed()) {
      if (uses[tensor.id()] > 0) {
        tensor.inputs().forEach(t -> uses[t.id()]++);
      }
    }
    return uses;
  }

  private static @Nullable Tensor simplified(Rewrite rewrite, Tensor old, List<Tensor> inputs) {
    if (old.op() instanceof Op.StopGradient) {
      return inputs.getFirst();
    }
    if (old.op() instanceof Op.Reshape || old.op() instanceof Op.Broadcast) {
      return simplifiedShape(rewrite, old, inputs.getFirst());
    }
    if (old.op() instanceof Op.Slice(int axis, int start)
        && inputs.getFirst().op() instanceof Op.Concat(int along)
        && axis == along) {
      return part(inputs.getFirst(), axis, start, old.shape().size(axis));
    }
    if (!old.op().elementwise()) {
      return null;
    }
    Float value = folded(old.op(), inputs);
    if (value != null) {
      return constant(rewrite, value, old);
    }
    if (old.op() instanceof Op.Binary(Op.BinaryKind kind)) {
      Tensor same = neutral(kind, inputs.get(0), inputs.get(1));
      if (same != null && same.shape().equals(old.shape())) {
        return same;
      }
    }
    // Element-wise kernels broadcast on the fly.
    List<Tensor> direct =
        inputs.stream()
            .map(t -> t.op() instanceof Op.Broadcast ? t.inputs().getFirst() : t)
            .map(t ->
                t.op() instanceof Op.Constant(float v)
                    ? constant(rewrite, v, Shape.SCALAR, old)
                    : t)
            .toList();
    return rewrite.share(old.op(), old.shape(), old.dtype(), direct, old);
  }

  /// The one of the tensors put together that a slice takes out again, or null.
  private static @Nullable Tensor part(Tensor concat, int axis, int start, int length) {
    int at = 0;
    for (Tensor input : concat.inputs()) {
      int size = input.shape().size(axis);
      if (at == start && size == length) {
        return input;
      }
      at += size;
    }
    return null;
  }

  private static @Nullable Tensor simplifiedShape(Rewrite rewrite, Tensor old, Tensor input) {
    if (input.shape().equals(old.shape())) {
      return input;
    }
    if (input.op() instanceof Op.Constant(float value)) {
      return constant(rewrite, value, old);
    }
    if (old.op() instanceof Op.Reshape && input.op() instanceof Op.ConstantArray array) {
      return rewrite.share(array, old.shape(), old.dtype(), List.of(), old);
    }
    if (old.op() instanceof Op.Reshape && input.op() instanceof Op.Reshape) {
      Tensor source = input.inputs().getFirst();
      return source.shape().equals(old.shape())
          ? source
          : rewrite.share(old.op(), old.shape(), old.dtype(), List.of(source), old);
    }
    return null;
  }

  private static Tensor constant(Rewrite rewrite, float value, Tensor origin) {
    return constant(rewrite, value, origin.shape(), origin);
  }

  private static Tensor constant(Rewrite rewrite, float value, Shape shape, Tensor origin) {
    return rewrite.share(new Op.Constant(value), shape, DType.F32, List.of(), origin);
  }

  /// The value of an operation on constants alone, else null.
  private static @Nullable Float folded(Op op, List<Tensor> inputs) {
    float[] values = new float[inputs.size()];
    for (int i = 0; i < values.length; i++) {
      if (!(inputs.get(i).op() instanceof Op.Constant(float value))) {
        return null;
      }
      values[i] = value;
    }
    return switch (op) {
      case Op.Unary(Op.UnaryKind kind) -> Elementwise.unary(kind, values[0]);
      case Op.Binary(Op.BinaryKind kind) -> Elementwise.binary(kind, values[0], values[1]);
      case Op.Select _ -> values[0] > 0 ? values[1] : values[2];
      default -> null;
    };
  }

  /// The operand that `a op b` is equal to, where the other one changes nothing.
  private static @Nullable Tensor neutral(Op.BinaryKind kind, Tensor a, Tensor b) {
    boolean oneA = a.op() instanceof Op.Constant(float v) && v == 1;
    boolean oneB = b.op() instanceof Op.Constant(float v) && v == 1;
    boolean zeroB = b.op() instanceof Op.Constant(float v) && v == 0;
    return switch (kind) {
      case MULTIPLY -> oneB ? a : oneA ? b : null;
      case DIVIDE -> oneB ? a : null;
      case SUBTRACT -> zeroB ? a : null;
      default -> null;
    };
  }

  private static @Nullable Tensor layered(Rewrite rewrite, Tensor old, List<Tensor> inputs) {
    if (old.op() instanceof Op.Unary(Op.UnaryKind kind)
        && kind == Op.UnaryKind.RELU
        && rewrite.uses[old.inputs().getFirst().id()] == 1) {
      return biased(rewrite, old.inputs().getFirst(), true, old);
    }
    return biased(rewrite, old, false, old);
  }

  /// Matches `product + bias` at `sum`.
  private static @Nullable Tensor biased(Rewrite rewrite, Tensor sum, boolean relu, Tensor origin) {
    if (!(sum.op() instanceof Op.Binary(Op.BinaryKind kind)) || kind != Op.BinaryKind.ADD) {
      return null;
    }
    Tensor product = sum.inputs().get(0);
    Tensor bias = sum.inputs().get(1);
    boolean fits =
        rewrite.uses[product.id()] == 1
            && bias.shape().rank() == 1
            && product.shape().rank() > 1
            && bias.shape().size(0) == product.shape().size(-1);
    if (!fits) {
      return null;
    }
    Op layer =
        switch (product.op()) {
          case Op.MatMul(boolean ta, boolean tb) -> ta || tb ? null : new Op.Linear(relu);
          case Op.Conv2d(int stride, int padding) -> new Op.ConvBias(stride, padding, relu);
          default -> null;
        };
    if (layer == null) {
      return null;
    }
    List<Tensor> operands =
        List.of(
            rewrite.get(product.inputs().get(0)),
            rewrite.get(product.inputs().get(1)),
            rewrite.get(bias));
    return rewrite.share(layer, sum.shape(), DType.F32, operands, origin);
  }

  /// Groups element-wise operations whose intermediate results nobody else needs.
  private static Graph fuseElementwise(Graph graph) {
    int[] uses = countUses(graph);
    Tensor[] roots = roots(graph, uses);
    Map<Tensor, List<Tensor>> groups = new HashMap<>();
    for (Tensor tensor : graph.tensors()) {
      Tensor root = roots[tensor.id()];
      if (root != null) {
        groups.computeIfAbsent(root, _ -> new ArrayList<>()).add(tensor);
      }
    }
    Rewrite rewrite = new Rewrite(graph);
    for (Tensor tensor : graph.tensors()) {
      Tensor root = roots[tensor.id()];
      if (uses[tensor.id()] == 0 && !(tensor.op() instanceof Op.Input)) {
        continue;
      }
      if (root == null) {
        List<Tensor> inputs = tensor.inputs().stream().map(rewrite::get).toList();
        Tensor copy = rewrite.share(tensor.op(), tensor.shape(), tensor.dtype(), inputs, tensor);
        rewrite.made.put(tensor, copy);
        if (tensor.op() instanceof Op.Input(String name, _)) {
          rewrite.to.keepInput(name, copy);
        }
      } else if (root == tensor) {
        rewrite.made.put(tensor, fused(rewrite, groups.getOrDefault(root, List.of()), root));
      }
    }
    rewrite.finish();
    return rewrite.to;
  }

  /// For each element-wise tensor the last one of its group; null for all others.
  private static Tensor[] roots(Graph graph, int[] uses) {
    int count = graph.tensors().size();
    Tensor[] roots = new Tensor[count];
    int[] members = new int[count];
    List<List<Tensor>> consumers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      consumers.add(new ArrayList<>());
    }
    for (Tensor tensor : graph.tensors()) {
      if (uses[tensor.id()] > 0) {
        tensor.inputs().forEach(input -> consumers.get(input.id()).add(tensor));
      }
    }
    for (Tensor tensor : graph.tensors().reversed()) {
      int id = tensor.id();
      if (uses[id] == 0 || !tensor.op().elementwise()) {
        continue;
      }
      Tensor root = tensor;
      boolean inside = consumers.get(id).size() == uses[id];
      if (inside) {
        Set<Tensor> wanted = new LinkedHashSet<>();
        for (Tensor consumer : consumers.get(id)) {
          Tensor other = roots[consumer.id()];
          wanted.add(other == null ? tensor : other);
        }
        Tensor only = wanted.iterator().next();
        if (wanted.size() == 1
            && only != tensor
            && only.shape().equals(tensor.shape())
            && members[only.id()] < FUSED_INSTRUCTIONS) {
          root = only;
        }
      }
      roots[id] = root;
      members[root.id()]++;
    }
    return roots;
  }

  private static Tensor fused(Rewrite rewrite, List<Tensor> group, Tensor root) {
    Set<Tensor> inputs = new LinkedHashSet<>();
    for (Tensor member : group) {
      for (Tensor input : member.inputs()) {
        if (!group.contains(input)) {
          inputs.add(rewrite.get(input));
        }
      }
    }
    List<Tensor> external = List.copyOf(inputs);
    List<Op.Instruction> instructions = new ArrayList<>();
    for (Tensor member : group) {
      List<Integer> operands = new ArrayList<>();
      for (Tensor input : member.inputs()) {
        int inner = group.indexOf(input);
        operands.add(inner >= 0 ? external.size() + inner : external.indexOf(rewrite.get(input)));
      }
      instructions.add(new Op.Instruction(member.op(), operands));
    }
    return rewrite.share(new Op.Fused(instructions), root.shape(), DType.F32, external, root);
  }
}
