package org.jarl.nn;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A symbolic array in a [Graph]: a shape, an element type and the operation that computes it.
///
/// Methods trace further operations; nothing is computed until the program runs. Shape errors name
/// the operation, the shapes and the module being traced.
public final class Tensor {
  private final Graph graph;
  private final int id;
  private final Op op;
  private final Shape shape;
  private final DType dtype;
  private final List<Tensor> inputs;
  private final String scope;

  Tensor(Graph graph, int id, Op op, Shape shape, DType dtype, List<Tensor> inputs, String scope) {
    this.graph = graph;
    this.id = id;
    this.op = op;
    this.shape = shape;
    this.dtype = dtype;
    this.inputs = List.copyOf(inputs);
    this.scope = scope;
  }

  /// The graph it belongs to.
  public Graph graph() {
    return graph;
  }

  /// Position in [Graph#tensors].
  public int id() {
    return id;
  }

  /// What computes it.
  public Op op() {
    return op;
  }

  /// Its sizes.
  public Shape shape() {
    return shape;
  }

  /// Its element type.
  public DType dtype() {
    return dtype;
  }

  /// What it is computed from.
  public List<Tensor> inputs() {
    return inputs;
  }

  /// The module that was being traced, or the empty string.
  public String scope() {
    return scope;
  }

  IllegalArgumentException error(String message) {
    String where = graph.scope().isEmpty() ? scope : graph.scope();
    return new IllegalArgumentException(
        message
            + (where.isEmpty() ? "" : " (module \"" + where + "\")")
            + " in program "
            + graph.name());
  }

  private void require(String operation, DType wanted) {
    if (dtype != wanted) {
      throw error(
          operation
              + " needs a tensor of "
              + wanted
              + ", got "
              + dtype
              + " "
              + shape
              + (wanted == DType.F32 ? "; call toF32() first" : ""));
    }
  }

  private Tensor unary(Op.UnaryKind kind) {
    require(kind.name().toLowerCase(Locale.ROOT), DType.F32);
    return graph.add(new Op.Unary(kind), shape, DType.F32, List.of(this));
  }

  private Tensor binary(Op.BinaryKind kind, Tensor other) {
    String what = kind.name().toLowerCase(Locale.ROOT);
    require(what, DType.F32);
    other.require(what, DType.F32);
    Shape out;
    try {
      out = Shape.broadcast(shape, other.shape);
    } catch (IllegalArgumentException e) {
      throw error(what + " cannot broadcast: " + e.getMessage());
    }
    return graph.add(new Op.Binary(kind), out, DType.F32, List.of(this, other));
  }

  /// `this + other`, broadcast.
  public Tensor plus(Tensor other) {
    return binary(Op.BinaryKind.ADD, other);
  }

  /// `this + value`.
  public Tensor plus(float value) {
    return plus(graph.constant(value));
  }

  /// `this - other`, broadcast.
  public Tensor minus(Tensor other) {
    return binary(Op.BinaryKind.SUBTRACT, other);
  }

  /// `this - value`.
  public Tensor minus(float value) {
    return minus(graph.constant(value));
  }

  /// `this * other` element by element, broadcast.
  public Tensor times(Tensor other) {
    return binary(Op.BinaryKind.MULTIPLY, other);
  }

  /// `this * value`.
  public Tensor times(float value) {
    return times(graph.constant(value));
  }

  /// `this / other` element by element, broadcast.
  public Tensor dividedBy(Tensor other) {
    return binary(Op.BinaryKind.DIVIDE, other);
  }

  /// The larger of the two, element by element, broadcast. Where they are equal the gradient goes
  /// to `this`.
  public Tensor maximum(Tensor other) {
    return binary(Op.BinaryKind.MAXIMUM, other);
  }

  /// The smaller of the two, element by element, broadcast. Where they are equal the gradient goes
  /// to `this`.
  public Tensor minimum(Tensor other) {
    return binary(Op.BinaryKind.MINIMUM, other);
  }

  /// 1 where `this < other`, else 0; no gradient.
  public Tensor lessThan(Tensor other) {
    return binary(Op.BinaryKind.LESS, other);
  }

  /// 1 where `this == other`, else 0; no gradient.
  public Tensor equalTo(Tensor other) {
    return binary(Op.BinaryKind.EQUAL, other);
  }

  /// Within `[low, high]`; no gradient outside.
  public Tensor clip(float low, float high) {
    return maximum(graph.constant(low)).minimum(graph.constant(high));
  }

  /// `this > 0 ? whenTrue : whenFalse`, broadcast; no gradient to `this`.
  public Tensor select(Tensor whenTrue, Tensor whenFalse) {
    require("select", DType.F32);
    Shape out;
    try {
      out = Shape.broadcast(shape, Shape.broadcast(whenTrue.shape, whenFalse.shape));
    } catch (IllegalArgumentException e) {
      throw error("select cannot broadcast: " + e.getMessage());
    }
    return graph.add(new Op.Select(), out, DType.F32, List.of(this, whenTrue, whenFalse));
  }

  /// `-this`.
  public Tensor negate() {
    return unary(Op.UnaryKind.NEGATE);
  }

  /// `e^this`.
  public Tensor exp() {
    return unary(Op.UnaryKind.EXP);
  }

  /// Natural logarithm.
  public Tensor log() {
    return unary(Op.UnaryKind.LOG);
  }

  /// Hyperbolic tangent.
  public Tensor tanh() {
    return unary(Op.UnaryKind.TANH);
  }

  /// Cosine of radians; accurate to 2e-7 up to a million. The cosine features of implicit quantile
  /// networks are made with it.
  public Tensor cos() {
    return unary(Op.UnaryKind.COS);
  }

  /// `1 / (1 + e^-this)`.
  public Tensor sigmoid() {
    return unary(Op.UnaryKind.SIGMOID);
  }

  /// `max(this, 0)`.
  public Tensor relu() {
    return unary(Op.UnaryKind.RELU);
  }

  /// Square root.
  public Tensor sqrt() {
    return unary(Op.UnaryKind.SQRT);
  }

  /// `this * this`.
  public Tensor square() {
    return unary(Op.UnaryKind.SQUARE);
  }

  /// Absolute value; gradient 0 at 0.
  public Tensor abs() {
    return unary(Op.UnaryKind.ABS);
  }

  /// -1, 0 or 1; no gradient.
  public Tensor sign() {
    return unary(Op.UnaryKind.SIGN);
  }

  /// 1 where this is positive, else 0; no gradient.
  public Tensor step() {
    return unary(Op.UnaryKind.STEP);
  }

  /// Huber (1964): `x^2 / 2` up to `delta`, linear beyond. Its gradient is `x` clipped to `[-delta,
  /// delta]`: what Mnih et al. (2015) call clipping the error.
  public Tensor huber(float delta) {
    Tensor size = abs();
    Tensor quadratic = square().times(0.5f);
    Tensor linear = size.minus(0.5f * delta).times(delta);
    return size.lessThan(graph.constant(delta)).select(quadratic, linear);
  }

  /// u8 or i32 to f32; itself when it is f32 already.
  public Tensor toF32() {
    return dtype == DType.F32 ? this : graph.add(new Op.ToF32(), shape, DType.F32, List.of(this));
  }

  private int axis(String operation, int axis) {
    int positive = axis < 0 ? shape.rank() + axis : axis;
    if (positive < 0 || positive >= shape.rank()) {
      throw error(operation + " needs an axis of " + shape + ", got " + axis);
    }
    return positive;
  }

  /// Sum along an axis, which disappears.
  public Tensor sum(int axis) {
    return reduce(Op.ReduceKind.SUM, axis);
  }

  /// Sum of all elements, a scalar.
  public Tensor sum() {
    return shape.rank() == 0 ? this : reshape(shape.elements()).sum(0);
  }

  /// Mean along an axis, which disappears.
  public Tensor mean(int axis) {
    return sum(axis).times(1f / shape.size(axis));
  }

  /// Mean of all elements, a scalar.
  public Tensor mean() {
    return sum().times(1f / shape.elements());
  }

  /// Largest element along an axis, which disappears. Equal largest ones share the gradient.
  public Tensor max(int axis) {
    return reduce(Op.ReduceKind.MAX, axis);
  }

  private Tensor reduce(Op.ReduceKind kind, int axis) {
    require("reduce", DType.F32);
    int positive = axis("reduce", axis);
    return graph.add(
        new Op.Reduce(kind, positive), shape.without(positive), DType.F32, List.of(this));
  }

  /// Index of the largest element along the last axis, the first of equals; i32, no gradient.
  public Tensor argMax() {
    require("argMax", DType.F32);
    int last = axis("argMax", -1);
    return graph.add(new Op.ArgMax(), shape.without(last), DType.I32, List.of(this));
  }

  /// `[M, K]` times `[K, N]`.
  public Tensor matmul(Tensor other) {
    return matmul(other, false, false);
  }

  Tensor matmul(Tensor other, boolean transposeThis, boolean transposeOther) {
    require("matmul", DType.F32);
    other.require("matmul", DType.F32);
    if (shape.rank() != 2 || other.shape.rank() != 2) {
      throw error("matmul needs two matrices, got " + shape + " x " + other.shape);
    }
    int rows = shape.size(transposeThis ? 1 : 0);
    int inner = shape.size(transposeThis ? 0 : 1);
    int otherInner = other.shape.size(transposeOther ? 1 : 0);
    int columns = other.shape.size(transposeOther ? 0 : 1);
    if (inner != otherInner) {
      throw error(
          "matmul needs inner sizes to agree, got "
              + shape
              + " x "
              + other.shape
              + ": "
              + inner
              + " != "
              + otherInner);
    }
    return graph.add(
        new Op.MatMul(transposeThis, transposeOther),
        Shape.of(rows, columns),
        DType.F32,
        List.of(this, other));
  }

  /// Convolution of `[N, H, W, C]` with weights `[KH, KW, C, O]` to `[N, H', W', O]`.
  ///
  /// @param padding zeros on each side of both image axes
  public Tensor conv2d(Tensor weights, int stride, int padding) {
    require("conv2d", DType.F32);
    Shape w = weights.shape;
    if (shape.rank() != 4 || w.rank() != 4 || shape.size(3) != w.size(2)) {
      throw error(
          "conv2d needs [N, H, W, C] and [KH, KW, C, O] with equal C, got " + shape + " and " + w);
    }
    int height = (shape.size(1) + 2 * padding - w.size(0)) / stride + 1;
    int width = (shape.size(2) + 2 * padding - w.size(1)) / stride + 1;
    if (shape.size(1) + 2 * padding < w.size(0) || shape.size(2) + 2 * padding < w.size(1)) {
      throw error(
          "conv2d needs an image of at least the kernel's size, got "
              + shape
              + " and kernel "
              + w
              + " with padding "
              + padding);
    }
    return graph.add(
        new Op.Conv2d(stride, padding),
        Shape.of(shape.size(0), height, width, w.size(3)),
        DType.F32,
        List.of(this, weights));
  }

  /// The largest element of each window of `[N, H, W, C]`, to `[N, H', W', C]`. Of equal largest
  /// ones the first in row-major order gets the gradient, as in PyTorch.
  ///
  /// @param size height and width of a window
  /// @param padding places on each side of both image axes that are never the largest; below `size`
  public Tensor maxPool2d(int size, int stride, int padding) {
    require("maxPool2d", DType.F32);
    if (shape.rank() != 4) {
      throw error("maxPool2d needs [N, H, W, C], got " + shape);
    }
    if (size < 1 || stride < 1 || padding < 0 || padding >= size) {
      throw error(
          "maxPool2d needs a size and a stride of at least 1 and a padding of 0 to below the size,"
              + " got size "
              + size
              + ", stride "
              + stride
              + " and padding "
              + padding);
    }
    int height = shape.size(1) + 2 * padding - size;
    int width = shape.size(2) + 2 * padding - size;
    if (height < 0 || width < 0) {
      throw error(
          "maxPool2d needs an image of at least the window's size, got "
              + shape
              + " and size "
              + size
              + " with padding "
              + padding);
    }
    return graph.add(
        new Op.MaxPool2d(size, stride, padding),
        Shape.of(shape.size(0), height / stride + 1, width / stride + 1, shape.size(3)),
        DType.F32,
        List.of(this));
  }

  /// The same elements in another shape; one size may be -1 and follows from the others.
  public Tensor reshape(int... sizes) {
    int[] wanted = sizes.clone();
    int known = 1;
    int free = -1;
    for (int i = 0; i < wanted.length; i++) {
      if (wanted[i] == -1) {
        free = i;
      } else {
        known *= wanted[i];
      }
    }
    if (free >= 0 && known > 0) {
      wanted[free] = shape.elements() / known;
    }
    Shape out = Shape.of(wanted);
    if (out.elements() != shape.elements()) {
      throw error("reshape must keep the number of elements, got " + shape + " to " + out);
    }
    return out.equals(shape) ? this : graph.add(new Op.Reshape(), out, dtype, List.of(this));
  }

  /// `[N, ...]` to `[N, elements per row]`.
  public Tensor flatten() {
    return reshape(shape.size(0), -1);
  }

  /// Axes in another order.
  public Tensor permute(int... order) {
    int[] sorted = order.clone();
    Arrays.sort(sorted);
    int[] sizes = new int[order.length];
    for (int i = 0; i < order.length; i++) {
      if (order.length != shape.rank() || sorted[i] != i) {
        throw error("permute needs each axis of " + shape + " once, got " + Arrays.toString(order));
      }
      sizes[i] = shape.size(order[i]);
    }
    return graph.add(
        new Op.Permute(Arrays.stream(order).boxed().toList()),
        Shape.of(sizes),
        dtype,
        List.of(this));
  }

  /// Repeats along axes of size 1 and new leading axes.
  public Tensor broadcastTo(Shape to) {
    if (to.equals(shape)) {
      return this;
    }
    boolean fits = to.rank() >= shape.rank();
    for (int i = 1; fits && i <= shape.rank(); i++) {
      fits = shape.size(-i) == to.size(-i) || shape.size(-i) == 1;
    }
    if (!fits) {
      throw error("broadcast needs sizes of 1 where shapes differ, got " + shape + " to " + to);
    }
    return graph.add(new Op.Broadcast(), to, dtype, List.of(this));
  }

  /// `length` elements of an axis from `start`.
  public Tensor slice(int axis, int start, int length) {
    int positive = axis("slice", axis);
    if (start < 0 || length < 1 || start + length > shape.size(positive)) {
      throw error(
          "slice must lie within axis "
              + positive
              + " of "
              + shape
              + ", got start "
              + start
              + " and length "
              + length);
    }
    return graph.add(
        new Op.Slice(positive, start), shape.with(positive, length), dtype, List.of(this));
  }

  /// Zeros around this along an axis, `size` elements in all.
  Tensor pad(int axis, int before, int size) {
    return graph.add(new Op.Pad(axis, before), shape.with(axis, size), dtype, List.of(this));
  }

  /// Tensors one after another along an axis; equal sizes on every other one.
  public static Tensor concat(int axis, List<Tensor> parts) {
    Tensor first = parts.getFirst();
    int positive = first.axis("concat", axis);
    int total = 0;
    for (Tensor part : parts) {
      if (part.shape.rank() != first.shape.rank()
          || part.dtype != first.dtype
          || !part.shape.with(positive, 1).equals(first.shape.with(positive, 1))) {
        throw first.error(
            "concat along axis "
                + positive
                + " needs equal other sizes and types, got "
                + parts.stream().map(p -> p.shape.toString()).collect(Collectors.joining(", ")));
      }
      total += part.shape.size(positive);
    }
    return first.graph.add(
        new Op.Concat(positive), first.shape.with(positive, total), first.dtype, parts);
  }

  /// One element of each row: `[N, A]` and i32 indices `[N]` to `[N]`; of more axes one row of each
  /// matrix and so on, `[N, A, ...]` to `[N, ...]`. Indices must be in `0 .. A-1`; a program does
  /// not check them.
  public Tensor gather(Tensor indices) {
    require("gather", DType.F32);
    indices.require("gather", DType.I32);
    if (shape.rank() < 2 || !indices.shape.equals(Shape.of(shape.size(0)))) {
      throw error(
          "gather needs [N, A, ...] and indices [N], got " + shape + " and " + indices.shape);
    }
    return graph.add(new Op.Gather(), shape.without(1), DType.F32, List.of(this, indices));
  }

  /// Zeros `[N, choices, ...]` but for this `[N, ...]` at the i32 indices `[N]`.
  public Tensor scatter(Tensor indices, int choices) {
    require("scatter", DType.F32);
    indices.require("scatter", DType.I32);
    if (shape.rank() < 1 || !indices.shape.equals(Shape.of(shape.size(0)))) {
      throw error("scatter needs [N, ...] and indices [N], got " + shape + " and " + indices.shape);
    }
    int[] sizes = new int[shape.rank() + 1];
    for (int axis = 0; axis < sizes.length; axis++) {
      sizes[axis] = axis == 1 ? choices : shape.size(axis == 0 ? 0 : axis - 1);
    }
    return graph.add(new Op.Scatter(), Shape.of(sizes), DType.F32, List.of(this, indices));
  }

  /// Whole rows: `[V, ...]` and i32 indices `[N]` to `[N, ...]`.
  public Tensor indexSelect(Tensor indices) {
    indices.require("indexSelect", DType.I32);
    if (shape.rank() < 1 || indices.shape.rank() != 1) {
      throw error(
          "indexSelect needs [V, ...] and indices [N], got " + shape + " and " + indices.shape);
    }
    return graph.add(
        new Op.IndexSelect(), shape.with(0, indices.shape.size(0)), dtype, List.of(this, indices));
  }

  Tensor indexAdd(Tensor indices, int rows) {
    return graph.add(new Op.IndexAdd(), shape.with(0, rows), DType.F32, List.of(this, indices));
  }

  /// Softmax along the last axis.
  public Tensor softmax() {
    require("softmax", DType.F32);
    axis("softmax", -1);
    return graph.add(new Op.Softmax(), shape, DType.F32, List.of(this));
  }

  /// Logarithm of the softmax along the last axis, without overflow.
  public Tensor logSoftmax() {
    require("logSoftmax", DType.F32);
    axis("logSoftmax", -1);
    return graph.add(new Op.LogSoftmax(), shape, DType.F32, List.of(this));
  }

  /// The same values, through which no gradient passes.
  public Tensor stopGradient() {
    return graph.add(new Op.StopGradient(), shape, dtype, List.of(this));
  }

  @Override
  public String toString() {
    return "%"
        + id
        + " = "
        + op
        + inputs.stream().map(t -> "%" + t.id).collect(Collectors.joining(", ", "(", ")"))
        + " "
        + dtype
        + shape
        + (scope.isEmpty() ? "" : " @" + scope);
  }
}
