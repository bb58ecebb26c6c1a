package org.jarl.viewer;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import org.jarl.env.picture.Bytes;

/// A file of blocks that ends in an end mark at any moment, whenever the process dies or the disk
/// fills up.
///
///     | block | block | end mark |
///     | block | block | end mark | rest of the new block, end mark |     readers stop at the mark
///     | block | block | new block, its first bytes over the mark | end mark |
///
/// The one write that shows the new block is as long as the end mark, 1 byte for GIF and 12 for PNG,
/// and overwrites what is on the disk already. What a power failure does is up to the file system:
/// nothing is forced to the disk. Not thread-safe.
final class GrowingFile implements Closeable {
  private final SeekableByteChannel channel;
  private final byte[] endMark;

  /// Where the end mark begins; 0 before the first block.
  private long end;

  /// @param endMark no block may be shorter than this
  GrowingFile(SeekableByteChannel channel, byte[] endMark) {
    this.channel = channel;
    this.endMark = endMark;
  }

  /// Adds a block; the end mark is added here.
  ///
  /// @throws IOException if it could not be written: the file then is as it was before
  void append(Bytes block) throws IOException {
    int size = block.size();
    block.put(endMark);
    // The first block has no mark before it that could be kept.
    int mark = end == 0 ? 0 : endMark.length;
    try {
      write(end + mark, block.array(), mark, block.size() - mark);
      write(end, block.array(), 0, mark);
    } catch (IOException e) {
      restore(e);
      throw e;
    }
    end += size;
  }

  /// Overwrites bytes of blocks before. At most 12 bytes are sure to be there as a whole or not at
  /// all when the process dies.
  void patch(long position, byte[] bytes, int from, int count) throws IOException {
    write(position, bytes, from, count);
  }

  /// Bytes of all blocks, the end mark not counted.
  long size() {
    return end;
  }

  private void write(long position, byte[] bytes, int from, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, from, count);
    channel.position(position);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  /// Cuts off what was written of a block. Readers stop at the end mark, so that a file which
  /// cannot be cut is merely longer than it needs to be.
  private void restore(IOException cause) {
    try {
      if (end > 0) {
        write(end, endMark, 0, endMark.length);
      }
      channel.truncate(end == 0 ? 0 : end + endMark.length);
    } catch (IOException e) {
      cause.addSuppressed(e);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
