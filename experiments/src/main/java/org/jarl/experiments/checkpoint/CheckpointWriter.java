package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;

/// Writes one checkpoint front to back, hashing on the way; the layout is [CheckpointFile]'s. One
/// thread uses it.
final class CheckpointWriter extends StateEncoder {
  private final WritableByteChannel channel;
  private final ByteBuffer header;
  private final Hashing body;

  private CheckpointWriter(
      WritableByteChannel channel, ByteBuffer header, Hashing body, Blocks blocks) {
    super(body, blocks);
    this.channel = channel;
    this.header = header;
    this.body = body;
  }

  /// Writes the header; the state follows through the methods of this writer, then [#finish].
  ///
  /// @param blocks takes the bytes of large memories
  static CheckpointWriter begin(
      WritableByteChannel channel, CheckpointFile.Header header, Blocks blocks) throws IOException {
    ByteBuffer bytes = CheckpointFile.encode(header);
    writeAll(channel, bytes.duplicate());
    return new CheckpointWriter(channel, bytes, new Hashing(channel), blocks);
  }

  /// Writes the end and brings the file to the disk.
  ///
  /// @return the hash of the state that was written
  String finish(CheckpointFile.Surroundings surroundings) throws IOException {
    flush();
    String stateHash = StateHash.text(body.digest.digest());
    var trailer =
        new CheckpointFile.Trailer(length(), blockLists().size(), surroundings, stateHash);
    ByteBuffer index = CheckpointFile.encode(blockLists());
    writeAll(channel, index.duplicate());
    writeAll(channel, CheckpointFile.encode(trailer, header, index));
    if (channel instanceof FileChannel file) {
      file.force(true);
    }
    return stateHash;
  }

  private static void writeAll(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// Passes the body on and remembers its hash.
  private static final class Hashing implements Sink {
    private final WritableByteChannel channel;
    private final MessageDigest digest = StateHash.sha256();

    Hashing(WritableByteChannel channel) {
      this.channel = channel;
    }

    @Override
    public void write(ByteBuffer part) throws IOException {
      digest.update(part.duplicate());
      writeAll(channel, part);
    }
  }
}
