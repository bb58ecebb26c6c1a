package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.experiments.base.Disk;

/// The file system, watched, that can be full and can end the process.
final class FakeDisk implements Disk {
  /// Names of the files that were written, without `.tmp`.
  final List<String> created = new ArrayList<>();

  /// Bytes that each file has room for.
  long room = Long.MAX_VALUE;

  /// Creations and writes until the process ends.
  int lifetime = Integer.MAX_VALUE;

  /// What a killed process does next: nothing, not even what is in a `catch (Exception e)`.
  static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  /// Blocks that were written since the last call.
  long blocksWritten() {
    long blocks = created.stream().filter(name -> name.endsWith(".block")).count();
    created.clear();
    return blocks;
  }

  private void live() {
    if (lifetime-- == 0) {
      throw new Killed();
    }
  }

  @Override
  public WritableByteChannel create(Path file) throws IOException {
    live();
    created.add(file.getFileName().toString().replace(".tmp", ""));
    WritableByteChannel channel = Disk.REAL.create(file);
    return new WritableByteChannel() {
      private long left = room;

      @Override
      public int write(ByteBuffer bytes) throws IOException {
        live();
        if (bytes.remaining() > left) {
          throw new IOException("No space left on device");
        }
        left -= bytes.remaining();
        return channel.write(bytes);
      }

      @Override
      public boolean isOpen() {
        return channel.isOpen();
      }

      @Override
      public void close() throws IOException {
        channel.close();
      }
    };
  }
}
