package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The bytes of a file that is or claims to be a ROM, and what can be said of them. Reads no more
/// than a cartridge can hold.
///
/// @param bytes the whole file, or its beginning when it is larger than a cartridge
/// @param md5 of these bytes, 32 hexadecimal digits in lower case
record RomImage(byte[] bytes, String md5) {
  static final int MAX_BYTES = 64 << 10;

  /// Every size that the emulator takes for a cartridge; at another it ends the process.
  private static final Set<Integer> SIZES =
      Set.of(
          2 << 10, 4 << 10, 8 << 10, 10 << 10, 10_495, 10_496, 12 << 10, 16 << 10, 32 << 10,
          64 << 10);

  /// Reads a file.
  ///
  /// @throws RefusedRomException if it is not there, no regular file, or cannot be read
  static RomImage read(Path file) throws RefusedRomException {
    if (!Files.exists(file)) {
      throw new RefusedRomException("does not exist");
    }
    if (Files.isDirectory(file)) {
      throw new RefusedRomException("is a folder; a ROM is a file");
    }
    if (!Files.isRegularFile(file)) {
      throw new RefusedRomException("is no regular file");
    }
    try {
      if (Files.size(file) == 0) {
        // What the system only pretends to be a file has no size, and may block when opened.
        return read(InputStream.nullInputStream());
      }
      try (InputStream in = Files.newInputStream(file)) {
        return read(in);
      }
    } catch (IOException e) {
      throw new RefusedRomException("cannot be read: " + e);
    }
  }

  /// Reads a stream as far as a cartridge can reach.
  static RomImage read(InputStream in) throws IOException {
    byte[] bytes = in.readNBytes(MAX_BYTES + 1);
    try {
      byte[] digest = MessageDigest.getInstance("MD5").digest(bytes);
      return new RomImage(bytes, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }

  /// Why the emulator cannot be given these bytes whatever they are; null when it can.
  @Nullable String sizeProblem() {
    if (bytes.length == 0) {
      return "is empty";
    }
    if (bytes.length > MAX_BYTES) {
      return "is larger than any cartridge, %,d bytes".formatted(MAX_BYTES);
    }
    return SIZES.contains(bytes.length)
        ? null
        : String.format(
            Locale.ROOT,
            "has %,d bytes, which no cartridge has (2, 4, 8, 10, 12, 16, 32 or 64 KiB): it is no"
                + " ROM, or was cut short",
            bytes.length);
  }

  /// What the bytes are when they are an archive, for example `a zip archive`; null when not.
  @Nullable String archive() {
    if (startsWith('P', 'K', 3, 4) || startsWith('P', 'K', 5, 6)) {
      return "a zip archive";
    }
    if (startsWith('R', 'a', 'r', '!')) {
      return "a rar archive";
    }
    if (startsWith('7', 'z', 0xbc, 0xaf)) {
      return "a 7z archive";
    }
    return startsWith(0x1f, 0x8b) ? "a gzip file" : null;
  }

  private boolean startsWith(int... start) {
    if (bytes.length < start.length) {
      return false;
    }
    for (int i = 0; i < start.length; i++) {
      if ((bytes[i] & 0xff) != start[i]) {
        return false;
      }
    }
    return true;
  }
}
