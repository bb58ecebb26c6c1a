package org.jarl.nn.nd4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Shape;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Row-major ND4J arrays in host memory, and that memory seen from Java. An instance owns the
/// arrays that an engine keeps until it is closed.
final class HostArrays implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final List<INDArray> owned = new ArrayList<>();

  static DataType dataType(DType dtype) {
    return switch (dtype) {
      case F32 -> DataType.FLOAT;
      case U8 -> DataType.UINT8;
      case I32 -> DataType.INT32;
    };
  }

  static long[] sizes(Shape shape) {
    long[] sizes = new long[shape.rank()];
    for (int axis = 0; axis < sizes.length; axis++) {
      sizes[axis] = shape.size(axis);
    }
    return sizes;
  }

  /// A new array of zeros, in the open workspace where there is one.
  static INDArray zeros(DType dtype, Shape shape) {
    return Nd4j.create(dataType(dtype), sizes(shape), 'c');
  }

  /// A new array of zeros that outlives the open workspace.
  static INDArray lasting(DType dtype, Shape shape) {
    try (MemoryWorkspace _ = Nd4j.getWorkspaceManager().scopeOutOfWorkspaces()) {
      return zeros(dtype, shape);
    }
  }

  /// A new array of zeros that lives as long as this.
  INDArray own(DType dtype, Shape shape) {
    INDArray array = lasting(dtype, shape);
    owned.add(array);
    return array;
  }

  /// The memory of an array of [#own].
  MemorySegment memory(INDArray array) {
    return memory(array, arena);
  }

  /// The memory of an array that is no view.
  ///
  /// @param arena forbids the use of the segment once it is closed; close it before the array
  static MemorySegment memory(INDArray array, Arena arena) {
    long bytes = array.length() * array.dataType().width();
    return MemorySegment.ofAddress(array.data().pointer().address())
        .reinterpret(bytes, arena, null);
  }

  @Override
  public void close() {
    arena.close();
    owned.forEach(INDArray::close);
    owned.clear();
  }
}
