package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Operations that move elements, by the kernels of `data.cuh`: in units of 16, 4 or 1 bytes, the
/// largest that everything is a multiple of.
final class DataMoves {
  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = 8192;

  /// Parts of a row that one launch writes.
  private static final int PARTS = 4;

  /// Below this a square of a transpose would be mostly empty.
  private static final int WIDE = 16;

  private DataMoves() {}

  private static Launch over(String kernel, long elements) {
    long blocks = (elements - 1) / THREADS + 1;
    return new Launch(kernel, THREADS).grid((int) Math.min(MOST_BLOCKS, blocks));
  }

  private static int unit(long... bytes) {
    long all = 0;
    for (long number : bytes) {
      all |= number;
    }
    return all % 16 == 0 ? 16 : all % 4 == 0 ? 4 : 1;
  }

  // ---- rows cut and joined

  /// A range of each row of the result: `from + row * stride`, or zeros where `from` is 0; bytes.
  private record Part(long from, long stride, long length) {}

  /// Bytes of one index of an axis.
  private static long inner(Tensor tensor, int axis) {
    Shape shape = tensor.shape();
    return (long) shape.product(axis + 1, shape.rank()) * tensor.dtype().bytes();
  }

  /// Of [Op.Slice].
  static List<Launch> slice(Tensor tensor, Op.Slice op, Placement placement) {
    Tensor input = tensor.inputs().getFirst();
    long inner = inner(input, op.axis());
    long from = placement.place(input) + op.start() * inner;
    Part part =
        new Part(
            from, input.shape().size(op.axis()) * inner, tensor.shape().size(op.axis()) * inner);
    return join(tensor, op.axis(), List.of(part), placement);
  }

  /// Of [Op.Pad].
  static List<Launch> pad(Tensor tensor, Op.Pad op, Placement placement) {
    Tensor input = tensor.inputs().getFirst();
    long inner = inner(input, op.axis());
    int size = input.shape().size(op.axis());
    int after = tensor.shape().size(op.axis()) - op.before() - size;
    List<Part> parts = new ArrayList<>();
    if (op.before() > 0) {
      parts.add(new Part(0, 0, op.before() * inner));
    }
    parts.add(new Part(placement.place(input), size * inner, size * inner));
    if (after > 0) {
      parts.add(new Part(0, 0, after * inner));
    }
    return join(tensor, op.axis(), parts, placement);
  }

  /// Of [Op.Concat].
  static List<Launch> concat(Tensor tensor, Op.Concat op, Placement placement) {
    List<Part> parts = new ArrayList<>();
    for (Tensor input : tensor.inputs()) {
      long length = input.shape().size(op.axis()) * inner(input, op.axis());
      parts.add(new Part(placement.place(input), length, length));
    }
    return join(tensor, op.axis(), parts, placement);
  }

  private static List<Launch> join(Tensor tensor, int axis, List<Part> parts, Placement placement) {
    long width = tensor.shape().size(axis) * inner(tensor, axis);
    int rows = tensor.shape().product(0, axis);
    List<Launch> launches = new ArrayList<>();
    long to = placement.place(tensor);
    for (int first = 0; first < parts.size(); first += PARTS) {
      List<Part> some = parts.subList(first, Math.min(parts.size(), first + PARTS));
      launches.add(join(to, rows, width, some));
      to += some.stream().mapToLong(Part::length).sum();
    }
    return launches;
  }

  private static Launch join(long to, int rows, long width, List<Part> parts) {
    long all = to | width;
    long length = 0;
    for (Part part : parts) {
      all |= part.from | part.stride | part.length;
      length += part.length;
    }
    int unit = unit(all);
    long total = rows * (length / unit);
    Launch launch =
        over("join_" + unit, total)
            .pointer(to)
            .integer((int) total)
            .integer((int) (length / unit))
            .integer((int) (width / unit));
    long first = 0;
    for (int i = 0; i < PARTS; i++) {
      boolean there = i < parts.size();
      launch.pointer(there ? parts.get(i).from : 0);
      launch.integer(there ? (int) (parts.get(i).stride / unit) : 0);
      if (i > 0) {
        launch.integer(there ? (int) (first / unit) : -1);
      }
      first += there ? parts.get(i).length : 0;
    }
    return launch;
  }

  // ---- other orders

  /// Of [Op.Broadcast].
  static List<Launch> broadcast(Tensor tensor, Placement placement) {
    Shape source = tensor.inputs().getFirst().shape();
    return List.of(strided(tensor, Axes.broadcast(source, tensor.shape()), placement));
  }

  /// Of [Op.Permute].
  static List<Launch> permute(Tensor tensor, Op.Permute op, Placement placement) {
    Tensor input = tensor.inputs().getFirst();
    Axes axes = Axes.permuted(input.shape(), op.order(), tensor.shape());
    boolean square =
        axes.rank() > 1
            && axes.rank() < 4
            && axes.axes().get(1).stride() == 1
            && axes.inner().stride() == axes.axes().get(1).size()
            && (axes.rank() == 2
                || axes.axes().get(2).stride() == axes.inner().size() * axes.inner().stride());
    return List.of(square ? transpose(tensor, axes, placement) : strided(tensor, axes, placement));
  }

  /// `[batch, rows, columns]` to `[batch, columns, rows]`.
  private static Launch transpose(Tensor tensor, Axes axes, Placement placement) {
    int rows = axes.inner().size();
    int columns = axes.axes().get(1).size();
    int batch = axes.rank() == 2 ? 1 : axes.axes().get(2).size();
    int bytes = tensor.dtype().bytes();
    Tensor input = tensor.inputs().getFirst();
    if (tensor.dtype() == DType.U8 && rows == 4 && columns % 4 == 0) {
      int fours = columns / 4;
      return over("interleave_4", (long) batch * fours)
          .pointer(placement.place(tensor))
          .pointer(placement.place(input))
          .integer(batch * fours)
          .integer(fours);
    }
    if (rows < WIDE || columns < WIDE) {
      return strided(tensor, axes, placement);
    }
    long squares = (long) batch * ((rows - 1) / 32 + 1) * ((columns - 1) / 32 + 1);
    return new Launch("transpose_" + bytes, THREADS)
        .grid(Math.toIntExact(squares))
        .pointer(placement.place(tensor))
        .pointer(placement.place(input))
        .integer(rows)
        .integer(columns);
  }

  private static Launch strided(Tensor tensor, Axes axes, Placement placement) {
    int bytes = tensor.dtype().bytes();
    long from = placement.place(tensor.inputs().getFirst());
    int unit = bytes;
    Axes units = axes;
    if (axes.inner().stride() == 1) {
      long all = from | placement.place(tensor) | (long) axes.inner().size() * bytes;
      for (Axes.Axis axis : axes.axes().subList(1, axes.rank())) {
        all |= (long) axis.stride() * bytes;
      }
      unit = unit(all);
      units = axes.inUnits(unit / bytes);
    }
    int total = (int) ((long) tensor.shape().elements() * bytes / unit);
    return over("strided_" + unit, total)
        .pointer(placement.place(tensor))
        .pointer(from)
        .integer(total)
        .pointer(placement.table(units.words()))
        .integer(units.rank());
  }

  // ---- by index

  /// Of [Op.Gather].
  static List<Launch> gather(Tensor tensor, Placement placement) {
    int choices = tensor.inputs().getFirst().shape().size(1);
    if (tensor.shape().rank() > 1) {
      return rowsOf("gather_rows", tensor, inner(tensor, 0), choices, placement);
    }
    int rows = tensor.shape().elements();
    return List.of(indexed(over("gather", rows), tensor, placement).integer(rows).integer(choices));
  }

  /// Of [Op.Scatter].
  static List<Launch> scatter(Tensor tensor, Placement placement) {
    int choices = tensor.shape().size(1);
    if (tensor.shape().rank() > 2) {
      return rowsOf("scatter_rows", tensor, inner(tensor, 1), choices, placement);
    }
    int total = tensor.shape().elements();
    return List.of(
        indexed(over("scatter", total), tensor, placement).integer(total).integer(choices));
  }

  /// Rows of matrices, by index.
  ///
  /// @param row bytes
  private static List<Launch> rowsOf(
      String kernel, Tensor tensor, long row, int choices, Placement placement) {
    int unit = unit(row | placement.place(tensor) | placement.place(tensor.inputs().getFirst()));
    long total = (long) tensor.shape().elements() * tensor.dtype().bytes() / unit;
    return List.of(
        indexed(over(kernel + "_" + unit, total), tensor, placement)
            .integer((int) total)
            .integer(choices)
            .integer((int) (row / unit)));
  }

  /// Of [Op.IndexSelect].
  static List<Launch> indexSelect(Tensor tensor, Placement placement) {
    long row = inner(tensor, 0);
    int unit = unit(row | placement.place(tensor) | placement.place(tensor.inputs().getFirst()));
    long total = tensor.shape().size(0) * (row / unit);
    return List.of(
        indexed(over("index_select_" + unit, total), tensor, placement)
            .integer((int) total)
            .integer((int) (row / unit)));
  }

  /// Of [Op.IndexAdd].
  static List<Launch> indexAdd(Tensor tensor, Placement placement) {
    int total = tensor.shape().elements();
    return List.of(
        indexed(Launch.over("index_add", total, THREADS), tensor, placement)
            .integer(tensor.inputs().get(1).shape().elements())
            .integer(total)
            .integer(total / tensor.shape().size(0)));
  }

  private static Launch indexed(Launch launch, Tensor tensor, Placement placement) {
    return launch
        .pointer(placement.place(tensor))
        .pointer(placement.place(tensor.inputs().get(0)))
        .pointer(placement.place(tensor.inputs().get(1)));
  }
}
