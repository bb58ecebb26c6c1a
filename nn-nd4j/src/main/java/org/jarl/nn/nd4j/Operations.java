package org.jarl.nn.nd4j;

import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Op;
import org.jarl.nn.Philox;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.ops.transforms.Transforms;

/// Every [Op] in terms of ND4J's operations. Results are row-major, have the tensor's shape and may
/// share the memory of an input.
final class Operations {
  private Operations() {}

  /// @param in values of the tensor's inputs
  static INDArray compute(Tensor t, INDArray[] in) {
    return switch (t.op()) {
      // Simplified graphs also leave it to functions of one element to broadcast.
      case Op.Unary(Op.UnaryKind kind) -> broadcast(unary(kind, in[0]), t.shape(), t.dtype());
      case Op.Binary(Op.BinaryKind kind) -> binary(t, kind, in[0], in[1]);
      case Op.Select _ -> select(t, in);
      case Op.ToF32 _ -> broadcast(in[0].castTo(DataType.FLOAT), t.shape(), t.dtype());
      case Op.Reduce(Op.ReduceKind kind, int axis) ->
          switch (kind) {
            case SUM -> t.shape().elements() == 1 ? sumOfAll(t, in[0]) : in[0].sum(axis);
            case MAX -> in[0].max(axis);
          };
      case Op.ArgMax _ -> in[0].argMax(in[0].rank() - 1).castTo(DataType.INT32);
      case Op.MatMul(boolean ta, boolean tb) ->
          run("matmul", t, new int[] {ta ? 1 : 0, tb ? 1 : 0}, in);
      case Op.Conv2d(int stride, int padding) ->
          run("conv2d", t, window(t.inputs().get(1).shape(), stride, padding), in);
      case Op.Conv2dInputGradient(int stride, int padding) -> {
        INDArray shape = Nd4j.createFromArray(t.shape().toArray());
        int[] window = window(t.inputs().getFirst().shape(), stride, padding);
        yield run("conv2d_input_bp", t, window, shape, in[0], in[1]);
      }
      case Op.Conv2dWeightGradient(int stride, int padding) ->
          weightGradient(t, stride, padding, in[0], in[1]);
      case Op.MaxPool2d(int size, int stride, int padding) ->
          run("maxpool2d", t, pool(size, stride, padding), in[0]);
      case Op.MaxPool2dGradient(int size, int stride, int padding) ->
          run("maxpool2d_bp", t, pool(size, stride, padding), in[0], in[2]);
      case Op.Reshape _ -> in[0].reshape('c', HostArrays.sizes(t.shape()));
      case Op.StopGradient _ -> in[0];
      case Op.Permute(List<Integer> order) ->
          in[0].permute(order.stream().mapToInt(i -> i).toArray()).dup('c');
      case Op.Broadcast _ -> broadcast(in[0], t.shape(), t.dtype());
      case Op.Slice(int axis, int start) ->
          range(in[0], axis, start, t.shape().size(axis)).dup('c');
      case Op.Pad(int axis, int before) -> {
        INDArray out = HostArrays.zeros(t.dtype(), t.shape());
        range(out, axis, before, t.inputs().getFirst().shape().size(axis)).assign(in[0]);
        yield out;
      }
      case Op.Concat(int axis) -> Nd4j.concat(axis, in);
      case Op.Gather _ -> {
        Shape from = t.inputs().getFirst().shape();
        INDArray positions = positions(in[1], from.size(1));
        yield run("gather", t, new int[] {0}, rows(in[0], from), positions);
      }
      case Op.Scatter _ -> {
        INDArray rows = rows(HostArrays.zeros(t.dtype(), t.shape()), t.shape());
        run("scatter_upd", rows, rows, positions(in[1], t.shape().size(1)), in[0]);
        yield rows.reshape('c', HostArrays.sizes(t.shape()));
      }
      case Op.IndexSelect _ -> run("gather", t, new int[] {0}, in);
      case Op.IndexAdd _ -> indexAdd(t, in[0], in[1]);
      case Op.Softmax _ -> run("softmax", t, new int[] {t.shape().rank() - 1}, in);
      case Op.LogSoftmax _ -> logSoftmax(t, in[0]);
      case Op.Random(Op.RandomKind kind, long seed) -> random(t, kind, seed, in[0]);
      case Op.Input _, Op.Rows _, Op.Variable _, Op.Constant _, Op.ConstantArray _ ->
          throw new IllegalStateException("nothing to compute: " + t);
      case Op.Linear _, Op.ConvBias _, Op.Fused _ ->
          throw new IllegalStateException("this back end takes unfused graphs, got " + t);
    };
  }

  /// Runs one of ND4J's named operations into a new array.
  private static INDArray run(String name, Tensor t, int[] arguments, INDArray... in) {
    INDArray out = HostArrays.zeros(t.dtype(), t.shape());
    Nd4j.exec(
        DynamicCustomOp.builder(name)
            .addInputs(in)
            .addOutputs(out)
            .addIntegerArguments(arguments)
            .build());
    return out;
  }

  private static void run(String name, INDArray out, INDArray... in) {
    Nd4j.exec(DynamicCustomOp.builder(name).addInputs(in).addOutputs(out).build());
  }

  private static INDArray unary(Op.UnaryKind kind, INDArray x) {
    return switch (kind) {
      case NEGATE -> x.neg();
      case EXP -> Transforms.exp(x, true);
      case LOG -> Transforms.log(x, true);
      case TANH -> Transforms.tanh(x, true);
      case COS -> Transforms.cos(x, true);
      case SIGMOID -> Transforms.sigmoid(x, true);
      case RELU -> Transforms.relu(x, true);
      case SQRT -> Transforms.sqrt(x, true);
      case SQUARE -> x.mul(x);
      case ABS -> Transforms.abs(x, true);
      case SIGN -> Transforms.sign(x, true);
      case STEP -> x.gt(0).castTo(DataType.FLOAT);
    };
  }

  private static INDArray binary(Tensor t, Op.BinaryKind kind, INDArray a, INDArray b) {
    int[] none = {};
    return switch (kind) {
      case ADD -> run("add", t, none, a, b);
      case SUBTRACT -> run("subtract", t, none, a, b);
      case MULTIPLY -> run("multiply", t, none, a, b);
      case DIVIDE -> run("divide", t, none, a, b);
      case MAXIMUM -> run("maximum", t, none, a, b);
      case MINIMUM -> run("minimum", t, none, a, b);
      case LESS -> compare("less", t, a, b);
      case EQUAL -> compare("equals", t, a, b);
    };
  }

  private static INDArray compare(String name, Tensor t, INDArray a, INDArray b) {
    INDArray holds = Nd4j.create(DataType.BOOL, HostArrays.sizes(t.shape()), 'c');
    run(name, holds, a, b);
    return holds.castTo(DataType.FLOAT);
  }

  private static INDArray select(Tensor t, INDArray[] in) {
    INDArray condition = broadcast(in[0], t.shape(), DType.F32).gt(0);
    INDArray whenTrue = broadcast(in[1], t.shape(), t.dtype());
    INDArray whenFalse = broadcast(in[2], t.shape(), t.dtype());
    return run("select", t, new int[0], condition, whenTrue, whenFalse);
  }

  private static INDArray sumOfAll(Tensor t, INDArray x) {
    INDArray ones = Nd4j.ones(DataType.FLOAT, x.length());
    return dot(x, ones).reshape('c', HostArrays.sizes(t.shape()));
  }

  /// Sum of the products of all elements, `[1, 1]`. ND4J's own sum of a whole array is cut into as
  /// many parts as the machine has processors, so its bits would depend on the machine.
  static INDArray dot(INDArray a, INDArray b) {
    INDArray out = Nd4j.create(a.dataType(), new long[] {1, 1}, 'c');
    run("matmul", out, matrix(a, 1), matrix(b, (int) b.length()));
    return out;
  }

  private static INDArray broadcast(INDArray x, Shape shape, DType dtype) {
    int rank = shape.rank();
    long[] aligned = new long[rank];
    int[] repeats = new int[rank];
    boolean equal = x.rank() == rank;
    for (int axis = 0; axis < rank; axis++) {
      int own = axis - rank + x.rank();
      aligned[axis] = own < 0 ? 1 : x.size(own);
      repeats[axis] = (int) (shape.size(axis) / aligned[axis]);
      equal &= repeats[axis] == 1;
    }
    if (equal) {
      return x;
    }
    INDArray out = HostArrays.zeros(dtype, shape);
    Nd4j.exec(
        DynamicCustomOp.builder("tile")
            .addInputs(x.reshape('c', aligned))
            .addOutputs(out)
            .addIntegerArguments(repeats)
            .build());
    return out;
  }

  /// A view of a range of one axis.
  private static INDArray range(INDArray x, int axis, int start, int length) {
    INDArrayIndex[] indices = new INDArrayIndex[x.rank()];
    for (int i = 0; i < indices.length; i++) {
      indices[i] = i == axis ? NDArrayIndex.interval(start, start + length) : NDArrayIndex.all();
    }
    return x.get(indices);
  }

  private static INDArray matrix(INDArray x, int rows) {
    return x.reshape('c', new long[] {rows, x.length() / rows});
  }

  /// `[N, A, ...]` as `[N * A, ...]`.
  private static INDArray rows(INDArray x, Shape shape) {
    long[] sizes = HostArrays.sizes(shape.without(0));
    sizes[0] *= shape.size(0);
    return x.reshape('c', sizes);
  }

  /// Row-major positions of one element per row.
  private static INDArray positions(INDArray indices, int width) {
    int[] starts = new int[(int) indices.length()];
    for (int row = 0; row < starts.length; row++) {
      starts[row] = row * width;
    }
    return Nd4j.createFromArray(starts).addi(indices);
  }

  private static INDArray indexAdd(Tensor t, INDArray rows, INDArray indices) {
    INDArray out = HostArrays.zeros(t.dtype(), t.shape());
    // Locked: one row after another, so that equal indices are added in order.
    Nd4j.exec(
        DynamicCustomOp.builder("scatter_add")
            .addInputs(HostArrays.zeros(t.dtype(), t.shape()), indices, rows)
            .addOutputs(out)
            .addBooleanArguments(true)
            .build());
    return out;
  }

  /// By parts: ND4J's own takes the logarithm of the softmax, which is -infinity where that is too
  /// small for a float.
  private static INDArray logSoftmax(Tensor t, INDArray x) {
    int last = t.shape().rank() - 1;
    int[] none = {};
    INDArray shifted = run("subtract", t, none, x, x.max(true, last));
    INDArray sum = Transforms.exp(shifted, true).sum(true, last);
    return run("subtract", t, none, shifted, Transforms.log(sum, false));
  }

  /// Philox runs on the host: its bits must be those of every other device.
  private static INDArray random(Tensor t, Op.RandomKind kind, long seed, INDArray counter) {
    int low = counter.getInt(0);
    int high = counter.getInt(1);
    int[] block = new int[4];
    float[] numbers = new float[t.shape().elements()];
    for (int i = 0; i < numbers.length; i++) {
      if (i % 4 == 0) {
        Philox.block(seed, low, high, i / 4, block);
      }
      numbers[i] = Philox.number(kind, block, i % 4);
    }
    return Nd4j.createFromArray(numbers).reshape('c', HostArrays.sizes(t.shape()));
  }

  // ---- convolutions

  /// ND4J's arguments of a convolution: kernel, stride, padding, dilation, explicit padding, NHWC,
  /// weights `[KH, KW, C, O]`.
  private static int[] window(Shape kernel, int stride, int padding) {
    return new int[] {
      kernel.size(0), kernel.size(1), stride, stride, padding, padding, 1, 1, 0, 1, 0
    };
  }

  /// ND4J's arguments of a pooling: as those of a convolution, of a kernel that is a square.
  private static int[] pool(int size, int stride, int padding) {
    return new int[] {size, size, stride, stride, padding, padding, 1, 1, 0, 0, 1};
  }

  /// Columns of the image times the output gradient. ND4J's `conv2d_bp` would also compute the
  /// gradient of the input, which is another tensor here.
  private static INDArray weightGradient(
      Tensor t, int stride, int padding, INDArray image, INDArray gradient) {
    Shape x = t.inputs().get(0).shape();
    Shape y = t.inputs().get(1).shape();
    int height = t.shape().size(0);
    int width = t.shape().size(1);
    Shape columnShape = Shape.of(x.size(0), x.size(3), height, width, y.size(1), y.size(2));
    INDArray columns = HostArrays.zeros(DType.F32, columnShape);
    Nd4j.exec(
        DynamicCustomOp.builder("im2col")
            .addInputs(image.permute(0, 3, 1, 2).dup('c'))
            .addOutputs(columns)
            .addIntegerArguments(height, width, stride, stride, padding, padding, 1, 1, 0)
            .build());
    int weights = t.shape().product(0, 3);
    int pixels = y.product(0, 3);
    // [N, C, KH, KW, H', W'] to [KH, KW, C, N, H', W'].
    INDArray rows = matrix(columns.permute(2, 3, 1, 0, 4, 5).dup('c'), weights);
    INDArray out = HostArrays.zeros(DType.F32, Shape.of(weights, t.shape().size(3)));
    run("matmul", out, rows, matrix(gradient, pixels));
    return out.reshape('c', HostArrays.sizes(t.shape()));
  }
}
