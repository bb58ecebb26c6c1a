package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.Variables;
import org.jspecify.annotations.Nullable;

/// A flat arena of variables on the device, and one of the same layout for their gradients where a
/// program has an optimizer for them.
final class CudaStorage implements Variables.Storage {
  private final CudaEngine engine;
  private final String name;
  private final DeviceMemory values;
  private @Nullable DeviceMemory gradients;

  CudaStorage(CudaEngine engine, String name, long bytes) {
    this.engine = engine;
    this.name = name;
    this.values = engine.zeros("variables " + name, bytes);
  }

  static CudaStorage of(Variables variables) {
    return (CudaStorage) variables.storage();
  }

  long address() {
    return values.address();
  }

  long bytes() {
    return values.bytes();
  }

  /// Made when first asked for; its gaps stay zero.
  long gradients() {
    if (gradients == null) {
      gradients = engine.zeros("gradients of " + name, values.bytes());
    }
    return gradients.address();
  }

  @Override
  public void read(MemorySegment out) {
    engine.transfer().toHost(values.handle(), out.asSlice(0, values.bytes()));
  }

  @Override
  public void write(MemorySegment in) {
    engine.transfer().toDevice(in.asSlice(0, values.bytes()), values.handle());
  }

  @Override
  public void copyFrom(Variables.Storage source) {
    engine.copy(((CudaStorage) source).values, values);
  }
}
