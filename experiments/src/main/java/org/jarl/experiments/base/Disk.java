package org.jarl.experiments.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

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
      force(temporary, content);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UnavailableException(
          "cannot write " + file + ": " + reason(e) + "; make room and try again", e);
    }
  }

  /// Writes a small file and brings it to the disk.
  ///
  /// @throws IOException if the disk refuses; the file may be half written then
  static void force(Path file, byte[] content) throws IOException {
    try (FileChannel channel = (FileChannel) REAL.create(file)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
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

  /// The content of a file. Of what is no regular file nothing is read: a pipe or a device may
  /// never answer, or never end.
  ///
  /// @param most bytes that such a file can have
  /// @throws IOException if it is longer, is no regular file or cannot be read, saying so
  static byte[] read(Path file, long most) throws IOException {
    requireRegular(file);
    long size = Files.size(file);
    if (size > most) {
      throw new IOException("it has %,d bytes, at most %,d are read".formatted(size, most));
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes((int) size);
    }
  }

  /// Opens a regular file for reading; see [#read].
  ///
  /// @throws IOException if it is no regular file or cannot be read, saying so
  static FileChannel open(Path file) throws IOException {
    requireRegular(file);
    return FileChannel.open(file, StandardOpenOption.READ);
  }

  /// Refuses what is there and is no regular file; see [#read].
  ///
  /// @throws IOException saying what it is
  static void requireRegular(Path file) throws IOException {
    BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
    if (attributes.isDirectory()) {
      throw new IOException("it is a folder");
    }
    if (!attributes.isRegularFile()) {
      throw new IOException("it is a pipe or a device, not a regular file");
    }
  }

  /// The file that a failure is about, as far as the system has said it.
  static String file(Exception e) {
    Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
    return cause instanceof FileSystemException f ? String.valueOf(f.getFile()) : "a file";
  }

  /// The system's reason of a failure, without the path that Java puts before it.
  static String reason(Exception e) {
    Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
    return switch (cause) {
      case FileSystemException f when f.getReason() != null -> f.getReason();
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "there is no such file";
      case FileAlreadyExistsException _ -> "something of this name is there already";
      case NotDirectoryException _ -> "it is not a folder";
      case DirectoryNotEmptyException _ -> "the folder is not empty";
      case FileSystemLoopException _ -> "its links lead to themselves";
      case FileSystemException f ->
          "the system refuses %s without a reason (%s)"
              .formatted(f.getFile(), f.getClass().getSimpleName());
      default -> cause.getMessage() == null ? cause.toString() : cause.getMessage();
    };
  }
}
