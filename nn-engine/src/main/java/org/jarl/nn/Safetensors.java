package org.jarl.nn;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Weights in the safetensors format: plain arrays with names and shapes, nothing that could run.
///
///     offset  0  u64      length n of the header, little-endian
///             8  n bytes  JSON {"name":{"dtype":"F32","shape":[4,120],"data_offsets":[0,1920]},...}
///         8 + n           the arrays, f32 little-endian, row-major
///
/// Names and shapes are those of [Parameter]: linear weights are `[inputs, outputs]`, convolution
/// weights `[KH, KW, C, outputs]`, so a tool that expects PyTorch's order transposes.
public final class Safetensors {
  private static final int MAXIMUM_HEADER = 1 << 20;

  /// One entry of the header; whitespace as any writer may put it.
  private static final Pattern ENTRY =
      Pattern.compile(
          "\"([^\"\\\\]+)\"\\s*:\\s*\\{\\s*\"dtype\"\\s*:\\s*\"(\\w+)\"\\s*,\\s*\"shape\"\\s*:\\s*"
              + "\\[([0-9,\\s]*)\\]\\s*,\\s*\"data_offsets\"\\s*:\\s*\\[\\s*(\\d+)\\s*,\\s*(\\d+)"
              + "\\s*\\]\\s*\\}");

  private Safetensors() {}

  private record Entry(String dtype, String shape, long from, long to) {}

  /// Writes all arrays of a set; an existing file is replaced.
  public static void write(Path file, Variables variables) throws IOException {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Parameter parameter : variables.parameters()) {
      long end = offset + 4L * parameter.shape().elements();
      header.append(header.length() > 1 ? "," : "");
      header.append(
          String.format(
              Locale.ROOT,
              "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
              parameter.name(),
              shape(parameter),
              offset,
              end));
      offset = end;
    }
    header.append("}");
    // The format asks for data at a multiple of 8 bytes.
    while (header.length() % 8 != 0) {
      header.append(' ');
    }
    byte[] text = header.toString().getBytes(StandardCharsets.UTF_8);
    try (Arena arena = Arena.ofConfined();
        FileChannel channel =
            FileChannel.open(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE)) {
      ByteBuffer start = ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN);
      writeAll(channel, start.putLong(text.length).put(text).flip());
      MemorySegment values = arena.allocate(Math.max(4, variables.bytes()), 64);
      variables.read(values.asSlice(0, variables.bytes()));
      for (Parameter parameter : variables.parameters()) {
        MemorySegment array =
            values.asSlice(4L * parameter.offset(), 4L * parameter.shape().elements());
        writeAll(channel, littleEndian(array).asByteBuffer());
      }
      channel.force(true);
    }
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// Swaps in place on the rare big-endian machine.
  private static MemorySegment littleEndian(MemorySegment array) {
    if (ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN) {
      for (long i = 0; i < array.byteSize(); i += 4) {
        int bits = array.get(ValueLayout.JAVA_INT, i);
        array.set(ValueLayout.JAVA_INT, i, Integer.reverseBytes(bits));
      }
    }
    return array;
  }

  private static String shape(Parameter parameter) {
    return parameter.shape().toString().replace(" ", "");
  }

  /// Reads all arrays of a set from a file that holds exactly them.
  ///
  /// @throws IllegalArgumentException if the file is not of this format, or holds other names,
  ///   shapes or types, naming the first difference
  public static void read(Path file, Variables variables) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length < 8) {
      throw malformed(file, "it has " + bytes.length + " bytes, a header needs at least 8");
    }
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    if (length < 2 || length > MAXIMUM_HEADER || length > bytes.length - 8) {
      throw malformed(file, "its header says " + length + " bytes of " + bytes.length);
    }
    Map<String, Entry> entries =
        parse(file, new String(bytes, 8, (int) length, StandardCharsets.UTF_8));
    List<String> expected = variables.parameters().stream().map(Parameter::name).sorted().toList();
    if (!expected.equals(new ArrayList<>(entries.keySet()))) {
      throw malformed(
          file, "it must hold exactly the arrays " + expected + ", got " + entries.keySet());
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(Math.max(4, variables.bytes()), 64);
      for (Parameter parameter : variables.parameters()) {
        Entry entry = entries.get(parameter.name());
        long size = 4L * parameter.shape().elements();
        if (entry == null
            || !entry.dtype.equals("F32")
            || !entry.shape.equals(shape(parameter))
            || entry.to - entry.from != size
            || 8 + length + entry.to > bytes.length) {
          throw malformed(
              file,
              "\""
                  + parameter.name()
                  + "\" must be F32 "
                  + shape(parameter)
                  + " of "
                  + size
                  + " bytes within the file, got "
                  + entry);
        }
        MemorySegment array = values.asSlice(4L * parameter.offset(), size);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 8 + length + entry.from, array, 0, size);
        littleEndian(array);
      }
      variables.write(values.asSlice(0, variables.bytes()));
    }
  }

  private static Map<String, Entry> parse(Path file, String header) {
    Map<String, Entry> entries = new TreeMap<>();
    Matcher matcher = ENTRY.matcher(header);
    StringBuilder rest = new StringBuilder();
    while (matcher.find()) {
      Entry entry =
          new Entry(
              matcher.group(2),
              "[" + matcher.group(3).replaceAll("\\s", "") + "]",
              number(file, matcher.group(4)),
              number(file, matcher.group(5)));
      if (entries.put(matcher.group(1), entry) != null) {
        throw malformed(file, "it names \"" + matcher.group(1) + "\" twice");
      }
      matcher.appendReplacement(rest, "");
    }
    matcher.appendTail(rest);
    if (!rest.toString().matches("\\{[\\s,]*\\}\\s*")) {
      throw malformed(file, "its header is not a list of arrays");
    }
    return entries;
  }

  private static long number(Path file, String digits) {
    if (digits.length() > 15) {
      throw malformed(file, "offset " + digits + " is beyond any file");
    }
    return Long.parseLong(digits);
  }

  private static IllegalArgumentException malformed(Path file, String what) {
    return new IllegalArgumentException(file + " is not the expected safetensors file: " + what);
  }
}
