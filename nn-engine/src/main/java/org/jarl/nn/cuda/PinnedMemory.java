package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;

/// Memory of the host that the device copies from and to by itself.
final class PinnedMemory {
  private final Pointer pointer;
  private final MemorySegment segment;

  /// Shows the address, which JCuda keeps to itself.
  static final class Handle extends Pointer {
    Handle() {}

    Handle(long address) {
      super(address);
    }

    long address() {
      return getNativePointer();
    }
  }

  PinnedMemory(Handle handle, long bytes) {
    this.pointer = handle;
    this.segment = MemorySegment.ofAddress(handle.address()).reinterpret(bytes);
  }

  Pointer pointer() {
    return pointer;
  }

  /// A pointer into it.
  Pointer at(long offset) {
    return pointer.withByteOffset(offset);
  }

  MemorySegment segment() {
    return segment;
  }
}
