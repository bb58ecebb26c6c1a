package org.jarl.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// When the tensors of an optimized graph are computed, and which share memory: what every back end
/// with fixed memory decides in the same way.
///
/// A tensor's level is one more than the highest of what it is computed from; tensors of a level
/// are independent. Memory is shared between tensors whose levels do not overlap.
public final class Plan {
  private final Graph graph;
  private final Needs needs;
  private final Map<Tensor, Integer> levels = new HashMap<>();
  private final List<Claim> claims = new ArrayList<>();
  private final Map<Tensor, Claim> inPlace = new HashMap<>();

  /// What a back end needs for an operation.
  public interface Needs {

    /// Levels that computing the tensor takes, at least 1; 0 for what is computed before the first.
    int stages(Tensor tensor);

    /// Bytes beside the result that are needed while it is computed.
    default long workspace(Tensor tensor) {
      return 0;
    }

    /// The tensors whose memory is read for it.
    default List<Tensor> reads(Tensor tensor) {
      return tensor.inputs();
    }

    /// Whether nobody reads the tensor's memory, so that it is not computed.
    default boolean absorbed(Tensor tensor) {
      return false;
    }
  }

  /// Memory of its own that a tensor's value is wanted in.
  public sealed interface Target {
    /// Of an output.
    record Output(String name) implements Target {}

    /// Of a gradient, in the optimizer's arena.
    record Gradient(Parameter parameter) implements Target {}

    /// Of what ends a run; see [Graph#stopWhen].
    record Stop() implements Target {}
  }

  /// A tensor that is wanted somewhere.
  ///
  /// @param owner of the tensor's memory
  /// @param inPlace whether it is computed right there, rather than copied when all else is done
  public record Claim(Tensor owner, Target target, boolean inPlace) {}

  /// Offsets within one block of memory, multiples of 64 bytes.
  ///
  /// @param bytes of the block
  /// @param tensors where each tensor lies
  /// @param workspaces where each tensor's workspace lies
  public record Memory(long bytes, Map<Tensor, Long> tensors, Map<Tensor, Long> workspaces) {}

  /// Plans a graph.
  public Plan(Graph graph, Needs needs) {
    this.graph = graph;
    this.needs = needs;
    graph.tensors().forEach(this::place);
    for (Graph.Effect effect : graph.effects()) {
      if (effect instanceof Graph.Effect.Optimize(var optimizer, var gradients, _)) {
        for (int i = 0; i < gradients.size(); i++) {
          Parameter parameter = optimizer.parameters().parameters().get(i);
          claim(gradients.get(i), new Target.Gradient(parameter));
        }
      }
    }
    graph.outputs().forEach((name, tensor) -> claim(tensor, new Target.Output(name)));
    if (graph.stopCondition() != null) {
      claim(graph.stopCondition(), new Target.Stop());
    }
  }

  private void place(Tensor tensor) {
    int highest = -1;
    for (Tensor input : needs.reads(tensor)) {
      highest = Math.max(highest, levels.getOrDefault(input, -1));
    }
    levels.put(tensor, computed(tensor) ? highest + needs.stages(tensor) : highest);
  }

  private void claim(Tensor tensor, Target target) {
    Tensor owner = owner(tensor);
    boolean free = computed(owner) && !inPlace.containsKey(owner);
    Claim claim = new Claim(owner, target, free);
    claims.add(claim);
    if (free) {
      inPlace.put(owner, claim);
    }
  }

  /// Whether the back end writes this tensor, rather than the caller or an alias.
  public boolean computed(Tensor tensor) {
    return switch (tensor.op()) {
      case Op.Input _, Op.Variable _, Op.Constant _, Op.ConstantArray _ -> false;
      case Op.Reshape _, Op.StopGradient _ -> false;
      default -> !needs.absorbed(tensor);
    };
  }

  /// The tensor whose memory this one shares.
  public static Tensor owner(Tensor tensor) {
    Tensor owner = tensor;
    while (owner.op() instanceof Op.Reshape || owner.op() instanceof Op.StopGradient) {
      owner = owner.inputs().getFirst();
    }
    return owner;
  }

  /// Level of the last stage of a tensor; of one that is not computed, that of what it is made of,
  /// -1 for what is there from the beginning.
  public int level(Tensor tensor) {
    return levels.getOrDefault(tensor, -1);
  }

  /// Where tensors are wanted besides within the graph, in a fixed order.
  public List<Claim> claims() {
    return List.copyOf(claims);
  }

  private record Lifetime(Tensor tensor, boolean workspace, long bytes, int from, int to) {
    boolean overlaps(Lifetime other) {
      return from <= other.to && other.from <= to;
    }
  }

  /// Gives every computed tensor that has no place of its own a range of one block of memory,
  /// largest first, at the lowest offset that no tensor alive at the same time has.
  public Memory share() {
    Map<Tensor, Integer> last = lastReaders();
    List<Lifetime> lifetimes = new ArrayList<>();
    for (Tensor tensor : graph.tensors()) {
      if (!computed(tensor)) {
        continue;
      }
      int to = levels.getOrDefault(tensor, 0);
      int from = to - needs.stages(tensor) + 1;
      if (!inPlace.containsKey(tensor)) {
        long bytes = (long) tensor.shape().elements() * tensor.dtype().bytes();
        int until = Math.max(to, last.getOrDefault(tensor, to));
        lifetimes.add(new Lifetime(tensor, false, aligned(bytes), from, until));
      }
      long workspace = needs.workspace(tensor);
      if (workspace > 0) {
        lifetimes.add(new Lifetime(tensor, true, aligned(workspace), from, to));
      }
    }
    lifetimes.sort((a, b) -> Long.compare(b.bytes, a.bytes));
    Map<Lifetime, Long> offsets = new LinkedHashMap<>();
    Memory memory = new Memory(0, new LinkedHashMap<>(), new LinkedHashMap<>());
    long size = 64;
    for (Lifetime lifetime : lifetimes) {
      long offset = firstFree(lifetime, offsets);
      offsets.put(lifetime, offset);
      (lifetime.workspace ? memory.workspaces : memory.tensors).put(lifetime.tensor, offset);
      size = Math.max(size, offset + lifetime.bytes);
    }
    return new Memory(size, memory.tensors, memory.workspaces);
  }

  private static long aligned(long bytes) {
    return (bytes + 63) / 64 * 64;
  }

  private Map<Tensor, Integer> lastReaders() {
    Map<Tensor, Integer> last = new HashMap<>();
    for (Tensor tensor : graph.tensors()) {
      for (Tensor input : needs.reads(tensor)) {
        int reader = levels.getOrDefault(tensor, 0);
        last.merge(owner(input), computed(tensor) ? reader : Integer.MIN_VALUE, Math::max);
      }
    }
    // Read by effects, late copies or the caller: alive to the end.
    graph.outputs().values().forEach(t -> last.put(owner(t), Integer.MAX_VALUE));
    graph.effects().forEach(e -> e.inputs().forEach(t -> last.put(owner(t), Integer.MAX_VALUE)));
    if (graph.stopCondition() != null) {
      last.put(owner(graph.stopCondition()), Integer.MAX_VALUE);
    }
    return last;
  }

  private static long firstFree(Lifetime lifetime, Map<Lifetime, Long> placed) {
    List<Map.Entry<Lifetime, Long>> alive =
        placed.entrySet().stream()
            .filter(e -> e.getKey().overlaps(lifetime))
            .sorted(Map.Entry.comparingByValue())
            .toList();
    long offset = 0;
    for (Map.Entry<Lifetime, Long> other : alive) {
      if (other.getValue() - offset >= lifetime.bytes) {
        break;
      }
      offset = Math.max(offset, other.getValue() + other.getKey().bytes);
    }
    return offset;
  }
}
