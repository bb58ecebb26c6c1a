package org.jarl.nn.nd4j;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.DType;
import org.jarl.nn.Parameter;
import org.jarl.nn.Shape;
import org.jarl.nn.Variables;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/// A flat arena of variables: one ND4J vector.
final class Nd4jStorage implements Variables.Storage {
  private final INDArray values;
  private final MemorySegment memory;

  Nd4jStorage(HostArrays arrays, long bytes) {
    // ND4J has no vector of length 0 that could be used like any other.
    values = arrays.own(DType.F32, Shape.of((int) Math.max(1, bytes / 4)));
    memory = arrays.memory(values).asSlice(0, bytes);
  }

  /// Of a set that belongs to an engine of this back end.
  ///
  /// @throws IllegalArgumentException if it belongs to another device
  static Nd4jStorage of(Variables variables) {
    if (variables.storage() instanceof Nd4jStorage storage) {
      return storage;
    }
    throw new IllegalArgumentException(
        variables + " live on another device: make them with Engine.variables of an nd4j engine");
  }

  /// `[elements]`, gaps included.
  INDArray values() {
    return values;
  }

  /// The elements of one parameter in its shape; shows and makes every change.
  INDArray view(Parameter parameter) {
    long from = parameter.offset();
    INDArray range = values.get(NDArrayIndex.interval(from, from + parameter.shape().elements()));
    return range.reshape('c', true, HostArrays.sizes(parameter.shape()));
  }

  @Override
  public void read(MemorySegment out) {
    MemorySegment.copy(memory, 0, out, 0, memory.byteSize());
  }

  @Override
  public void write(MemorySegment in) {
    MemorySegment.copy(in, 0, memory, 0, memory.byteSize());
  }

  @Override
  public void copyFrom(Variables.Storage source) {
    write(((Nd4jStorage) source).memory);
  }
}
