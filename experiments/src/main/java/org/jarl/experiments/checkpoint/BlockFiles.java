package org.jarl.experiments.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jarl.experiments.base.Disk;

/// Pieces of large memories, each in a file named by the SHA-256 of its bytes:
///
///     checkpoints/blocks/<64 hexadecimal digits>.block
///
/// So checkpoints that hold the same bytes share a file, and a file never changes. It is written
/// under another name, brought to the disk and renamed. One thread uses it.
final class BlockFiles {
  private static final Pattern NAME = Pattern.compile("([0-9a-f]{64})\\.block(\\.tmp)?");
  private static final String BLOCK = ".block";
  private static final String TEMPORARY = ".tmp";

  /// Blocks go to the disk, and come back, in pieces of this size.
  private static final int PIECE = 1 << 20;

  private final Path folder;
  private final Disk disk;

  /// Hashes of files that this process has written or verified: they need not be written again.
  private final Set<String> sound = new HashSet<>();

  /// Whether files were renamed that the folder on the disk does not know yet.
  private boolean unsynced;

  BlockFiles(Path folder, Disk disk) {
    this.folder = folder;
    this.disk = disk;
  }

  /// A block of a checkpoint.
  ///
  /// @param hash SHA-256 of its bytes in hexadecimal digits
  record Stored(String hash, long bytes) {}

  Path folder() {
    return folder;
  }

  /// The hash that names a block.
  static String hash(MemorySegment block) {
    MessageDigest digest = StateHash.sha256();
    for (long at = 0; at < block.byteSize(); at += PIECE) {
      digest.update(piece(block, at));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static ByteBuffer piece(MemorySegment block, long at) {
    return block.asSlice(at, Math.min(PIECE, block.byteSize() - at)).asByteBuffer();
  }

  /// Makes sure that there is a file with these bytes.
  ///
  /// @return its hash
  String put(MemorySegment block) throws IOException {
    String hash = hash(block);
    if (!sound.contains(hash)) {
      write(file(hash), block);
      unsynced = true;
      sound.add(hash);
    }
    return hash;
  }

  private Path file(String hash) {
    return folder.resolve(hash + BLOCK);
  }

  private void write(Path file, MemorySegment block) throws IOException {
    Files.createDirectories(folder);
    Path temporary = file.resolveSibling(file.getFileName() + TEMPORARY);
    try (WritableByteChannel channel = disk.create(temporary)) {
      for (long at = 0; at < block.byteSize(); at += PIECE) {
        ByteBuffer piece = piece(block, at);
        while (piece.hasRemaining()) {
          channel.write(piece);
        }
      }
      if (channel instanceof FileChannel real) {
        real.force(true);
      }
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /// Brings the names of new files to the disk, which a checkpoint needs before it is renamed.
  ///
  /// @return whether there were any
  boolean sync() throws IOException {
    boolean wasUnsynced = unsynced;
    if (unsynced) {
      Disk.syncFolder(folder);
      unsynced = false;
    }
    return wasUnsynced;
  }

  /// Checks every byte of some blocks.
  ///
  /// @param checkpoint whose blocks they are, for the message
  /// @throws UnusableCheckpointException naming the first file that is missing or has other bytes
  void verify(List<Stored> blocks, String checkpoint) throws IOException {
    if (blocks.isEmpty()) {
      return;
    }
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
    for (Stored block : blocks) {
      if (!sound.contains(block.hash)) {
        verify(block, checkpoint, piece);
        sound.add(block.hash);
      }
    }
  }

  private void verify(Stored block, String checkpoint, ByteBuffer piece) throws IOException {
    Path file = file(block.hash);
    String named =
        checkpoint + " cannot be used: " + folder.getFileName() + "/" + file.getFileName();
    try (FileChannel channel = Disk.open(file)) {
      if (channel.size() != block.bytes) {
        throw new UnusableCheckpointException(
            named + " has " + channel.size() + " bytes where " + block.bytes + " are needed");
      }
      MessageDigest digest = StateHash.sha256();
      while (channel.read(piece.clear()) >= 0) {
        digest.update(piece.flip());
      }
      String found = HexFormat.of().formatHex(digest.digest());
      if (!found.equals(block.hash)) {
        throw new UnusableCheckpointException(
            named + " is damaged: its bytes have the hash " + found);
      }
    } catch (NoSuchFileException _) {
      throw new UnusableCheckpointException(named + " is missing");
    }
  }

  /// Reads a block into memory of its size.
  void read(String hash, MemorySegment out) throws IOException {
    Path file = file(hash);
    try (FileChannel channel = Disk.open(file)) {
      for (long at = 0; at < out.byteSize(); at += PIECE) {
        ByteBuffer piece = piece(out, at);
        while (piece.hasRemaining()) {
          if (channel.read(piece) < 0) {
            throw new EOFException(file + " became shorter while it was read");
          }
        }
      }
    }
  }

  /// Deletes the files of all other blocks, and those that were left half written. What has not the
  /// name of a block stays.
  void keepOnly(Set<String> hashes) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    sound.retainAll(hashes);
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Matcher name = NAME.matcher(file.getFileName().toString());
        if (name.matches() && (name.group(2) != null || !hashes.contains(name.group(1)))) {
          Files.delete(file);
        }
      }
    }
  }
}
