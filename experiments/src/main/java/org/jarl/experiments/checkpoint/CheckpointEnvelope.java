package org.jarl.experiments.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// What a checkpoint file says of itself: all but its state.
///
/// @param blocks of the large memories, in the order of the state
record CheckpointEnvelope(
    String name,
    CheckpointFile.Header header,
    CheckpointFile.Trailer trailer,
    List<BlockFiles.Stored> blocks) {
  private static final int LIST_HEAD = 2 * Long.BYTES;
  private static final int LIST_ENTRY = Long.BYTES + 32;

  /// Reads it, and checks everything about it; the body is not looked at, except for the lists of
  /// blocks.
  ///
  /// @throws UnusableCheckpointException if the file is truncated, damaged or of another version
  static CheckpointEnvelope read(Path file, FileChannel channel) throws IOException {
    String name = file.getFileName().toString();
    long size = channel.size();
    if (size < CheckpointFile.HEADER + CheckpointFile.TRAILER) {
      throw new UnusableCheckpointException(name + " is truncated: it has only " + size + " bytes");
    }
    ByteBuffer header = readFully(channel, 0, CheckpointFile.HEADER);
    var decoded = CheckpointFile.decodeHeader(header.duplicate(), name);
    long trailerAt = size - CheckpointFile.TRAILER;
    ByteBuffer end = readFully(channel, trailerAt, CheckpointFile.TRAILER);
    CheckpointFile.Trailer trailer = CheckpointFile.decodeTrailer(end, name);
    long indexAt = CheckpointFile.HEADER + trailer.bodyBytes();
    if (indexAt < CheckpointFile.HEADER
        || indexAt + Long.BYTES * trailer.blockLists() != trailerAt) {
      throw new UnusableCheckpointException(
          name + " is damaged: it has " + size + " bytes and its end says another number");
    }
    ByteBuffer index = readFully(channel, indexAt, (int) (trailerAt - indexAt));
    CheckpointFile.checkSeal(header, index, end, name);
    List<BlockFiles.Stored> blocks = new ArrayList<>();
    while (index.hasRemaining()) {
      addBlocks(channel, CheckpointFile.HEADER + index.getLong(), indexAt, name, blocks);
    }
    return new CheckpointEnvelope(name, decoded, trailer, List.copyOf(blocks));
  }

  /// Reads one list; the body's hash, which is checked elsewhere, vouches for it.
  private static void addBlocks(
      FileChannel channel, long at, long end, String name, List<BlockFiles.Stored> out)
      throws IOException {
    ByteBuffer head = readFully(channel, at, LIST_HEAD);
    long bytes = head.getLong();
    long blockBytes = head.getLong();
    if (bytes < 0 || blockBytes < 1 || bytes / blockBytes > (end - at) / LIST_ENTRY) {
      throw new UnusableCheckpointException(name + " is damaged: its list of blocks was changed");
    }
    BlockCut cut = new BlockCut(bytes, blockBytes);
    ByteBuffer entries = readFully(channel, at + LIST_HEAD, cut.count() * LIST_ENTRY);
    byte[] hash = new byte[32];
    for (int i = 0; i < cut.count(); i++) {
      entries.getLong();
      entries.get(hash);
      out.add(new BlockFiles.Stored(HexFormat.of().formatHex(hash), cut.bytes(i)));
    }
  }

  private static ByteBuffer readFully(FileChannel channel, long at, int bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (out.hasRemaining()) {
      if (channel.read(out, at + out.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
    return out.flip();
  }
}
