package org.jarl.nn.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import jcuda.driver.JCudaDriver;

/// Loads JCuda's part of the driver.
///
/// JCuda unpacks its library under a fixed name into the folder of temporary files and takes a file
/// that is there already as it is: on a shared machine, code that another user has put there. So it
/// is shown a new folder of this user's own for the moment that it looks.
final class NativeLibrary {
  private static final String FOLDER = "java.io.tmpdir";

  private NativeLibrary() {}

  /// Why there is no driver, or nothing.
  static String missingDriver() {
    String name = driverName();
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup.libraryLookup(name, arena);
      return "";
    } catch (IllegalArgumentException e) {
      return "no NVIDIA driver is installed (%s was not found)".formatted(name);
    }
  }

  private static String driverName() {
    return System.getProperty("os.name", "").startsWith("Windows") ? "nvcuda.dll" : "libcuda.so.1";
  }

  /// Loads the library; after that JCuda's functions can be called.
  ///
  /// @throws IOException if it cannot be unpacked
  /// @throws LinkageError if it cannot be loaded
  static void load() throws IOException {
    Path folder = Files.createTempDirectory("jarl-cuda");
    String before = System.getProperty(FOLDER, "");
    try {
      if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
      }
      System.setProperty(FOLDER, folder.toString());
      JCudaDriver.setExceptionsEnabled(false);
    } finally {
      System.setProperty(FOLDER, before);
      delete(folder);
    }
  }

  /// A loaded library stays where it is in memory; where its file cannot go yet, it goes at the
  /// end.
  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        if (!file.toFile().delete()) {
          file.toFile().deleteOnExit();
        }
      }
    }
    if (!folder.toFile().delete()) {
      folder.toFile().deleteOnExit();
    }
  }

  /// A file beside this class.
  static String text(String name) {
    try (InputStream in = NativeLibrary.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            name + " is missing in the jar: build it with scripts/kernels");
      }
      return new String(in.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
