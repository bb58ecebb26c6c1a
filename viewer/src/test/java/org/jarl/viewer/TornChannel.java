package org.jarl.viewer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;

/// A file in memory on a disk that fills up, or of a process that dies.
final class TornChannel implements SeekableByteChannel {
  /// What a process that dies has written as a whole or not at all.
  private static final int ATOMIC_BYTES = 12;

  private final long budget;
  private final boolean dies;
  private byte[] content = {};
  private int size;
  private int position;
  private long written;
  private boolean dead;

  private TornChannel(long budget, boolean dies) {
    this.budget = budget;
    this.dies = dies;
  }

  /// No file may be longer than this.
  static TornChannel fullAt(long bytes) {
    return new TornChannel(bytes, false);
  }

  /// Nothing happens any more after this many bytes have been written, in the middle of a write or
  /// not.
  static TornChannel deadAfter(long bytes) {
    return new TornChannel(bytes, true);
  }

  byte[] content() {
    return Arrays.copyOf(content, size);
  }

  /// Bytes written in all, those overwritten too.
  long written() {
    return written;
  }

  @Override
  public int write(ByteBuffer from) throws IOException {
    int wanted = from.remaining();
    long room = dies ? (dead ? 0 : budget - written) : Math.max(0, budget - position);
    int count = (int) Math.min(wanted, room);
    if (dies && count < wanted) {
      dead = true;
      count = wanted <= ATOMIC_BYTES ? 0 : count;
    }
    if (content.length < position + count) {
      content = Arrays.copyOf(content, 2 * (position + count));
    }
    from.get(content, position, count);
    position += count;
    size = Math.max(size, position);
    written += count;
    if (count < wanted && (dies || count == 0)) {
      throw new IOException("No space left on device");
    }
    return count;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = (int) newPosition;
    return this;
  }

  @Override
  public SeekableByteChannel truncate(long newSize) throws IOException {
    if (dead) {
      throw new IOException("dead");
    }
    size = (int) Math.min(size, newSize);
    return this;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public int read(ByteBuffer to) {
    throw new UnsupportedOperationException();
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
