package org.jarl.experiments.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jarl.env.Checkpointable;

/// The SHA-256 of a whole state, which two runs share exactly when they are equal bit for bit.
///
/// Wall-clock times and file lengths are no part of it. It is the hash over the body of the
/// checkpoint file of the same state, in which large memories are represented by the hashes of
/// their blocks; see [CheckpointFile].
public final class StateHash {
  private StateHash() {}

  /// The hash of what `state` saves, as `sha256:` and 64 hexadecimal digits.
  public static String of(Checkpointable state) {
    MessageDigest digest = sha256();
    StateEncoder encoder =
        new StateEncoder(digest::update, (block, version) -> BlockFiles.hash(block));
    state.save(encoder);
    encoder.flush();
    return text(digest.digest());
  }

  /// The hash of bytes, in the same form.
  public static String of(byte[] bytes) {
    return text(sha256().digest(bytes));
  }

  /// The hash of the bytes of a file, in the same form.
  ///
  /// @throws IOException if it cannot be read
  public static String of(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (DigestInputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return text(digest.digest());
  }

  static String text(byte[] hash) {
    return "sha256:" + HexFormat.of().formatHex(hash);
  }

  static byte[] bytes(String text) {
    return HexFormat.of().parseHex(text.substring("sha256:".length()));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime must provide SHA-256", e);
    }
  }
}
