package org.jarl.nn;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Computes a traced graph in double precision with the plainest loops: the twin that every back
/// end is tested against, and what central differences are taken of.
public final class Reference {
  private final Map<String, double[]> inputs;
  private final Map<Parameter, double[]> parameters;
  private final Map<Tensor, double[]> values = new HashMap<>();

  /// @param inputs by name, row-major
  /// @param parameters by parameter, row-major
  public Reference(Map<String, double[]> inputs, Map<Parameter, double[]> parameters) {
    this.inputs = inputs;
    this.parameters = parameters;
  }

  /// The elements of a tensor, row-major.
  public double[] value(Tensor tensor) {
    for (int i = 0; i <= tensor.id(); i++) {
      Tensor each = tensor.graph().tensors().get(i);
      if (!values.containsKey(each)) {
        values.put(each, compute(each));
      }
    }
    return get(tensor);
  }

  private double[] get(Tensor tensor) {
    double[] value = values.get(tensor);
    if (value == null) {
      throw new IllegalStateException("not computed: " + tensor);
    }
    return value;
  }

  private double[] compute(Tensor t) {
    List<double[]> in = t.inputs().stream().map(this::get).toList();
    double[] a = in.isEmpty() ? new double[0] : in.get(0);
    double[] b = in.size() < 2 ? new double[0] : in.get(1);
    int n = t.shape().elements();
    return switch (t.op()) {
      case Op.Input(String name, _) -> inputs.getOrDefault(name, new double[n]).clone();
      case Op.Variable(Parameter p) -> parameters.getOrDefault(p, new double[n]).clone();
      case Op.Constant(float v) -> filled(n, v);
      case Op.ConstantArray(List<Float> numbers) -> map(n, numbers::get);
      case Op.Unary(Op.UnaryKind kind) -> map(n, i -> unary(kind, a[i]));
      case Op.Binary(Op.BinaryKind kind) ->
          map(n, i -> binary(kind, a[source(t, 0, i)], b[source(t, 1, i)]));
      case Op.Select _ ->
          map(n, i -> a[source(t, 0, i)] > 0 ? b[source(t, 1, i)] : in.get(2)[source(t, 2, i)]);
      case Op.ToF32 _, Op.Reshape _, Op.StopGradient _ -> a.clone();
      case Op.Broadcast _ -> map(n, i -> a[source(t, 0, i)]);
      case Op.Reduce(Op.ReduceKind kind, int axis) -> reduce(t, kind, axis, a);
      case Op.ArgMax _ -> argMax(t, a);
      case Op.MatMul(boolean ta, boolean tb) -> matmul(t, ta, tb, a, b);
      case Op.Conv2d(int stride, int padding) -> {
        double[] y = new double[n];
        conv(
            t.inputs().get(0).shape(),
            t.inputs().get(1).shape(),
            t.shape(),
            stride,
            padding,
            (i, w, o) -> y[o] += a[i] * b[w]);
        yield y;
      }
      case Op.Conv2dInputGradient(int stride, int padding) -> {
        double[] x = new double[n];
        conv(
            t.shape(),
            t.inputs().get(0).shape(),
            t.inputs().get(1).shape(),
            stride,
            padding,
            (i, w, o) -> x[i] += a[w] * b[o]);
        yield x;
      }
      case Op.Conv2dWeightGradient(int stride, int padding) -> {
        double[] g = new double[n];
        conv(
            t.inputs().get(0).shape(),
            t.shape(),
            t.inputs().get(1).shape(),
            stride,
            padding,
            (i, w, o) -> g[w] += a[i] * b[o]);
        yield g;
      }
      case Op.MaxPool2d(int size, int stride, int padding) -> {
        int[] first =
            firstLargest(t.inputs().getFirst().shape(), t.shape(), size, stride, padding, a);
        yield map(n, i -> a[first[i]]);
      }
      case Op.MaxPool2dGradient(int size, int stride, int padding) -> {
        int[] first = firstLargest(t.shape(), t.inputs().get(1).shape(), size, stride, padding, a);
        double[] x = new double[n];
        for (int i = 0; i < first.length; i++) {
          x[first[i]] += in.get(2)[i];
        }
        yield x;
      }
      case Op.Permute(List<Integer> order) -> permute(t, order, a);
      case Op.Slice(int axis, int start) -> slice(t, axis, start, a);
      case Op.Pad(int axis, int before) -> pad(t, axis, before, a);
      case Op.Concat(int axis) -> concat(t, axis, in);
      case Op.Gather _ -> {
        int choices = t.inputs().get(0).shape().size(1);
        int width = n / t.shape().size(0);
        yield map(n, i -> a[(i / width * choices + (int) b[i / width]) * width + i % width]);
      }
      case Op.Scatter _ -> {
        int choices = t.shape().size(1);
        int width = n / t.shape().product(0, 2);
        double[] y = new double[n];
        for (int i = 0; i < a.length; i++) {
          y[(i / width * choices + (int) b[i / width]) * width + i % width] = a[i];
        }
        yield y;
      }
      case Op.IndexSelect _ -> {
        int width = n / t.shape().size(0);
        yield map(n, i -> a[((int) b[i / width]) * width + i % width]);
      }
      case Op.Rows(RowTable table) -> {
        int width = n / t.inputs().getFirst().shape().elements();
        yield map(
            n,
            i -> a[i / width] < 0 ? 0 : element(table, t.dtype(), (int) a[i / width], i % width));
      }
      case Op.IndexAdd _ -> {
        double[] y = new double[n];
        int width = n / t.shape().size(0);
        for (int i = 0; i < a.length; i++) {
          y[((int) b[i / width]) * width + i % width] += a[i];
        }
        yield y;
      }
      case Op.Softmax _ -> softmax(t, a, false);
      case Op.LogSoftmax _ -> softmax(t, a, true);
      case Op.Random(Op.RandomKind kind, long seed) -> {
        int[] block = new int[4];
        yield map(
            n,
            i -> {
              Philox.block(seed, (int) a[0], (int) a[1], i / 4, block);
              return Philox.number(kind, block, i % 4);
            });
      }
      case Op.Linear _, Op.ConvBias _, Op.Fused _ ->
          throw new IllegalStateException("the reference takes graphs as they were traced");
    };
  }

  private static double element(RowTable table, DType dtype, int row, int i) {
    long at = row * table.rowBytes() + (long) i * dtype.bytes();
    return switch (dtype) {
      case U8 -> table.rows().get(ValueLayout.JAVA_BYTE, at) & 0xff;
      case I32 -> table.rows().get(ValueLayout.JAVA_INT_UNALIGNED, at);
      case F32 -> table.rows().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    };
  }

  private interface Element {
    double at(int i);
  }

  private static double[] map(int n, Element element) {
    double[] out = new double[n];
    for (int i = 0; i < n; i++) {
      out[i] = element.at(i);
    }
    return out;
  }

  private static double[] filled(int n, double v) {
    double[] out = new double[n];
    Arrays.fill(out, v);
    return out;
  }

  /// Index of a broadcast input that belongs to element `i` of the result.
  private static int source(Tensor t, int input, int i) {
    Shape in = t.inputs().get(input).shape();
    int index = 0;
    int stride = 1;
    int rest = i;
    for (int axis = 1; axis <= t.shape().rank(); axis++) {
      int at = rest % t.shape().size(-axis);
      rest /= t.shape().size(-axis);
      if (axis <= in.rank()) {
        index += in.size(-axis) == 1 ? 0 : at * stride;
        stride *= in.size(-axis);
      }
    }
    return index;
  }

  private static double unary(Op.UnaryKind kind, double x) {
    return switch (kind) {
      case NEGATE -> -x;
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case TANH -> Math.tanh(x);
      case COS -> Math.cos(x);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case RELU -> Math.max(x, 0);
      case SQRT -> Math.sqrt(x);
      case SQUARE -> x * x;
      case ABS -> Math.abs(x);
      case SIGN -> Math.signum(x);
      case STEP -> x > 0 ? 1 : 0;
    };
  }

  private static double binary(Op.BinaryKind kind, double a, double b) {
    return switch (kind) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MAXIMUM -> Math.max(a, b);
      case MINIMUM -> Math.min(a, b);
      case LESS -> a < b ? 1 : 0;
      case EQUAL -> a == b ? 1 : 0;
    };
  }

  private static double[] reduce(Tensor t, Op.ReduceKind kind, int axis, double[] a) {
    Shape in = t.inputs().getFirst().shape();
    int inner = in.product(axis + 1, in.rank());
    int length = in.size(axis);
    return map(
        t.shape().elements(),
        i -> {
          double folded = kind == Op.ReduceKind.SUM ? 0 : Double.NEGATIVE_INFINITY;
          for (int k = 0; k < length; k++) {
            double v = a[(i / inner * length + k) * inner + i % inner];
            folded = kind == Op.ReduceKind.SUM ? folded + v : Math.max(folded, v);
          }
          return folded;
        });
  }

  private static double[] argMax(Tensor t, double[] a) {
    int width = t.inputs().getFirst().shape().size(-1);
    return map(
        t.shape().elements(),
        i -> {
          int best = 0;
          for (int k = 1; k < width; k++) {
            best = a[i * width + k] > a[i * width + best] ? k : best;
          }
          return best;
        });
  }

  private static double[] matmul(Tensor t, boolean ta, boolean tb, double[] a, double[] b) {
    int rows = t.shape().size(0);
    int columns = t.shape().size(1);
    int inner = t.inputs().get(0).shape().size(ta ? 0 : 1);
    return map(
        rows * columns,
        i -> {
          double sum = 0;
          for (int k = 0; k < inner; k++) {
            double x = ta ? a[k * rows + i / columns] : a[i / columns * inner + k];
            double y = tb ? b[i % columns * inner + k] : b[k * columns + i % columns];
            sum += x * y;
          }
          return sum;
        });
  }

  private interface Product {
    void visit(int image, int weight, int result);
  }

  private static void conv(Shape x, Shape w, Shape y, int stride, int padding, Product product) {
    for (int o = 0; o < y.elements(); o++) {
      int channel = o % y.size(3);
      int column = o / y.size(3) % y.size(2);
      int row = o / y.size(3) / y.size(2) % y.size(1);
      int n = o / y.product(1, 4);
      for (int k = 0; k < w.product(0, 3); k++) {
        int c = k % w.size(2);
        int h = row * stride + k / w.size(2) / w.size(1) - padding;
        int v = column * stride + k / w.size(2) % w.size(1) - padding;
        if (h >= 0 && h < x.size(1) && v >= 0 && v < x.size(2)) {
          int image = ((n * x.size(1) + h) * x.size(2) + v) * x.size(3) + c;
          product.visit(image, k * w.size(3) + channel, o);
        }
      }
    }
  }

  /// For each element of a pooled image `y` the element of `x` that it is.
  private static int[] firstLargest(
      Shape x, Shape y, int size, int stride, int padding, double[] values) {
    int[] first = new int[y.elements()];
    for (int i = 0; i < first.length; i++) {
      int channel = i % y.size(3);
      int column = i / y.size(3) % y.size(2) * stride - padding;
      int row = i / y.size(3) / y.size(2) % y.size(1) * stride - padding;
      int n = i / y.product(1, 4);
      first[i] = -1;
      for (int k = 0; k < size * size; k++) {
        int h = row + k / size;
        int w = column + k % size;
        if (h >= 0 && h < x.size(1) && w >= 0 && w < x.size(2)) {
          int at = ((n * x.size(1) + h) * x.size(2) + w) * x.size(3) + channel;
          first[i] = first[i] < 0 || values[at] > values[first[i]] ? at : first[i];
        }
      }
    }
    return first;
  }

  private static double[] permute(Tensor t, List<Integer> order, double[] a) {
    Shape in = t.inputs().getFirst().shape();
    return map(
        t.shape().elements(),
        i -> {
          int index = 0;
          int rest = i;
          for (int axis = t.shape().rank() - 1; axis >= 0; axis--) {
            int source = order.get(axis);
            index += rest % t.shape().size(axis) * in.product(source + 1, in.rank());
            rest /= t.shape().size(axis);
          }
          return a[index];
        });
  }

  private static double[] slice(Tensor t, int axis, int start, double[] a) {
    Shape in = t.inputs().getFirst().shape();
    int inner = in.product(axis + 1, in.rank());
    int length = t.shape().size(axis);
    return map(
        t.shape().elements(),
        i -> {
          int outer = i / inner / length;
          int at = i / inner % length;
          return a[(outer * in.size(axis) + at + start) * inner + i % inner];
        });
  }

  private static double[] pad(Tensor t, int axis, int before, double[] a) {
    Shape in = t.inputs().getFirst().shape();
    int inner = in.product(axis + 1, in.rank());
    int length = t.shape().size(axis);
    return map(
        t.shape().elements(),
        i -> {
          int outer = i / inner / length;
          int at = i / inner % length - before;
          boolean inside = at >= 0 && at < in.size(axis);
          return inside ? a[(outer * in.size(axis) + at) * inner + i % inner] : 0;
        });
  }

  private static double[] concat(Tensor t, int axis, List<double[]> parts) {
    int inner = t.shape().product(axis + 1, t.shape().rank());
    return map(
        t.shape().elements(),
        i -> {
          int outer = i / inner / t.shape().size(axis);
          int at = i / inner % t.shape().size(axis);
          int part = 0;
          while (at >= t.inputs().get(part).shape().size(axis)) {
            at -= t.inputs().get(part).shape().size(axis);
            part++;
          }
          int length = t.inputs().get(part).shape().size(axis);
          return parts.get(part)[(outer * length + at) * inner + i % inner];
        });
  }

  private static double[] softmax(Tensor t, double[] a, boolean logarithm) {
    int width = t.shape().size(-1);
    return map(
        t.shape().elements(),
        i -> {
          int start = i / width * width;
          double largest = Double.NEGATIVE_INFINITY;
          for (int k = 0; k < width; k++) {
            largest = Math.max(largest, a[start + k]);
          }
          double sum = 0;
          for (int k = 0; k < width; k++) {
            sum += Math.exp(a[start + k] - largest);
          }
          double log = a[i] - largest - Math.log(sum);
          return logarithm ? log : Math.exp(log);
        });
  }
}
