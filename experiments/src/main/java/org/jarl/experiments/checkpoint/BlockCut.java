package org.jarl.experiments.checkpoint;

import java.lang.foreign.MemorySegment;

/// How a memory is cut: into blocks of equal size, and a rest that counts as one.
///
/// @param bytes size of the memory
/// @param blockBytes size of a block
record BlockCut(long bytes, long blockBytes) {
  BlockCut {
    if (blockBytes < 1) {
      throw new IllegalArgumentException("blockBytes must be at least 1, got " + blockBytes);
    }
  }

  /// The cut of what [org.jarl.env.StateWriter#putBlocks] is given.
  ///
  /// @throws IllegalArgumentException if the memory lies on the heap or a block has no version
  static BlockCut of(MemorySegment memory, long blockBytes, long[] versions) {
    BlockCut cut = of(memory, blockBytes);
    if (versions.length < cut.count()) {
      throw new IllegalArgumentException(
          "putBlocks needs a version for each of %d blocks, got %d versions"
              .formatted(cut.count(), versions.length));
    }
    return cut;
  }

  /// The cut of a memory.
  ///
  /// @throws IllegalArgumentException if it lies on the heap
  static BlockCut of(MemorySegment memory, long blockBytes) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("blocks need memory outside the heap, got " + memory);
    }
    return new BlockCut(memory.byteSize(), blockBytes);
  }

  /// Whether all fits into one block. Such a memory is written as plain bytes.
  boolean isSingle() {
    return bytes <= blockBytes;
  }

  /// Number of blocks.
  int count() {
    return Math.toIntExact(bytes / blockBytes + (bytes % blockBytes == 0 ? 0 : 1));
  }

  /// Size of one of them.
  long bytes(int block) {
    return Math.min(blockBytes, bytes - block * blockBytes);
  }

  /// One of them.
  MemorySegment slice(MemorySegment memory, int block) {
    return memory.asSlice(block * blockBytes, bytes(block));
  }
}
