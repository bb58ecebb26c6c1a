package org.jarl.nn;

import java.io.EOFException;
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
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/// Weights in the safetensors format: plain arrays with names and shapes, nothing that could run.
///
///     offset  0  u64      length n of the header, little-endian
///             8  n bytes  JSON {"name":{"dtype":"F32","shape":[4,120],"data_offsets":[0,1920]},...}
///         8 + n           the arrays, f32 little-endian, row-major
///
/// Names and shapes are those of [Parameter]: linear weights are `[inputs, outputs]`, convolution
/// weights `[KH, KW, C, outputs]`, so a tool that expects PyTorch's order transposes.
public final class Safetensors {
  /// As the format's own reader has it.
  private static final int MAXIMUM_HEADER = 100_000_000;

  /// Texts of the writer's own, which the format allows beside the arrays.
  private static final String METADATA = "__metadata__";

  /// Characters of a file's text that a message shows.
  private static final int LONGEST = 200;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Safetensors() {}

  private record Entry(String dtype, String shape, long from, long to) {
    boolean holds(Parameter parameter, long bytes) {
      return dtype.equals("F32")
          && shape.equals(Safetensors.shape(parameter))
          && to - from == bytes;
    }

    @Override
    public String toString() {
      return dtype + " " + shape + " at " + from + " to " + to;
    }
  }

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
  /// @throws IllegalArgumentException if the file is not of this format, holds other names, shapes
  ///   or types, or a number that is not finite, naming the first fault and its place; nothing has
  ///   changed then
  /// @throws IOException if it cannot be read
  public static void read(Path file, Variables variables) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw malformed(file, "it is no regular file");
    }
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < Long.BYTES) {
        throw malformed(file, "it has " + size + " bytes, a header needs at least 8");
      }
      long length = read(channel, 0, Long.BYTES).getLong();
      if (length < 2 || length > MAXIMUM_HEADER || length > size - Long.BYTES) {
        throw malformed(
            file,
            "at byte 0 its header is said to have "
                + Long.toUnsignedString(length)
                + " bytes, the file has "
                + size);
      }
      long data = Long.BYTES + length;
      Map<String, Entry> entries = parse(file, read(channel, Long.BYTES, (int) length).array());
      checkNames(file, entries, variables);
      checkTiling(file, entries, size - data);
      MemorySegment values = arena.allocate(Math.max(4, variables.bytes()), 64);
      for (Parameter parameter : variables.parameters()) {
        Entry entry = entries.get(parameter.name());
        long bytes = 4L * parameter.shape().elements();
        if (entry == null || !entry.holds(parameter, bytes)) {
          throw malformed(
              file,
              "\"%s\" must be F32 %s of %d bytes, got %s"
                  .formatted(parameter.name(), shape(parameter), bytes, entry));
        }
        MemorySegment array = values.asSlice(4L * parameter.offset(), bytes);
        readAll(channel, data + entry.from, array.asByteBuffer());
        checkFinite(file, parameter, littleEndian(array));
      }
      variables.write(values.asSlice(0, variables.bytes()));
    }
  }

  private static ByteBuffer read(FileChannel channel, long at, int bytes) throws IOException {
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    readAll(channel, at, out);
    return out.flip();
  }

  private static void readAll(FileChannel channel, long at, ByteBuffer out) throws IOException {
    while (out.hasRemaining()) {
      if (channel.read(out, at + out.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
  }

  private static void checkNames(Path file, Map<String, Entry> entries, Variables variables) {
    Set<String> expected = new TreeSet<>();
    variables.parameters().forEach(parameter -> expected.add(parameter.name()));
    if (!expected.equals(entries.keySet())) {
      throw malformed(
          file,
          "it must hold exactly the arrays "
              + expected
              + ", got "
              + cut(entries.keySet().toString()));
    }
  }

  /// Arrays follow each other without a gap and fill the file.
  private static void checkTiling(Path file, Map<String, Entry> entries, long bytes) {
    List<Map.Entry<String, Entry>> inOrder = new ArrayList<>(entries.entrySet());
    inOrder.sort(
        Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().from)
            .thenComparingLong(e -> e.getValue().to));
    long at = 0;
    for (Map.Entry<String, Entry> array : inOrder) {
      Entry entry = array.getValue();
      if (entry.from != at || entry.to < entry.from) {
        throw malformed(
            file,
            "\"%s\" must begin at byte %d of the data, where the array before it ends, got %s"
                .formatted(array.getKey(), at, entry));
      }
      at = entry.to;
    }
    if (at != bytes) {
      throw malformed(
          file, "its arrays end at byte " + at + " of the data, which has " + bytes + " bytes");
    }
  }

  private static void checkFinite(Path file, Parameter parameter, MemorySegment array) {
    long count = array.byteSize() / Float.BYTES;
    for (long i = 0; i < count; i++) {
      float value = array.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (!Float.isFinite(value)) {
        throw malformed(
            file,
            "\""
                + parameter.name()
                + "\" holds "
                + value
                + " at index "
                + i
                + ", no weight can be");
      }
    }
  }

  private static Map<String, Entry> parse(Path file, byte[] header) {
    Map<String, Entry> entries = new TreeMap<>();
    try (JsonParser in = JSON.createParser(ObjectReadContext.empty(), header)) {
      expect(file, in, in.nextToken(), JsonToken.START_OBJECT);
      while (in.nextToken() != JsonToken.END_OBJECT) {
        expect(file, in, in.currentToken(), JsonToken.PROPERTY_NAME);
        String name = in.currentName();
        expect(file, in, in.nextToken(), JsonToken.START_OBJECT);
        if (name.equals(METADATA)) {
          in.skipChildren(); // texts of whoever wrote the file
        } else {
          entries.put(name, entry(file, in, name));
        }
      }
      if (in.nextToken() != null) {
        throw malformed(file, "something follows its header's closing brace" + place(in));
      }
      return entries;
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation();
      String where = at == null ? "" : at(at.getByteOffset());
      throw malformed(file, "its header is not JSON: " + cut(e.getOriginalMessage()) + where);
    }
  }

  private static Entry entry(Path file, JsonParser in, String name) {
    String dtype = "";
    List<Long> shape = null;
    List<Long> offsets = null;
    while (in.nextToken() != JsonToken.END_OBJECT) {
      String key = in.currentName();
      JsonToken value = in.nextToken();
      switch (key) {
        case "dtype" -> {
          expect(file, in, value, JsonToken.VALUE_STRING);
          dtype = in.getString();
        }
        case "shape" -> shape = numbers(file, in);
        case "data_offsets" -> offsets = numbers(file, in);
        default -> in.skipChildren();
      }
    }
    if (dtype.isEmpty() || shape == null || offsets == null || offsets.size() != 2) {
      throw malformed(
          file, "\"" + cut(name) + "\" needs a dtype, a shape and two data_offsets" + place(in));
    }
    String text = shape.stream().map(Object::toString).collect(Collectors.joining(",", "[", "]"));
    return new Entry(cut(dtype), cut(text), offsets.get(0), offsets.get(1));
  }

  private static List<Long> numbers(Path file, JsonParser in) {
    expect(file, in, in.currentToken(), JsonToken.START_ARRAY);
    List<Long> numbers = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      expect(file, in, in.currentToken(), JsonToken.VALUE_NUMBER_INT);
      boolean fits = in.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
      if (!fits || in.getLongValue() < 0) {
        throw malformed(
            file,
            "sizes and offsets must be from 0 to 2^63-1, got " + cut(in.getString()) + place(in));
      }
      numbers.add(in.getLongValue());
    }
    return numbers;
  }

  private static void expect(
      Path file, JsonParser in, @Nullable JsonToken got, JsonToken expected) {
    if (got != expected) {
      throw malformed(
          file, "its header has " + got + " where " + expected + " is needed" + place(in));
    }
  }

  private static String place(JsonParser in) {
    return at(in.currentTokenLocation().getByteOffset());
  }

  private static String at(long offset) {
    return ", at byte " + (Long.BYTES + Math.max(0, offset)) + " of the file";
  }

  private static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
  }

  private static IllegalArgumentException malformed(Path file, String what) {
    return new IllegalArgumentException(file + " is not the expected safetensors file: " + what);
  }
}
