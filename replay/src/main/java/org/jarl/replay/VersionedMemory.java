package org.jarl.replay;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// Memory outside the heap that knows which of its blocks changed, so that of gigabytes only what
/// is new must be written to a checkpoint.
///
/// Every write has a number of its own, and the version of a block is the number of the last write
/// that touched it. Saved is what lies before the end of the furthest write.
final class VersionedMemory implements Checkpointable {
  private static final int BLOCK_BITS = 23;

  /// Bytes of a block.
  static final long BLOCK = 1L << BLOCK_BITS;

  private final MemorySegment segment;
  private final long[] versions;
  private long writes;
  private long end;

  /// Zeros.
  ///
  /// @param arena owner of the memory
  /// @throws OutOfMemoryError if it is not to be had
  VersionedMemory(Arena arena, long bytes) {
    this.segment = arena.allocate(bytes, 64);
    this.versions = new long[blocks(bytes)];
  }

  private static int blocks(long bytes) {
    return Math.toIntExact((bytes + BLOCK - 1) / BLOCK);
  }

  /// The memory itself. Whoever writes to it must say so with [#written].
  MemorySegment segment() {
    return segment;
  }

  /// Says that bytes were written.
  void written(long at, long bytes) {
    long write = ++writes;
    long after = at + bytes;
    for (int i = (int) (at >> BLOCK_BITS); i <= (int) ((after - 1) >> BLOCK_BITS); i++) {
      versions[i] = write;
    }
    if (after > end) {
      end = after;
    }
  }

  @Override
  public void save(StateWriter to) {
    to.putLong(end);
    long[] used = Arrays.copyOf(versions, blocks(end));
    for (long version : used) {
      to.putLong(version);
    }
    to.putBlocks(segment.asSlice(0, end), BLOCK, used);
  }

  @Override
  public void load(StateReader from) {
    long saved = from.getLong();
    if (saved < 0 || saved > segment.byteSize()) {
      throw new IllegalArgumentException(
          "the saved replay buffer holds %d bytes of something that takes at most %d here: it was"
              .concat(" written by another configuration")
              .formatted(saved, segment.byteSize()));
    }
    if (saved < end) {
      // What is left of before must not reach a later save: equal states are equal bytes.
      segment.asSlice(saved, end - saved).fill((byte) 0);
    }
    end = saved;
    writes = 0;
    Arrays.fill(versions, 0);
    for (int i = 0; i < blocks(end); i++) {
      versions[i] = from.getLong();
      writes = Math.max(writes, versions[i]);
    }
    from.getBlocks(segment.asSlice(0, end), BLOCK);
  }
}
