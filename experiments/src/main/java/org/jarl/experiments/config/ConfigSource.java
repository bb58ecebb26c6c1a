package org.jarl.experiments.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.env.Nearest;
import org.jarl.experiments.base.Disk;
import org.jspecify.annotations.Nullable;

/// Gets the text of an experiment file, or says why there is none.
final class ConfigSource {
  private ConfigSource() {}

  /// The text, without byte order mark.
  ///
  /// @throws ConfigException if the file cannot be an experiment
  static String text(Path file) {
    String refusal = refusal(file);
    if (refusal != null) {
      throw new ConfigException(new ConfigProblem(ConfigOrigin.ofFile(file.toString()), refusal));
    }
    try {
      return decode(file, Disk.read(file, ExperimentFile.MAX_BYTES));
    } catch (IOException e) {
      throw new ConfigException(
          new ConfigProblem(
              ConfigOrigin.ofFile(file.toString()), "cannot be read: " + Disk.reason(e)));
    }
  }

  /// Why a file cannot be read as an experiment; null when it can.
  static @Nullable String refusal(Path file) {
    if (Files.isDirectory(file)) {
      return "is a folder; name a file" + example(file);
    }
    if (!Files.exists(file)) {
      return "does not exist" + near(file);
    }
    if (!Files.isRegularFile(file)) {
      return "is a pipe or a device, not a regular file; name a file";
    }
    if (!Files.isReadable(file)) {
      return "must not be read by this user; change its permissions";
    }
    try {
      long bytes = Files.size(file);
      return bytes > ExperimentFile.MAX_BYTES
          ? "is too long for an experiment: at most "
              + ExperimentFile.MAX_BYTES
              + " bytes, got "
              + bytes
          : null;
    } catch (IOException e) {
      return "cannot be read: " + Disk.reason(e);
    }
  }

  private static String example(Path folder) {
    return siblings(folder).stream().findFirst().map(f -> " such as " + f).orElse("");
  }

  private static String near(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    Path name = file.getFileName();
    if (folder == null || name == null || !Files.isDirectory(folder)) {
      return folder == null ? "" : "; there is no folder " + folder;
    }
    List<String> names =
        siblings(folder).stream().map(f -> String.valueOf(f.getFileName())).toList();
    String meant = Nearest.to(name.toString(), names);
    return meant == null ? "" : "; did you mean \"" + file.resolveSibling(meant) + "\"?";
  }

  private static List<Path> siblings(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException _) {
      return List.of(); // only a hint is lost
    }
  }

  private static String decode(Path file, byte[] bytes) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    CoderResult result = decoder.decode(in, out, true);
    String text = out.flip().toString();
    if (result.isError()) {
      int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
      int column = text.length() - (text.lastIndexOf('\n') + 1) + 1;
      throw new ConfigException(
          new ConfigProblem(
              new ConfigOrigin(ConfigOrigin.Kind.FILE, file.toString(), line, column, ""),
              "must be UTF-8 text, got the byte 0x%02X".formatted(bytes[in.position()])));
    }
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }
}
