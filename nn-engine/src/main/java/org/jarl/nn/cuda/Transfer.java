package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;

/// Copies any memory of the host to the device and back, in pieces through pinned memory; when it
/// returns, the copy is over. Comes after what the stream was given before.
final class Transfer {
  private static final long PIECE = 4 << 20;

  private final Driver driver;
  private final CUstream stream;
  private final PinnedMemory pinned;

  Transfer(Driver driver, CUstream stream) {
    this.driver = driver;
    this.stream = stream;
    this.pinned = driver.pin(PIECE);
  }

  void toDevice(MemorySegment from, CUdeviceptr to) {
    driver.enter();
    for (long at = 0; at < from.byteSize(); at += PIECE) {
      long bytes = Math.min(PIECE, from.byteSize() - at);
      MemorySegment.copy(from, at, pinned.segment(), 0, bytes);
      driver.toDevice(to.withByteOffset(at), pinned.pointer(), bytes, stream);
      driver.await(stream);
    }
  }

  void toHost(CUdeviceptr from, MemorySegment to) {
    driver.enter();
    for (long at = 0; at < to.byteSize(); at += PIECE) {
      long bytes = Math.min(PIECE, to.byteSize() - at);
      driver.toHost(pinned.pointer(), from.withByteOffset(at), bytes, stream);
      driver.await(stream);
      MemorySegment.copy(pinned.segment(), 0, to, at, bytes);
    }
  }

  CUstream stream() {
    return stream;
  }

  void free() {
    driver.free(pinned);
  }
}
