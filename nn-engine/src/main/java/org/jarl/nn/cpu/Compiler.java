package org.jarl.nn.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Parameter;
import org.jarl.nn.Plan;
import org.jarl.nn.RowTable;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// Turns an optimized graph into kernels over fixed memory, level by level.
///
/// A tensor's level is one more than the highest of what it is computed from; kernels of a level
/// are independent and make a [Wave]. Memory is shared between tensors whose levels do not overlap.
final class Compiler {
  private final Graph graph;
  private final Arena arena;
  private final Map<Tensor, MemorySegment> places = new HashMap<>();
  private final Plan plan;
  private final List<List<Kernel>> waves = new ArrayList<>();
  private final Map<String, MemorySegment> inputs = new LinkedHashMap<>();
  private final Map<String, MemorySegment> outputs = new LinkedHashMap<>();
  private final List<Rounds.Slot> loads = new ArrayList<>();
  private final List<Rounds.Slot> stores = new ArrayList<>();
  private final List<TableRows> tableRows = new ArrayList<>();
  private @Nullable MemorySegment stop;

  /// Outputs and gradients that could not be computed in place: copied when all else is done.
  private final List<Kernel> copies = new ArrayList<>();

  Compiler(Graph graph, Arena arena) {
    this.graph = graph;
    this.arena = arena;
    this.plan = new Plan(graph, Compiler::stageCount);
  }

  CpuProgram compile(Workers workers) {
    placeFixed();
    placeShared();
    for (Tensor tensor : graph.tensors()) {
      List<Kernel> stages = kernels(tensor);
      int first = plan.level(tensor) - stages.size() + 1;
      for (int i = 0; i < stages.size(); i++) {
        wave(first + i).add(stages.get(i));
      }
    }
    int end = waves.size();
    copies.forEach(copy -> wave(end).add(copy));
    List<Wave> dealt = new ArrayList<>();
    StringBuilder text = new StringBuilder("program ").append(graph.name()).append('\n');
    deal(List.copyOf(tableRows), dealt, text);
    int gathered = dealt.size();
    waves.forEach(kernels -> deal(kernels, dealt, text));
    int effects = dealt.size();
    for (Graph.Effect effect : graph.effects()) {
      stages(effect).forEach(stage -> deal(List.of(stage), dealt, text));
    }
    return new CpuProgram(
        graph.name(),
        inputs,
        outputs,
        new Rounds(
            graph.rounds(),
            loads.toArray(Rounds.Slot[]::new),
            stores.toArray(Rounds.Slot[]::new),
            stop),
        new CpuProgram.Plan(
            tableRows.toArray(TableRows[]::new),
            dealt.toArray(Wave[]::new),
            gathered,
            effects,
            text.toString()),
        workers);
  }

  private static void deal(List<Kernel> kernels, List<Wave> dealt, StringBuilder text) {
    if (kernels.isEmpty()) {
      return;
    }
    dealt.add(new Wave(kernels));
    for (Kernel kernel : kernels) {
      text.append("  ").append(kernel.slices()).append(" x ").append(kernel.label()).append('\n');
    }
    text.append("  --\n");
  }

  private List<Kernel> wave(int level) {
    while (waves.size() <= level) {
      waves.add(new ArrayList<>());
    }
    return waves.get(level);
  }

  /// Convolutions are preceded by a copy of their weights or followed by a sum. Rows of tables are
  /// there before the first level.
  private static int stageCount(Tensor tensor) {
    return switch (tensor.op()) {
      case Op.Conv2d _, Op.ConvBias _, Op.Conv2dInputGradient _, Op.Conv2dWeightGradient _ -> 2;
      case Op.Rows _ -> 0;
      default -> 1;
    };
  }

  // ---- memory

  private static long bytes(Tensor tensor) {
    return (long) tensor.shape().elements() * tensor.dtype().bytes();
  }

  private MemorySegment own(long bytes) {
    return arena.allocate((bytes + 63) / 64 * 64, 64).asSlice(0, bytes);
  }

  /// Memory that does not depend on lifetimes: inputs, variables, outputs and gradients.
  private void placeFixed() {
    for (Tensor tensor : graph.tensors()) {
      switch (tensor.op()) {
        case Op.Input(String name, boolean ofRound) -> {
          MemorySegment place = own(bytes(tensor));
          places.put(tensor, place);
          inputs.put(name, ofRound ? ofRounds(place, loads) : place);
        }
        case Op.Variable(Parameter parameter) -> places.put(tensor, variable(parameter));
        case Op.Constant(float value) -> {
          MemorySegment place = own(bytes(tensor));
          DataKernels.fill(place, value);
          places.put(tensor, place);
        }
        case Op.ConstantArray(List<Float> values) -> {
          MemorySegment place = own(bytes(tensor));
          DataKernels.fill(place, values);
          places.put(tensor, place);
        }
        default -> {}
      }
    }
    for (Plan.Claim claim : plan.claims()) {
      String label = "copy to " + claim.target();
      MemorySegment place =
          switch (claim.target()) {
            case Plan.Target.Output(String name) -> {
              MemorySegment own = own(bytes(claim.owner()));
              outputs.put(name, ofRounds(own, stores));
              yield own;
            }
            case Plan.Target.Gradient(Parameter parameter) ->
                ((CpuStorage) parameter.owner().storage())
                    .gradients()
                    .asSlice(4L * parameter.offset(), 4L * parameter.shape().elements());
            case Plan.Target.Stop() -> {
              stop = own(Float.BYTES);
              yield stop;
            }
          };
      if (claim.inPlace()) {
        places.put(claim.owner(), place);
      } else {
        copies.add(new LateCopy(label, claim.owner(), place));
      }
    }
  }

  /// Memory for the values of all rounds at a place that kernels know: the place itself for one
  /// round.
  private MemorySegment ofRounds(MemorySegment place, List<Rounds.Slot> slots) {
    if (graph.rounds() == 1) {
      return place;
    }
    MemorySegment all = own(graph.rounds() * place.byteSize());
    slots.add(new Rounds.Slot(all, place));
    return all;
  }

  private static MemorySegment variable(Parameter parameter) {
    return ((CpuStorage) parameter.owner().storage())
        .values()
        .asSlice(4L * parameter.offset(), 4L * parameter.shape().elements());
  }

  /// A copy whose source is placed after the copy is planned.
  private final class LateCopy extends Kernel {
    private final Tensor from;
    private final MemorySegment to;

    LateCopy(String label, Tensor from, MemorySegment to) {
      super(label, 1, 30 + 0.05 * to.byteSize());
      this.from = from;
      this.to = to;
    }

    @Override
    void run(int slice, Scratch scratch) {
      MemorySegment.copy(place(from), 0, to, 0, to.byteSize());
    }
  }

  private void placeShared() {
    Plan.Memory memory = plan.share();
    MemorySegment block = own(memory.bytes());
    memory
        .tensors()
        .forEach((tensor, offset) -> places.put(tensor, block.asSlice(offset, bytes(tensor))));
  }

  private MemorySegment place(Tensor tensor) {
    MemorySegment place = places.get(Plan.owner(tensor));
    if (place == null) {
      throw new IllegalStateException("no memory for " + tensor);
    }
    return place;
  }

  // ---- kernels

  private List<Kernel> stages(Graph.Effect effect) {
    return switch (effect) {
      case Graph.Effect.Optimize(var optimizer, _, var learningRate) ->
          new OptimizerKernels(optimizer, place(learningRate)).stages();
      case Graph.Effect.Blend(var source, var target, float rate) ->
          List.of(OptimizerKernels.blend(source, target, rate));
    };
  }

  private List<Kernel> kernels(Tensor t) {
    if (!plan.computed(t)) {
      return List.of();
    }
    MemorySegment out = place(t);
    List<MemorySegment> in = t.inputs().stream().map(this::place).toList();
    MemorySegment a = in.isEmpty() ? out : in.get(0);
    MemorySegment b = in.size() < 2 ? out : in.get(1);
    return switch (t.op()) {
      case Op.Fused _ -> List.of(new FusedKernel(t, fusedSources(t), out));
      case Op.Reduce(Op.ReduceKind kind, int axis) ->
          List.of(ReduceKernels.reduce(t, kind, axis, a, out));
      case Op.ArgMax _ -> List.of(ReduceKernels.argMax(t, a, out));
      case Op.Softmax _ -> List.of(ReduceKernels.softmax(t, false, a, out));
      case Op.LogSoftmax _ -> List.of(ReduceKernels.softmax(t, true, a, out));
      case Op.MatMul(boolean ta, boolean tb) -> List.of(product(t, ta, tb, null, false));
      case Op.Linear(boolean relu) -> List.of(product(t, false, false, in.get(2), relu));
      case Op.Conv2d(int stride, int padding) -> {
        var g = geometry(t, 0, 1, t.shape(), stride, padding);
        yield ConvKernels.forward(g, arena, a, b, null, out, false);
      }
      case Op.ConvBias(int stride, int padding, boolean relu) -> {
        var g = geometry(t, 0, 1, t.shape(), stride, padding);
        yield ConvKernels.forward(g, arena, a, b, in.get(2), out, relu);
      }
      case Op.Conv2dInputGradient(int stride, int padding) -> {
        Shape result = t.inputs().get(1).shape();
        Tensor weights = t.inputs().getFirst();
        var g = geometry(t, t.shape(), weights.shape(), result, stride, padding, weights);
        yield ConvKernels.inputGradient(g, arena, a, b, out);
      }
      case Op.Conv2dWeightGradient(int stride, int padding) -> {
        Shape result = t.inputs().get(1).shape();
        Shape image = t.inputs().getFirst().shape();
        var g = geometry(t, image, t.shape(), result, stride, padding, null);
        yield ConvKernels.weightGradient(g, arena, a, b, out);
      }
      case Op.MaxPool2d(int size, int stride, int padding) ->
          List.of(
              PoolKernels.forward(
                  t.toString(),
                  new PoolKernels.Geometry(
                      t.inputs().getFirst().shape(), t.shape(), size, stride, padding),
                  a,
                  out));
      case Op.MaxPool2dGradient(int size, int stride, int padding) ->
          List.of(
              PoolKernels.gradient(
                  t.toString(),
                  new PoolKernels.Geometry(
                      t.shape(), t.inputs().get(1).shape(), size, stride, padding),
                  a,
                  b,
                  in.get(2),
                  out));
      case Op.Permute(List<Integer> order) -> List.of(DataKernels.permute(t, order, a, out));
      case Op.Broadcast _ -> List.of(DataKernels.broadcast(t, a, out));
      case Op.Slice(int axis, int start) -> List.of(DataKernels.slice(t, axis, start, a, out));
      case Op.Pad(int axis, int before) -> List.of(DataKernels.pad(t, axis, before, a, out));
      case Op.Concat(int axis) -> List.of(DataKernels.concat(t, axis, in, out));
      case Op.Gather _ ->
          List.of(
              t.shape().rank() == 1
                  ? DataKernels.gather(t, a, b, out)
                  : DataKernels.gatherRows(t, a, b, out));
      case Op.Scatter _ ->
          List.of(
              t.shape().rank() == 2
                  ? DataKernels.scatter(t, a, b, out)
                  : DataKernels.scatterRows(t, a, b, out));
      case Op.IndexSelect _ -> List.of(DataKernels.indexSelect(t, a, b, out));
      case Op.IndexAdd _ -> List.of(DataKernels.indexAdd(t, a, b, out));
      case Op.Random random -> List.of(RandomKernel.random(t, random, a, out));
      case Op.Unary _, Op.Binary _, Op.Select _, Op.ToF32 _ ->
          throw new IllegalStateException("element-wise operations must be fused: " + t);
      case Op.Rows(RowTable table) -> {
        tableRows.add(TableRows.of(t, table, a, out));
        yield List.of();
      }
      case Op.Input _, Op.Variable _, Op.Constant _, Op.ConstantArray _ -> List.of();
      case Op.Reshape _, Op.StopGradient _ -> List.of();
    };
  }

  /// Constants are part of the kernel, not read from memory.
  private List<MemorySegment> fusedSources(Tensor tensor) {
    return tensor.inputs().stream()
        .map(t -> t.op() instanceof Op.Constant ? MemorySegment.NULL : place(t))
        .toList();
  }

  private Kernel product(
      Tensor t, boolean ta, boolean tb, @Nullable MemorySegment bias, boolean relu) {
    Tensor a = t.inputs().get(0);
    return MatMulKernels.product(
        new MatMulKernels.Product(
            t.toString(),
            t.shape().size(0),
            t.shape().size(1),
            a.shape().size(ta ? 0 : 1),
            ta,
            tb,
            place(a),
            place(t.inputs().get(1)),
            bias,
            place(t),
            relu),
        parameters(t.inputs().subList(1, t.inputs().size())));
  }

  /// The set whose parameters all these tensors are, or null.
  private static @Nullable CpuStorage parameters(List<Tensor> tensors) {
    Variables owner = null;
    for (Tensor tensor : tensors) {
      if (!(tensor.op() instanceof Op.Variable(Parameter parameter))
          || (owner != null && owner != parameter.owner())) {
        return null;
      }
      owner = parameter.owner();
    }
    return owner == null ? null : (CpuStorage) owner.storage();
  }

  private ConvKernels.Geometry geometry(
      Tensor t, int image, int weights, Shape result, int stride, int padding) {
    Tensor w = t.inputs().get(weights);
    return geometry(t, t.inputs().get(image).shape(), w.shape(), result, stride, padding, w);
  }

  private static ConvKernels.Geometry geometry(
      Tensor t,
      Shape image,
      Shape weights,
      Shape result,
      int stride,
      int padding,
      @Nullable Tensor weightSource) {
    CpuStorage version = weightSource == null ? null : parameters(List.of(weightSource));
    return new ConvKernels.Geometry(t.toString(), image, weights, result, stride, padding, version);
  }
}
