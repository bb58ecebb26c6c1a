package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Op;
import org.jarl.nn.Plan;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Which convolutions read bytes where they lie, so that pictures are never laid out as numbers.
///
///     planes u8 [N, C, H, W] --permute--> [N, H, W, C] --to f32, times a constant--> convolutions
///        | an input, or rows of a table
///        +------------------------------------------------------------------------------^
///
/// The tensors between are left out where nobody else reads them.
final class ImageFusion {
  private static final List<Integer> CHANNELS_LAST = List.of(0, 2, 3, 1);

  private final Map<Tensor, Planes> planes = new HashMap<>();
  private final Set<Tensor> absorbed = new HashSet<>();

  /// Where the pixels of an absorbed image come from.
  ///
  /// @param source of u8 planes, or the indices of rows that are planes
  /// @param rows how the rows are taken, or null
  /// @param shape of the image, `[N, H, W, C]`
  /// @param scale what a byte is multiplied by
  record Planes(Tensor source, Op.@Nullable Rows rows, Shape shape, float scale) {}

  ImageFusion(Graph graph) {
    Map<Tensor, List<Tensor>> readers = readers(graph);
    for (Tensor tensor : graph.tensors()) {
      Planes found = planes(tensor);
      if (found != null
          && readers.getOrDefault(tensor, List.of()).stream()
              .allMatch(reader -> convolves(reader, tensor))) {
        planes.put(tensor, found);
        absorb(tensor, readers);
      }
    }
  }

  private void absorb(Tensor image, Map<Tensor, List<Tensor>> readers) {
    absorbed.add(image);
    for (Tensor input : image.inputs()) {
      Tensor source = Plan.owner(input);
      boolean between = source.op() instanceof Op.Permute || source.op() instanceof Op.Rows;
      if (between && absorbed.containsAll(readers.getOrDefault(source, List.of()))) {
        absorb(source, readers);
      }
    }
  }

  /// For each owner of memory who reads it; whatever is wanted outside the graph reads itself.
  private static Map<Tensor, List<Tensor>> readers(Graph graph) {
    Map<Tensor, List<Tensor>> readers = new HashMap<>();
    for (Tensor tensor : graph.tensors()) {
      if (Plan.owner(tensor).equals(tensor)) {
        tensor.inputs().forEach(input -> add(readers, input, tensor));
      }
    }
    graph.outputs().values().forEach(output -> add(readers, output, output));
    graph.effects().forEach(e -> e.inputs().forEach(input -> add(readers, input, input)));
    return readers;
  }

  private static void add(Map<Tensor, List<Tensor>> readers, Tensor input, Tensor reader) {
    readers.computeIfAbsent(Plan.owner(input), _ -> new ArrayList<>()).add(reader);
  }

  private static boolean convolves(Tensor reader, Tensor image) {
    return switch (reader.op()) {
      case Op.Conv2d _, Op.ConvBias _, Op.Conv2dWeightGradient _ ->
          reader.inputs().getFirst().equals(image)
              && !reader.inputs().subList(1, reader.inputs().size()).contains(image);
      default -> false;
    };
  }

  /// What an image is made of, or null where it is not made of planes of bytes.
  private static @Nullable Planes planes(Tensor image) {
    if (!(image.op() instanceof Op.Fused(List<Op.Instruction> chain))
        || image.shape().rank() != 4
        || !(chain.getFirst().op() instanceof Op.ToF32)) {
      return null;
    }
    Tensor bytes = operand(image, chain.getFirst(), 0);
    Float scale = chain.size() == 1 ? Float.valueOf(1) : scale(image, chain);
    if (bytes == null
        || scale == null
        || bytes.dtype() != DType.U8
        || !bytes.shape().equals(image.shape())
        || !(bytes.op() instanceof Op.Permute(List<Integer> order))
        || !order.equals(CHANNELS_LAST)) {
      return null;
    }
    Tensor stack = bytes.inputs().getFirst();
    Tensor owner = Plan.owner(stack);
    if (owner.op() instanceof Op.Rows rows
        && owner.shape().equals(stack.shape())
        && owner.inputs().getFirst().shape().rank() == 2) {
      return new Planes(owner.inputs().getFirst(), rows, image.shape(), scale);
    }
    return new Planes(owner, null, image.shape(), scale);
  }

  /// The input of the whole chain that an operand is, or null for the result of an instruction.
  private static @Nullable Tensor operand(Tensor fused, Op.Instruction instruction, int which) {
    int index = instruction.operands().get(which);
    return index < fused.inputs().size() ? fused.inputs().get(index) : null;
  }

  /// The constant that a chain of two multiplies its bytes by, or null.
  private static @Nullable Float scale(Tensor image, List<Op.Instruction> chain) {
    Op.Instruction last = chain.get(1);
    if (chain.size() != 2
        || !(last.op() instanceof Op.Binary(Op.BinaryKind kind))
        || kind != Op.BinaryKind.MULTIPLY) {
      return null;
    }
    for (int which = 0; which < 2; which++) {
      Tensor factor = operand(image, last, which);
      boolean other = last.operands().get(1 - which) == image.inputs().size();
      if (other && factor != null && factor.op() instanceof Op.Constant(float value)) {
        return value;
      }
    }
    return null;
  }

  /// Whether nobody reads a tensor's memory.
  boolean absorbed(Tensor tensor) {
    return absorbed.contains(tensor);
  }

  /// The planes that a convolution reads instead of its first input, or null.
  @Nullable Planes of(Tensor tensor) {
    boolean image = !tensor.inputs().isEmpty() && convolves(tensor, tensor.inputs().getFirst());
    return image ? planes.get(tensor.inputs().getFirst()) : null;
  }

  /// What an operation reads.
  List<Tensor> reads(Tensor tensor) {
    Planes instead = of(tensor);
    if (instead == null) {
      return tensor.inputs();
    }
    List<Tensor> reads = new ArrayList<>(tensor.inputs());
    reads.set(0, instead.source);
    return reads;
  }
}
