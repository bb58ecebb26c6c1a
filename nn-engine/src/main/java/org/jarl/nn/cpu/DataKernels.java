package org.jarl.nn.cpu;

import static org.jarl.nn.cpu.Floats.F32;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;

/// Kernels that move elements and compute nothing.
final class DataKernels {
  /// Four bytes, the lowest first.
  private static final ValueLayout.OfInt PIXEL =
      ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

  private DataKernels() {}

  /// Bytes from one place to another.
  static Kernel copy(String label, MemorySegment from, MemorySegment to) {
    return new Kernel(label, 1, 30 + from.byteSize() * 0.05) {
      @Override
      void run(int slice, Scratch scratch) {
        MemorySegment.copy(from, 0, to, 0, to.byteSize());
      }
    };
  }

  /// One number everywhere; run once, when the program is built.
  static void fill(MemorySegment to, float value) {
    for (long i = 0; i < to.byteSize() / 4; i++) {
      Floats.set(to, i, value);
    }
  }

  /// One number for each element; run once, when the program is built.
  static void fill(MemorySegment to, List<Float> values) {
    for (int i = 0; i < values.size(); i++) {
      Floats.set(to, i, values.get(i));
    }
  }

  /// Repeats along axes of size 1.
  static Kernel broadcast(Tensor tensor, MemorySegment from, MemorySegment to) {
    Shape out = tensor.shape();
    Shape in = tensor.inputs().getFirst().shape();
    int[] aligned = new int[out.rank()];
    for (int axis = 0; axis < aligned.length; axis++) {
      int own = axis - aligned.length + in.rank();
      aligned[axis] = own < 0 ? 1 : in.size(own);
    }
    return byTable(tensor, from, to, FusedKernel.table(aligned, out));
  }

  /// Axes in another order.
  static Kernel permute(Tensor tensor, List<Integer> order, MemorySegment from, MemorySegment to) {
    Shape out = tensor.shape();
    Shape in = tensor.inputs().getFirst().shape();
    if (tensor.dtype() == DType.U8 && in.rank() > 1 && in.size(1) == 4 && oneToLast(order)) {
      return interleave(tensor, in.size(0), in.product(2, in.rank()), from, to);
    }
    int[] table = new int[out.elements()];
    for (int i = 0; i < table.length; i++) {
      int rest = i;
      for (int axis = out.rank() - 1; axis >= 0; axis--) {
        int source = order.get(axis);
        table[i] += rest % out.size(axis) * in.product(source + 1, in.rank());
        rest /= out.size(axis);
      }
    }
    return byTable(tensor, from, to, table);
  }

  /// Whether axis 1 goes to the end and the others stay as they are.
  private static boolean oneToLast(List<Integer> order) {
    int last = order.size() - 1;
    boolean holds = order.getFirst() == 0 && order.getLast() == 1;
    for (int axis = 1; axis < last; axis++) {
      holds &= order.get(axis) == axis + 1;
    }
    return holds;
  }

  /// Four planes of bytes to pixels of four bytes, `[N, 4, P]` to `[N, P, 4]`: a stack of frames on
  /// its way into a convolution. Takes a tenth of the time of [#byTable].
  private static Kernel interleave(
      Tensor tensor, int images, int pixels, MemorySegment from, MemorySegment to) {
    int all = images * pixels;
    double nanos = 0.3 * all;
    int slices = Kernel.slicesFor(nanos, all);
    return new Kernel(tensor + " by pixels", slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        byte[][] planes = scratch.bytes();
        int end = from(slice + 1, slices(), all);
        int length;
        for (int at = from(slice, slices(), all); at < end; at += length) {
          int image = at / pixels;
          length = Math.min(Scratch.BLOCK, Math.min(end, (image + 1) * pixels) - at);
          // A pixel's first plane lies behind three more planes of each image before.
          long plane = 3L * image * pixels + at;
          for (int i = 0; i < 4; i++) {
            MemorySegment.copy(
                from, ValueLayout.JAVA_BYTE, plane + (long) i * pixels, planes[i], 0, length);
          }
          Bytes.interleave(planes, scratch.ints(), length);
          MemorySegment.copy(scratch.ints(), 0, to, PIXEL, 4L * at, length);
        }
      }
    };
  }

  private static Kernel byTable(Tensor tensor, MemorySegment from, MemorySegment to, int[] table) {
    int bytes = tensor.dtype().bytes();
    double nanos = 1.0 * table.length;
    int slices = Kernel.slicesFor(nanos, table.length);
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), table.length);
        for (int i = from(slice, slices(), table.length); i < end; i++) {
          if (bytes == 4) {
            to.set(ValueLayout.JAVA_INT, 4L * i, from.get(ValueLayout.JAVA_INT, 4L * table[i]));
          } else {
            to.set(ValueLayout.JAVA_BYTE, i, from.get(ValueLayout.JAVA_BYTE, table[i]));
          }
        }
      }
    };
  }

  /// One block of each outer row: `to[row, toStart ..] = from[row, fromStart ..]`, sizes in bytes.
  private record Rows(
      MemorySegment from,
      long fromStride,
      long fromStart,
      MemorySegment to,
      long toStride,
      long toStart,
      long length,
      int rows) {
    void copy() {
      for (int row = 0; row < rows; row++) {
        MemorySegment.copy(
            from, row * fromStride + fromStart, to, row * toStride + toStart, length);
      }
    }
  }

  private static Kernel rows(Tensor tensor, boolean clear, MemorySegment to, List<Rows> parts) {
    double nanos = 30;
    for (Rows part : parts) {
      nanos += part.rows * (15 + 0.05 * part.length);
    }
    Rows[] array = parts.toArray(Rows[]::new);
    return new Kernel(tensor.toString(), 1, nanos) {
      @Override
      void run(int slice, Scratch scratch) {
        if (clear) {
          to.fill((byte) 0);
        }
        for (Rows part : array) {
          part.copy();
        }
      }
    };
  }

  private static long inner(Tensor tensor, int axis) {
    Shape shape = tensor.shape();
    return (long) shape.product(axis + 1, shape.rank()) * tensor.dtype().bytes();
  }

  /// A range of one axis.
  static Kernel slice(Tensor tensor, int axis, int start, MemorySegment from, MemorySegment to) {
    Tensor input = tensor.inputs().getFirst();
    long inner = inner(input, axis);
    long length = tensor.shape().size(axis) * inner;
    int rows = tensor.shape().product(0, axis);
    long stride = input.shape().size(axis) * inner;
    return rows(
        tensor,
        false,
        to,
        List.of(new Rows(from, stride, start * inner, to, length, 0, length, rows)));
  }

  /// Zeros around a range of one axis.
  static Kernel pad(Tensor tensor, int axis, int before, MemorySegment from, MemorySegment to) {
    Tensor input = tensor.inputs().getFirst();
    long inner = inner(input, axis);
    long length = input.shape().size(axis) * inner;
    int rows = tensor.shape().product(0, axis);
    long stride = tensor.shape().size(axis) * inner;
    return rows(
        tensor,
        true,
        to,
        List.of(new Rows(from, length, 0, to, stride, before * inner, length, rows)));
  }

  /// Inputs one after another along an axis.
  static Kernel concat(Tensor tensor, int axis, List<MemorySegment> from, MemorySegment to) {
    long stride = tensor.shape().size(axis) * inner(tensor, axis);
    int rows = tensor.shape().product(0, axis);
    List<Rows> parts = new ArrayList<>();
    long start = 0;
    for (int i = 0; i < from.size(); i++) {
      long length = tensor.inputs().get(i).shape().size(axis) * inner(tensor, axis);
      parts.add(new Rows(from.get(i), length, 0, to, stride, start, length, rows));
      start += length;
    }
    return rows(tensor, false, to, parts);
  }

  /// One element of each row.
  static Kernel gather(Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.shape().elements();
    int width = tensor.inputs().getFirst().shape().size(1);
    return new Kernel(tensor.toString(), 1, 20 + rows) {
      @Override
      void run(int slice, Scratch scratch) {
        for (int i = 0; i < rows; i++) {
          Floats.set(to, i, Floats.get(from, (long) i * width + Floats.getInt(indices, i)));
        }
      }
    };
  }

  /// One row of each matrix: `[N, A, ...]` to `[N, ...]`.
  static Kernel gatherRows(
      Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.shape().size(0);
    int width = tensor.inputs().getFirst().shape().size(1);
    long bytes = inner(tensor, 0);
    double nanos = 20 + rows * (15 + 0.05 * bytes);
    int slices = Kernel.slicesFor(nanos, rows);
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), rows);
        for (int i = from(slice, slices(), rows); i < end; i++) {
          long row = (long) i * width + Floats.getInt(indices, i);
          MemorySegment.copy(from, row * bytes, to, i * bytes, bytes);
        }
      }
    };
  }

  /// Zeros but for one row of each matrix: `[N, ...]` to `[N, A, ...]`.
  static Kernel scatterRows(
      Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.shape().size(0);
    int width = tensor.shape().size(1);
    long bytes = inner(tensor, 1);
    return new Kernel(tensor.toString(), 1, 20 + rows * (15 + 0.05 * bytes * (width + 1))) {
      @Override
      void run(int slice, Scratch scratch) {
        to.fill((byte) 0);
        for (int i = 0; i < rows; i++) {
          long row = (long) i * width + Floats.getInt(indices, i);
          MemorySegment.copy(from, i * bytes, to, row * bytes, bytes);
        }
      }
    };
  }

  /// Zeros but for one element of each row.
  static Kernel scatter(
      Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.shape().size(0);
    int width = tensor.shape().size(1);
    return new Kernel(tensor.toString(), 1, 20 + rows * (1 + 0.1 * width)) {
      @Override
      void run(int slice, Scratch scratch) {
        to.fill((byte) 0);
        for (int i = 0; i < rows; i++) {
          Floats.set(to, (long) i * width + Floats.getInt(indices, i), Floats.get(from, i));
        }
      }
    };
  }

  /// Whole rows by index.
  static Kernel indexSelect(
      Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.shape().size(0);
    long bytes = inner(tensor, 0);
    double nanos = 20 + rows * (15 + 0.05 * bytes);
    int slices = Kernel.slicesFor(nanos, rows);
    return new Kernel(tensor.toString(), slices, nanos / slices) {
      @Override
      void run(int slice, Scratch scratch) {
        int end = from(slice + 1, slices(), rows);
        for (int i = from(slice, slices(), rows); i < end; i++) {
          long row = Floats.getInt(indices, i) * bytes;
          if (bytes == 4) {
            to.set(ValueLayout.JAVA_INT, 4L * i, from.get(ValueLayout.JAVA_INT, row));
          } else {
            MemorySegment.copy(from, row, to, i * bytes, bytes);
          }
        }
      }
    };
  }

  /// Adds rows at indices, in the order of the rows.
  static Kernel indexAdd(
      Tensor tensor, MemorySegment from, MemorySegment indices, MemorySegment to) {
    int rows = tensor.inputs().getFirst().shape().size(0);
    int width = tensor.shape().elements() / tensor.shape().size(0);
    return new Kernel(tensor.toString(), 1, 20 + 1.0 * rows * width) {
      @Override
      void run(int slice, Scratch scratch) {
        to.fill((byte) 0);
        for (int i = 0; i < rows; i++) {
          long target = (long) Floats.getInt(indices, i) * width;
          for (int j = 0; j < width; j++) {
            float sum = to.get(F32, 4 * (target + j)) + from.get(F32, 4 * ((long) i * width + j));
            to.set(F32, 4 * (target + j), sum);
          }
        }
      }
    };
  }
}
