package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jarl.env.StateWriter;

/// Turns a state into bytes, the same for a checkpoint and for a hash.
///
///     section   0x53454354 ("TCES")  i32 length  UTF-8 name
///     number    i32 or i64, little-endian; a flag is one byte
///     bytes     i64 length  bytes
///     blocks    i64 length  i64 bytes of a block  per block: i64 version  SHA-256 (32 bytes)
///
/// Memory in blocks is represented by the hashes of its blocks; where their bytes go is up to
/// [Blocks]. What fits into one block is written as plain bytes: that depends on sizes alone, so
/// equal states are equal bytes. Native memory goes to the sink where it lies; the rest is gathered
/// in a buffer.
class StateEncoder implements StateWriter {
  static final int SECTION = 0x53454354;
  private static final int BUFFER = 1 << 16;

  /// Blocks are handed on in pieces of this size, so that a digest and a disk take turns.
  private static final int PIECE = 1 << 20;

  private final Sink sink;
  private final Blocks blocks;
  private final List<Long> blockLists = new ArrayList<>();
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

  /// Bytes handed on.
  private long passed;

  /// Where the bytes go.
  interface Sink {
    /// Takes all of `bytes` between position and limit.
    void write(ByteBuffer bytes) throws IOException;
  }

  /// What stands for the bytes of a block.
  interface Blocks {
    /// The SHA-256 of a block in hexadecimal digits.
    ///
    /// @param version while it stays, so do the bytes of this very memory
    String hash(MemorySegment block, long version) throws IOException;
  }

  StateEncoder(Sink sink, Blocks blocks) {
    this.sink = sink;
    this.blocks = blocks;
  }

  /// Where the lists of blocks begin in the bytes of the state.
  final List<Long> blockLists() {
    return blockLists;
  }

  /// Bytes of the state so far.
  final long length() {
    return passed + buffer.position();
  }

  @Override
  public void section(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    putInt(SECTION);
    putInt(utf8.length);
    gather(MemorySegment.ofArray(utf8));
  }

  @Override
  public void putBoolean(boolean value) {
    room(1).put((byte) (value ? 1 : 0));
  }

  @Override
  public void putInt(int value) {
    room(Integer.BYTES).putInt(value);
  }

  @Override
  public void putLong(long value) {
    room(Long.BYTES).putLong(value);
  }

  @Override
  public void putBytes(MemorySegment bytes) {
    putLong(bytes.byteSize());
    if (bytes.isNative() && bytes.byteSize() > BUFFER) {
      flush();
      for (long at = 0; at < bytes.byteSize(); at += PIECE) {
        pass(bytes.asSlice(at, Math.min(PIECE, bytes.byteSize() - at)).asByteBuffer());
      }
      return;
    }
    gather(bytes);
  }

  private void gather(MemorySegment bytes) {
    long at = 0;
    while (at < bytes.byteSize()) {
      ByteBuffer room = room(1);
      int length = (int) Math.min(room.remaining(), bytes.byteSize() - at);
      MemorySegment.copy(bytes, at, MemorySegment.ofBuffer(room), 0, length);
      room.position(room.position() + length);
      at += length;
    }
  }

  @Override
  public void putBlocks(MemorySegment memory, long blockBytes, long[] versions) {
    BlockCut cut = BlockCut.of(memory, blockBytes, versions);
    if (cut.isSingle()) {
      putBytes(memory);
      return;
    }
    blockLists.add(length());
    putLong(cut.bytes());
    putLong(blockBytes);
    for (int i = 0; i < cut.count(); i++) {
      putLong(versions[i]);
      gather(
          MemorySegment.ofArray(HexFormat.of().parseHex(hash(cut.slice(memory, i), versions[i]))));
    }
  }

  private String hash(MemorySegment block, long version) {
    try {
      return blocks.hash(block, version);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Hands on what is gathered.
  final void flush() {
    buffer.flip();
    pass(buffer);
    buffer.clear();
  }

  private ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      flush();
    }
    return buffer;
  }

  private void pass(ByteBuffer bytes) {
    passed += bytes.remaining();
    try {
      sink.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
