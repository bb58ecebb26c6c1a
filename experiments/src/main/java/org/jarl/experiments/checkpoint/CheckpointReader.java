package org.jarl.experiments.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jarl.env.StateReader;
import org.jarl.experiments.base.Disk;

/// Reads one checkpoint. Every byte, of its blocks too, is checked against the hashes before
/// [#open] returns, so nothing of a damaged file ever reaches an object. One thread uses it.
///
/// The bytes are numbers and blocks, asked for by the objects that load them: nothing in a file can
/// name a class or run code.
public final class CheckpointReader implements StateReader, AutoCloseable {
  private static final int BUFFER = 1 << 16;
  private static final int PIECE = 1 << 20;
  private static final int LONGEST_NAME = 1000;
  private static final int HASH = 32;

  private final CheckpointEnvelope frame;
  private final FileChannel channel;
  private final BlockFiles files;
  private final SavedBlocks saved;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.LITTLE_ENDIAN).limit(0);

  /// Bytes of the body that were not yet taken from the file into the buffer or a block.
  private long unread;

  private String section = "start";

  private CheckpointReader(
      CheckpointEnvelope frame, FileChannel channel, BlockFiles files, SavedBlocks saved) {
    this.frame = frame;
    this.channel = channel;
    this.files = files;
    this.saved = saved;
    this.unread = frame.trailer().bodyBytes();
  }

  /// Opens a file and verifies all of it.
  ///
  /// @param configHash what the checkpoint's config hash must be
  /// @param otherHash what it may be as well
  /// @param files where its blocks are
  /// @param saved is told what is read from them
  /// @throws UnusableCheckpointException if the file or one of its blocks is damaged, or it is of
  ///   another version or of another config
  static CheckpointReader open(
      Path file, String configHash, String otherHash, BlockFiles files, SavedBlocks saved)
      throws IOException {
    FileChannel channel = Disk.open(file);
    try {
      CheckpointEnvelope frame = CheckpointEnvelope.read(file, channel);
      verify(frame, channel, configHash, otherHash);
      files.verify(frame.blocks(), frame.name());
      channel.position(CheckpointFile.HEADER);
      return new CheckpointReader(frame, channel, files, saved);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static void verify(
      CheckpointEnvelope frame, FileChannel channel, String configHash, String otherHash)
      throws IOException {
    String written = frame.header().configHash();
    if (!written.equals(configHash) && !written.equals(otherHash)) {
      throw new UnusableCheckpointException(
          frame.name()
              + " belongs to another config: it was written under "
              + written
              + ", this run's config.yaml is "
              + configHash);
    }
    String stateHash = hashOfBody(channel, frame.trailer().bodyBytes());
    if (!stateHash.equals(frame.trailer().stateHash())) {
      throw new UnusableCheckpointException(
          frame.name()
              + " is damaged: its state has the hash "
              + stateHash
              + " and was written with "
              + frame.trailer().stateHash());
    }
  }

  private static String hashOfBody(FileChannel channel, long bytes) throws IOException {
    MessageDigest digest = StateHash.sha256();
    ByteBuffer piece = ByteBuffer.allocateDirect((int) Math.min(PIECE, bytes));
    long at = CheckpointFile.HEADER;
    long end = at + bytes;
    while (at < end) {
      piece.clear().limit((int) Math.min(PIECE, end - at));
      int read = channel.read(piece, at);
      if (read < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
      digest.update(piece.flip());
      at += read;
    }
    return StateHash.text(digest.digest());
  }

  /// Name of the file.
  public String name() {
    return frame.name();
  }

  /// Agent steps taken at the checkpoint.
  public long agentSteps() {
    return frame.header().agentSteps();
  }

  /// Hash of the state, as [StateHash#of] gives it.
  public String stateHash() {
    return frame.trailer().stateHash();
  }

  /// What surrounded the state.
  public CheckpointFile.Surroundings surroundings() {
    return frame.trailer().surroundings();
  }

  @Override
  public void section(String expected) {
    int mark = getInt();
    if (mark != StateEncoder.SECTION) {
      throw shape("section \"" + expected + "\" is needed after section \"" + section + "\"");
    }
    int length = getInt();
    if (length < 0 || length > LONGEST_NAME) {
      throw shape("a section name of " + length + " bytes cannot be");
    }
    byte[] utf8 = new byte[length];
    getBytesRaw(MemorySegment.ofArray(utf8));
    String found = new String(utf8, StandardCharsets.UTF_8);
    if (!found.equals(expected)) {
      throw shape("section \"" + expected + "\" is needed where \"" + found + "\" is");
    }
    section = found;
  }

  @Override
  public boolean getBoolean() {
    return bytes(1).get() != 0;
  }

  @Override
  public int getInt() {
    return bytes(Integer.BYTES).getInt();
  }

  @Override
  public long getLong() {
    return bytes(Long.BYTES).getLong();
  }

  @Override
  public void getBytes(MemorySegment out) {
    checkLength(out);
    getBytesRaw(out);
  }

  private void checkLength(MemorySegment out) {
    long length = getLong();
    if (length != out.byteSize()) {
      throw shape(
          "a block of "
              + length
              + " bytes follows where "
              + out.byteSize()
              + " are needed in section \""
              + section
              + "\"");
    }
  }

  @Override
  public void getBlocks(MemorySegment out, long blockBytes) {
    BlockCut cut = BlockCut.of(out, blockBytes);
    if (cut.isSingle()) {
      getBytes(out);
      return;
    }
    checkLength(out);
    long written = getLong();
    if (written != blockBytes) {
      throw shape(
          "blocks of "
              + written
              + " bytes follow where "
              + blockBytes
              + " are needed in section \""
              + section
              + "\"");
    }
    byte[] hash = new byte[HASH];
    for (int i = 0; i < cut.count(); i++) {
      long version = getLong();
      getBytesRaw(MemorySegment.ofArray(hash));
      read(cut.slice(out, i), version, HexFormat.of().formatHex(hash));
    }
  }

  private void read(MemorySegment block, long version, String hash) {
    try {
      files.read(hash, block);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    saved.adopt(block, version, hash);
  }

  /// Says that the state is complete.
  ///
  /// @throws IllegalArgumentException if something is left
  public void finish() {
    if (unread + buffer.remaining() > 0) {
      throw shape(
          unread + buffer.remaining() + " bytes are left after section \"" + section + "\"");
    }
  }

  private void getBytesRaw(MemorySegment out) {
    long at = Math.min(buffer.remaining(), out.byteSize());
    MemorySegment.copy(MemorySegment.ofBuffer(buffer), 0, out, 0, at);
    buffer.position(buffer.position() + (int) at);
    while (at < out.byteSize()) {
      if (out.isNative()) {
        MemorySegment piece = out.asSlice(at, Math.min(PIECE, out.byteSize() - at));
        fill(piece.asByteBuffer());
        at += piece.byteSize();
      } else {
        int length = (int) Math.min(BUFFER, out.byteSize() - at);
        fill(buffer.clear().limit(length));
        MemorySegment.copy(MemorySegment.ofBuffer(buffer.flip()), 0, out, at, length);
        buffer.limit(0);
        at += length;
      }
    }
  }

  /// The buffer with at least `count` bytes to take.
  private ByteBuffer bytes(int count) {
    if (buffer.remaining() < count) {
      int more = (int) Math.min(unread, (long) BUFFER - buffer.remaining());
      buffer.compact().limit(buffer.position() + more);
      fill(buffer);
      buffer.flip();
      if (buffer.remaining() < count) {
        throw shape("it ends early, in section \"" + section + "\"");
      }
    }
    return buffer;
  }

  private void fill(ByteBuffer out) {
    if (out.remaining() > unread) {
      throw shape("it ends early, in section \"" + section + "\"");
    }
    try {
      while (out.hasRemaining()) {
        int read = channel.read(out);
        if (read < 0) {
          throw new EOFException(frame.name() + " became shorter while it was read");
        }
        unread -= read;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private IllegalArgumentException shape(String problem) {
    return new IllegalArgumentException(frame.name() + " holds another state: " + problem);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
