package org.jarl.experiments.base;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// The source of new files; tests put a failing one in its place. Its static methods are what every
/// writer of a run folder needs: files that appear whole or not at all, and the reason of a
/// failure.
public interface Disk {
  /// The file system.
  Disk REAL =
      file ->
          FileChannel.open(
              file,
              StandardOpenOption.WRITE,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING);

  /// A new, empty file to write; the caller closes it.
  ///
  /// @throws IOException if the file cannot be created
  WritableByteChannel create(Path file) throws IOException;

  /// Puts a small file into place, whole or not at all, and brings it to the disk.
  ///
  /// @throws UnavailableException if the disk refuses; an older file of this name is still there
  static void write(Path file, byte[] content) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      try (FileChannel channel = (FileChannel) REAL.create(temporary)) {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UnavailableException(
          "cannot write " + file + ": " + reason(e) + "; make room and try again", e);
    }
  }

  /// Brings the names in a folder to the disk: a rename is there only once its folder is. Windows
  /// cannot open folders and needs no sync.
  ///
  /// @throws IOException if the disk refuses
  static void syncFolder(Path folder) throws IOException {
    if (!System.getProperty("os.name", "").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  /// The system's reason of a failure, without the path that Java puts before it.
  static String reason(Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    if (cause instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }
}
