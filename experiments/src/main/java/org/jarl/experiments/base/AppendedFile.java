package org.jarl.experiments.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.LongConsumer;

/// A file that only grows, and that can be cut back to what it was at a checkpoint. One thread uses
/// it.
public final class AppendedFile implements AutoCloseable {
  private static final int BUFFER = 1 << 14;

  private final Path path;
  private final FileChannel channel;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
  private long flushed;

  /// Finds the end of what is whole in a file that has lost its end.
  public interface Whole {
    /// Bytes from the beginning that are whole.
    ///
    /// @param file open for reading
    long end(FileChannel file) throws IOException;
  }

  /// Opens or creates a file and cuts what lies beyond `keep` bytes. A file that is shorter has
  /// lost something: it is cut to what is whole of it, so that what is added can be read.
  ///
  /// @param lost hears how many bytes are missing
  /// @throws UnavailableException if the disk refuses
  public AppendedFile(Path path, long keep, Whole whole, LongConsumer lost) {
    this.path = path;
    try {
      channel =
          FileChannel.open(
              path, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
      if (channel.size() < keep) {
        lost.accept(keep - channel.size());
        channel.truncate(whole.end(channel));
      } else {
        channel.truncate(keep);
      }
      flushed = channel.size();
      channel.position(flushed);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /// Adds bytes.
  ///
  /// @throws UnavailableException if the disk refuses
  public void append(byte[] bytes, int length) {
    if (length > buffer.remaining()) {
      flush();
    }
    if (length > buffer.remaining()) {
      write(ByteBuffer.wrap(bytes, 0, length));
    } else {
      buffer.put(bytes, 0, length);
    }
  }

  /// Length with everything added so far.
  public long length() {
    return flushed + buffer.position();
  }

  /// Hands everything to the operating system, for readers that follow the file.
  public void flush() {
    write(buffer.flip());
    buffer.clear();
  }

  /// Brings everything to the disk.
  public void sync() {
    flush();
    try {
      channel.force(false);
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private void write(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        flushed += channel.write(bytes);
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private UnavailableException failed(IOException e) {
    return new UnavailableException(
        "cannot write "
            + path
            + ": "
            + Disk.reason(e)
            + "; make room, then go on with: jarl resume "
            + path.getParent(),
        e);
  }

  /// Hands everything to the operating system, then closes.
  @Override
  public void close() {
    try (channel) {
      flush();
    } catch (IOException e) {
      throw failed(e);
    }
  }
}
