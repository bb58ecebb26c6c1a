package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jarl.nn.Op;
import org.jarl.nn.Tensor;

/// Chains of element-wise operations as a table for the interpreter of `fused.cuh`.
///
/// Every thread has slots of four numbers in shared memory. The first inputs are loaded into slots
/// before anything else; later ones are loaded where they are needed, so that few slots are taken.
/// What only the next step needs takes none. Constants and single numbers are scalars.
final class FusedChains {
  /// Inputs loaded at the start.
  private static final int EARLY = 8;

  // As in fused.cuh.
  private static final int LAST = -1;
  private static final int SCALAR = 256;
  private static final int WHOLE = 4;
  private static final List<Enum<?>> KINDS =
      Stream.<Enum<?>>concat(
              Arrays.stream(Op.UnaryKind.values()), Arrays.stream(Op.BinaryKind.values()))
          .toList();

  private static final int SELECT = KINDS.size();
  private static final int LOAD = SELECT + 1;

  private static final int SHARED_BYTES = 48 << 10;
  private static final int MOST_THREADS = 128;
  private static final int MOST_BLOCKS = 4096;

  private final Tensor tensor;
  private final Placement placement;
  private final List<Step> steps = new ArrayList<>();

  /// Number of the step that reads a value last.
  private final Map<Integer, Integer> lastUses = new HashMap<>();

  /// Where values are that a step may read: a slot, a scalar or [#LAST].
  private final Map<Integer, Integer> places = new HashMap<>();

  /// Numbers of the inputs that are no scalars.
  private final Map<Integer, Integer> inputs = new HashMap<>();

  private final List<int[]> inputWords = new ArrayList<>();
  private final List<int[]> scalarWords = new ArrayList<>();
  private final List<Integer> axesWords = new ArrayList<>();
  private final List<int[]> code = new ArrayList<>();
  private final BitSet taken = new BitSet();
  private int slots;

  /// An instruction, whose values are numbered as in [Op.Fused].
  private record Step(int operation, List<Integer> operands, int value) {}

  private FusedChains(Tensor tensor, Placement placement) {
    this.tensor = tensor;
    this.placement = placement;
  }

  /// One launch.
  static List<Launch> launches(Tensor tensor, Placement placement) {
    return List.of(new FusedChains(tensor, placement).launch());
  }

  private Launch launch() {
    int result = steps();
    steps.forEach(step -> step.operands.forEach(this::source));
    source(result);
    int early = Math.min(EARLY, inputWords.size());
    inputs.forEach((value, number) -> {
      if (number < early) {
        places.put(value, number);
      }
    });
    taken.set(0, early);
    slots = early;
    for (int i = 0; i < steps.size(); i++) {
      write(i);
    }
    int[] table = table();
    int threads = MOST_THREADS;
    while (threads > 32 && sharedBytes(threads, table) > SHARED_BYTES) {
      threads /= 2;
    }
    int elements = tensor.shape().elements();
    int units = (elements - 1) / 4 + 1;
    return new Launch("fused", threads)
        .grid(Math.min(MOST_BLOCKS, (units - 1) / threads + 1))
        .shared(sharedBytes(threads, table))
        .pointer(placement.place(tensor))
        .integer(elements)
        .pointer(placement.table(table))
        .integer(table.length)
        .integer(slots)
        .integer(code.size())
        .integer(inputWords.size())
        .integer(early)
        .integer(scalarWords.size())
        .integer(places.getOrDefault(result, LAST));
  }

  private int sharedBytes(int threads, int[] table) {
    return 16 * slots * threads + 4 * (table.length + scalarWords.size());
  }

  /// Lists what is to be done and who reads what; bytes and integers become f32 when loaded.
  ///
  /// @return the value that is the result
  private int steps() {
    List<Op.Instruction> instructions = ((Op.Fused) tensor.op()).instructions();
    int first = tensor.inputs().size();
    int[] same = new int[first + instructions.size()];
    Arrays.setAll(same, value -> value);
    for (int i = 0; i < instructions.size(); i++) {
      Op.Instruction instruction = instructions.get(i);
      List<Integer> operands = instruction.operands().stream().map(value -> same[value]).toList();
      if (instruction.op() instanceof Op.ToF32) {
        same[first + i] = operands.getFirst();
      } else {
        operands.forEach(value -> lastUses.put(value, steps.size()));
        steps.add(new Step(number(instruction.op()), operands, first + i));
      }
    }
    int result = same[same.length - 1];
    lastUses.put(result, steps.size());
    return result;
  }

  private static int number(Op op) {
    return switch (op) {
      case Op.Unary(Op.UnaryKind kind) -> KINDS.indexOf(kind);
      case Op.Binary(Op.BinaryKind kind) -> KINDS.indexOf(kind);
      case Op.Select _ -> SELECT;
      default -> throw new IllegalStateException("not element-wise: " + op);
    };
  }

  // ---- sources

  /// Says where a value comes from, if it is an input that has not been seen before.
  private void source(int value) {
    if (value >= tensor.inputs().size() || places.containsKey(value) || inputs.containsKey(value)) {
      return;
    }
    Tensor input = tensor.inputs().get(value);
    if (input.op() instanceof Op.Constant(float constant)) {
      scalar(value, -1, Float.floatToRawIntBits(constant));
      return;
    }
    Axes axes = Axes.broadcast(input.shape(), tensor.shape());
    int type =
        switch (input.dtype()) {
          case F32 -> 0;
          case U8 -> 1;
          case I32 -> 2;
        };
    if (axes.single()) {
      scalar(value, type, placement.place(input));
      return;
    }
    inputs.put(value, inputWords.size());
    int shape = axes.straight() ? WHOLE : axes.rank() << 8;
    inputWords.add(words(type | shape, placement.place(input), axesWords.size()));
    if (!axes.straight()) {
      Arrays.stream(axes.words()).forEach(axesWords::add);
    }
  }

  private void scalar(int value, int type, long bits) {
    places.put(value, SCALAR + scalarWords.size());
    scalarWords.add(words(type, bits, 0));
  }

  private static int[] words(int type, long bits, int more) {
    return new int[] {type, (int) bits, (int) (bits >>> 32), more};
  }

  /// Code, inputs, scalars and axes one after another; places of axes are known only now.
  private int[] table() {
    int head = 4 * (code.size() + inputWords.size() + scalarWords.size());
    inputWords.forEach(words -> words[3] += head);
    List<int[]> parts = new ArrayList<>(code);
    parts.addAll(inputWords);
    parts.addAll(scalarWords);
    parts.add(axesWords.stream().mapToInt(Integer::intValue).toArray());
    return parts.stream().flatMapToInt(Arrays::stream).toArray();
  }

  // ---- code

  private int slot() {
    int slot = taken.nextClearBit(0);
    taken.set(slot);
    slots = Math.max(slots, slot + 1);
    return slot;
  }

  private void free(int place) {
    if (place >= 0 && place < SCALAR) {
      taken.clear(place);
    }
  }

  private void write(int i) {
    Step step = steps.get(i);
    List<Integer> late =
        step.operands.stream().distinct().filter(v -> !places.containsKey(v)).toList();
    for (int value : late) {
      int slot = slot();
      places.put(value, slot);
      code.add(new int[] {LOAD | slot + 1 << 8, inputs.getOrDefault(value, 0), 0, 0});
    }
    int[] words = new int[4];
    for (int k = 0; k < step.operands.size(); k++) {
      words[1 + k] = places.getOrDefault(step.operands.get(k), LAST);
    }
    for (int value : step.operands) {
      // A late input is loaded again rather than kept.
      boolean again = late.contains(value);
      if (again || lastUses.getOrDefault(value, 0) == i) {
        free(places.getOrDefault(value, LAST));
      }
      if (again) {
        places.remove(value);
      }
    }
    int slot = lastUses.getOrDefault(step.value, 0) > i + 1 ? slot() : -1;
    places.put(step.value, slot < 0 ? LAST : slot);
    words[0] = step.operation | slot + 1 << 8;
    code.add(words);
  }
}
