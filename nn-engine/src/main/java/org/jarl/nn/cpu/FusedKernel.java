package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Element-wise operations on one block after another: inputs are loaded into blocks of the scratch
/// (broadcast on the way), each instruction is one plain loop over arrays, the last block is
/// stored.
final class FusedKernel extends Kernel {
  private final Input[] inputs;
  private final Instruction[] instructions;
  private final MemorySegment out;
  private final int elements;

  /// How an input of a smaller shape follows the index of the output.
  private enum Spread {
    /// the same element everywhere
    ONE,
    /// index for index
    FULL,
    /// repeated: `index % period`
    ROWS,
    /// each element `period` times: `index / period`
    COLUMNS,
    /// by table
    TABLE
  }

  private record Input(
      MemorySegment memory, DType dtype, Spread spread, int period, int[] table, float constant) {}

  private record Instruction(Op op, int a, int b, int c) {}

  /// @param sources memory of the tensor's inputs; of constants it is not read
  FusedKernel(Tensor tensor, List<MemorySegment> sources, MemorySegment out) {
    super(tensor.toString(), slices(tensor), nanos(tensor) / slices(tensor));
    this.out = out;
    this.elements = tensor.shape().elements();
    this.inputs = new Input[sources.size()];
    for (int i = 0; i < inputs.length; i++) {
      inputs[i] = input(tensor.inputs().get(i), tensor.shape(), sources.get(i));
    }
    List<Op.Instruction> list = ((Op.Fused) tensor.op()).instructions();
    this.instructions = new Instruction[list.size()];
    for (int i = 0; i < instructions.length; i++) {
      List<Integer> operands = list.get(i).operands();
      instructions[i] =
          new Instruction(
              list.get(i).op(),
              operands.get(0),
              operands.size() > 1 ? operands.get(1) : 0,
              operands.size() > 2 ? operands.get(2) : 0);
    }
  }

  private static double nanos(Tensor tensor) {
    int work = ((Op.Fused) tensor.op()).instructions().size() + tensor.inputs().size();
    return 40 + 0.12 * work * tensor.shape().elements();
  }

  private static int slices(Tensor tensor) {
    return slicesFor(nanos(tensor), Math.max(1, tensor.shape().elements() / (4 * Scratch.BLOCK)));
  }

  private static Input input(Tensor tensor, Shape out, MemorySegment memory) {
    Shape shape = tensor.shape();
    int[] none = {};
    if (tensor.op() instanceof Op.Constant(float value)) {
      return new Input(memory, DType.F32, Spread.ONE, 1, none, value);
    }
    if (shape.elements() == out.elements()) {
      return new Input(memory, tensor.dtype(), Spread.FULL, 1, none, 0);
    }
    if (shape.elements() == 1) {
      return new Input(memory, tensor.dtype(), Spread.ONE, 1, none, 0);
    }
    int rank = out.rank();
    int[] aligned = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      int own = axis - rank + shape.rank();
      aligned[axis] = own < 0 ? 1 : shape.size(own);
    }
    int leading = 0;
    while (leading < rank && aligned[leading] == 1) {
      leading++;
    }
    int trailing = rank;
    while (trailing > 0 && aligned[trailing - 1] == 1) {
      trailing--;
    }
    if (shape.elements() == out.product(leading, rank)) {
      return new Input(memory, tensor.dtype(), Spread.ROWS, shape.elements(), none, 0);
    }
    if (shape.elements() == out.product(0, trailing)) {
      int period = out.product(trailing, rank);
      return new Input(memory, tensor.dtype(), Spread.COLUMNS, period, none, 0);
    }
    return new Input(memory, tensor.dtype(), Spread.TABLE, 1, table(aligned, out), 0);
  }

  /// For each element of the output the element of a source of size 1 along some axes.
  static int[] table(int[] aligned, Shape out) {
    int rank = out.rank();
    int[] strides = new int[rank];
    int stride = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      strides[axis] = aligned[axis] == 1 ? 0 : stride;
      stride *= aligned[axis];
    }
    int[] table = new int[out.elements()];
    for (int i = 0; i < table.length; i++) {
      int rest = i;
      for (int axis = rank - 1; axis >= 0; axis--) {
        table[i] += rest % out.size(axis) * strides[axis];
        rest /= out.size(axis);
      }
    }
    return table;
  }

  @Override
  void run(int slice, Scratch scratch) {
    float[][] blocks = scratch.blocks(inputs.length + instructions.length);
    int end = from(slice + 1, slices(), elements);
    for (int i = 0; i < inputs.length; i++) {
      if (inputs[i].spread == Spread.ONE) {
        float value = inputs[i].memory.byteSize() == 0 ? inputs[i].constant : element(inputs[i], 0);
        Arrays.fill(blocks[i], value);
      }
    }
    for (int at = from(slice, slices(), elements); at < end; at += Scratch.BLOCK) {
      int length = Math.min(Scratch.BLOCK, end - at);
      for (int i = 0; i < inputs.length; i++) {
        load(inputs[i], at, blocks[i], length, scratch);
      }
      for (int i = 0; i < instructions.length; i++) {
        execute(instructions[i], blocks, blocks[inputs.length + i], length);
      }
      Floats.store(blocks[inputs.length + instructions.length - 1], out, at, length);
    }
  }

  private static float element(Input input, int index) {
    return switch (input.dtype) {
      case F32 -> Floats.get(input.memory, index);
      case I32 -> Floats.getInt(input.memory, index);
      case U8 -> input.memory.get(ValueLayout.JAVA_BYTE, index) & 0xff;
    };
  }

  private static void load(Input input, int at, float[] block, int length, Scratch scratch) {
    switch (input.spread) {
      case ONE -> {}
      case FULL -> {
        switch (input.dtype) {
          case F32 -> Floats.load(input.memory, at, block, length);
          case U8 -> Bytes.load(input.memory, at, scratch.bytes()[0], block, length);
          case I32 -> {
            for (int i = 0; i < length; i++) {
              block[i] = element(input, at + i);
            }
          }
        }
      }
      case ROWS -> {
        int source = at % input.period;
        for (int i = 0; i < length; i++) {
          block[i] = element(input, source);
          source = source + 1 == input.period ? 0 : source + 1;
        }
      }
      case COLUMNS -> {
        int source = at / input.period;
        int left = input.period - at % input.period;
        for (int i = 0; i < length; source++) {
          int run = Math.min(left, length - i);
          Arrays.fill(block, i, i + run, element(input, source));
          i += run;
          left = input.period;
        }
      }
      case TABLE -> {
        for (int i = 0; i < length; i++) {
          block[i] = element(input, input.table[at + i]);
        }
      }
    }
  }

  private static void execute(Instruction instruction, float[][] blocks, float[] to, int length) {
    float[] a = blocks[instruction.a];
    float[] b = blocks[instruction.b];
    switch (instruction.op) {
      case Op.Unary(Op.UnaryKind kind) -> unary(kind, a, to, length);
      case Op.Binary(Op.BinaryKind kind) -> binary(kind, a, b, to, length);
      case Op.Select _ -> Choices.select(a, b, blocks[instruction.c], to, length);
      case Op.ToF32 _ -> System.arraycopy(a, 0, to, 0, length);
      default -> throw new IllegalStateException("not element-wise: " + instruction.op);
    }
  }

  private static void unary(Op.UnaryKind kind, float[] a, float[] to, int length) {
    switch (kind) {
      case NEGATE -> {
        for (int i = 0; i < length; i++) {
          to[i] = -a[i];
        }
      }
      case EXP -> Maths.exp(a, to, length);
      case LOG -> {
        for (int i = 0; i < length; i++) {
          to[i] = (float) StrictMath.log(a[i]);
        }
      }
      case TANH -> Maths.tanh(a, to, length);
      case COS -> Maths.cos(a, to, length);
      case SIGMOID -> Maths.sigmoid(a, to, length);
      case RELU -> {
        for (int i = 0; i < length; i++) {
          to[i] = Math.max(a[i], 0f);
        }
      }
      case SQRT -> {
        for (int i = 0; i < length; i++) {
          to[i] = (float) Math.sqrt(a[i]);
        }
      }
      case SQUARE -> {
        for (int i = 0; i < length; i++) {
          to[i] = a[i] * a[i];
        }
      }
      case ABS -> {
        for (int i = 0; i < length; i++) {
          to[i] = Math.abs(a[i]);
        }
      }
      case SIGN -> {
        for (int i = 0; i < length; i++) {
          to[i] = Math.signum(a[i]);
        }
      }
      case STEP -> Choices.step(a, to, length);
    }
  }

  private static void binary(Op.BinaryKind kind, float[] a, float[] b, float[] to, int length) {
    switch (kind) {
      case ADD -> {
        for (int i = 0; i < length; i++) {
          to[i] = a[i] + b[i];
        }
      }
      case SUBTRACT -> {
        for (int i = 0; i < length; i++) {
          to[i] = a[i] - b[i];
        }
      }
      case MULTIPLY -> {
        for (int i = 0; i < length; i++) {
          to[i] = a[i] * b[i];
        }
      }
      case DIVIDE -> {
        for (int i = 0; i < length; i++) {
          to[i] = a[i] / b[i];
        }
      }
      case MAXIMUM -> {
        for (int i = 0; i < length; i++) {
          to[i] = Math.max(a[i], b[i]);
        }
      }
      case MINIMUM -> {
        for (int i = 0; i < length; i++) {
          to[i] = Math.min(a[i], b[i]);
        }
      }
      case LESS -> Choices.less(a, b, to, length);
      case EQUAL -> Choices.equal(a, b, to, length);
    }
  }
}
