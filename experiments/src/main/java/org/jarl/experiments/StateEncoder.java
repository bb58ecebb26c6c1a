package org.jarl.experiments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jarl.env.StateWriter;

/// Turns a state into bytes, the same for a checkpoint and for a hash.
///
///     section   0x53454354 ("TCES")  i32 length  UTF-8 name
///     number    i32 or i64, little-endian; a flag is one byte
///     block     i64 length  bytes
///
/// Native blocks go to the sink where they lie; the rest is gathered in a buffer.
class StateEncoder implements StateWriter {
  static final int SECTION = 0x53454354;
  private static final int BUFFER = 1 << 16;

  /// Blocks are handed on in pieces of this size, so that a digest and a disk take turns.
  private static final int PIECE = 1 << 20;

  private final Sink sink;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN);

  /// Where the bytes go.
  interface Sink {
    /// Takes all of `bytes` between position and limit.
    void write(ByteBuffer bytes) throws IOException;
  }

  StateEncoder(Sink sink) {
    this.sink = sink;
  }

  @Override
  public void section(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    putInt(SECTION);
    putInt(utf8.length);
    for (byte b : utf8) {
      room(1).put(b);
    }
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
    long at = 0;
    while (at < bytes.byteSize()) {
      ByteBuffer room = room(1);
      int length = (int) Math.min(room.remaining(), bytes.byteSize() - at);
      MemorySegment.copy(bytes, at, MemorySegment.ofBuffer(room), 0, length);
      room.position(room.position() + length);
      at += length;
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
    try {
      sink.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
