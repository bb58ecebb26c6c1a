package org.jarl.nn;

import java.util.List;

/// What a tensor is computed by. The set is closed: a back end that runs these runs everything.
///
/// Shapes are static and live in the [Tensor]; an operation holds only what its inputs do not say.
public sealed interface Op {

  /// Filled by the caller before each run.
  ///
  /// @param ofRound whether each round has a value of its own
  record Input(String name, boolean ofRound) implements Op {}

  /// The present value of a parameter.
  record Variable(Parameter parameter) implements Op {}

  /// One number in every element.
  record Constant(float value) implements Op {}

  /// One number for each element, row-major.
  record ConstantArray(List<Float> values) implements Op {
    public ConstantArray {
      values = List.copyOf(values);
    }
  }

  /// A function of one element.
  record Unary(UnaryKind kind) implements Op {}

  /// A function of two elements, broadcast as in NumPy.
  record Binary(BinaryKind kind) implements Op {}

  /// `condition > 0 ? a : b` element by element, broadcast.
  record Select() implements Op {}

  /// u8 or i32 to f32.
  record ToF32() implements Op {}

  /// Folds one axis away.
  record Reduce(ReduceKind kind, int axis) implements Op {}

  /// Index of the largest element along the last axis, the first of equals; i32.
  record ArgMax() implements Op {}

  /// Product of two matrices, each transposed first where the flag says so.
  record MatMul(boolean transposeA, boolean transposeB) implements Op {}

  /// `x w + b`, with ReLU where wanted: made by fusion.
  record Linear(boolean relu) implements Op {}

  /// Convolution of `[N, H, W, C]` with `[KH, KW, C, O]`, square stride and zero padding.
  record Conv2d(int stride, int padding) implements Op {}

  /// [Conv2d] with a bias `[O]`, with ReLU where wanted: made by fusion.
  record ConvBias(int stride, int padding, boolean relu) implements Op {}

  /// Gradient of [Conv2d] with respect to its input; inputs are weights and output gradient.
  record Conv2dInputGradient(int stride, int padding) implements Op {}

  /// Gradient of [Conv2d] with respect to its weights; inputs are input and output gradient.
  record Conv2dWeightGradient(int stride, int padding) implements Op {}

  /// The largest element of each square window of `[N, H, W, C]`, channel by channel; padding
  /// counts as minus infinity.
  record MaxPool2d(int size, int stride, int padding) implements Op {}

  /// Gradient of [MaxPool2d]; inputs are its input, its result and the result's gradient, which
  /// goes to the first of equals in row-major order.
  record MaxPool2dGradient(int size, int stride, int padding) implements Op {}

  /// The same elements in the same order, another shape.
  record Reshape() implements Op {}

  /// Axes in another order: axis `i` of the result is axis `order[i]` of the input.
  record Permute(List<Integer> order) implements Op {
    public Permute {
      order = List.copyOf(order);
    }
  }

  /// Repeats along axes of size 1, aligned at the last axis.
  record Broadcast() implements Op {}

  /// A range of one axis.
  record Slice(int axis, int start) implements Op {}

  /// Zeros around the input along one axis; the gradient of [Slice].
  record Pad(int axis, int before) implements Op {}

  /// Inputs one after another along an axis.
  record Concat(int axis) implements Op {}

  /// `[N, A, ...]` and indices `[N]` to `[N, ...]`: one element of each row, or one row of each
  /// matrix.
  record Gather() implements Op {}

  /// `[N, ...]` and indices `[N]` to `[N, A, ...]`, zero elsewhere; the gradient of [Gather].
  record Scatter() implements Op {}

  /// `[V, ...]` and indices `[N]` to `[N, ...]`: whole rows, as `index_select` elsewhere.
  record IndexSelect() implements Op {}

  /// Indices, an [Input] of i32, to rows of a table, one after another; -1 gives zeros. Which rows
  /// they are is fixed when a round begins, before anything that goes on beside it.
  record Rows(RowTable table) implements Op {}

  /// `[N, ...]` and indices `[N]` to `[V, ...]`, equal indices added in order; the gradient of
  /// [IndexSelect].
  record IndexAdd() implements Op {}

  /// Along the last axis.
  record Softmax() implements Op {}

  /// Along the last axis, computed without overflow.
  record LogSoftmax() implements Op {}

  /// The input itself, where no gradient passes.
  record StopGradient() implements Op {}

  /// Random numbers of a counter (input, i32 `[2]`, low word first): Philox4x32-10 keyed by `seed`,
  /// equal on every device.
  record Random(RandomKind kind, long seed) implements Op {}

  /// Several element-wise operations on one block at a time: made by fusion.
  ///
  /// An operand is a number. Below the number of inputs it is an input; from there on it is the
  /// result of an instruction, the first of which comes right behind the last input. The result of
  /// the last instruction is the tensor.
  record Fused(List<Instruction> instructions) implements Op {
    public Fused {
      instructions = List.copyOf(instructions);
    }
  }

  /// One element-wise operation of a [Fused].
  ///
  /// @param op [Unary], [Binary], [Select] or [ToF32]
  /// @param operands numbers as [Fused] explains
  record Instruction(Op op, List<Integer> operands) {
    public Instruction {
      operands = List.copyOf(operands);
    }
  }

  /// Functions of one element.
  enum UnaryKind {
    /// `-x`
    NEGATE,
    /// `e^x`
    EXP,
    /// natural logarithm
    LOG,
    /// hyperbolic tangent
    TANH,
    /// cosine of radians
    COS,
    /// `1 / (1 + e^-x)`
    SIGMOID,
    /// `max(x, 0)`
    RELU,
    /// square root
    SQRT,
    /// `x * x`
    SQUARE,
    /// absolute value
    ABS,
    /// -1, 0 or 1
    SIGN,
    /// 1 where `x > 0`, else 0
    STEP
  }

  /// Functions of two elements.
  enum BinaryKind {
    /// `a + b`
    ADD,
    /// `a - b`
    SUBTRACT,
    /// `a * b`
    MULTIPLY,
    /// `a / b`
    DIVIDE,
    /// the larger one
    MAXIMUM,
    /// the smaller one
    MINIMUM,
    /// 1 where `a < b`, else 0
    LESS,
    /// 1 where `a == b`, else 0
    EQUAL
  }

  /// How an axis is folded.
  enum ReduceKind {
    /// the sum
    SUM,
    /// the largest element
    MAX
  }

  /// Distribution of random numbers.
  enum RandomKind {
    /// `[0, 1)`
    UNIFORM,
    /// mean 0, variance 1
    NORMAL
  }

  /// Whether the operation works element by element and can be part of a [Fused].
  default boolean elementwise() {
    return this instanceof Unary
        || this instanceof Binary
        || this instanceof Select
        || this instanceof ToF32;
  }
}
