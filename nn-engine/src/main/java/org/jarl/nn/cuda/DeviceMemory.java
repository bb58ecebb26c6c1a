package org.jarl.nn.cuda;

import jcuda.driver.CUdeviceptr;

/// An allocation on the device.
final class DeviceMemory {
  private final Handle handle;
  private final long bytes;

  /// Shows the address, which JCuda keeps to itself.
  static final class Handle extends CUdeviceptr {
    long address() {
      return getNativePointer();
    }
  }

  DeviceMemory(Handle handle, long bytes) {
    this.handle = handle;
    this.bytes = bytes;
  }

  CUdeviceptr handle() {
    return handle;
  }

  /// A pointer into it.
  CUdeviceptr at(long offset) {
    return handle.withByteOffset(offset);
  }

  long address() {
    return handle.address();
  }

  long bytes() {
    return bytes;
  }
}
