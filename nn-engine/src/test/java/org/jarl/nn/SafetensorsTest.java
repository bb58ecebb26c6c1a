package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  private static Variables network(Engine engine, String name, int hidden) {
    Variables variables = engine.variables(name);
    var random = new SplittableRandom(name.hashCode());
    Module unused = Scope.of(variables, random).linear("fc", 3, hidden);
    return unused == null ? engine.variables("never") : variables;
  }

  private static float[] values(Variables variables) {
    float[] values = new float[variables.elements()];
    variables.read(MemorySegment.ofArray(values));
    return values;
  }

  @Test
  void whatIsWrittenIsReadBackBitForBit() throws IOException {
    try (Engine engine = new CpuEngine(1)) {
      Variables written = network(engine, "a", 5);
      Variables read = network(engine, "b", 5);
      Path file = folder.resolve("weights.safetensors");
      Safetensors.write(file, written);
      Safetensors.read(file, read);
      assertArrayEquals(values(written), values(read));
      byte[] bytes = Files.readAllBytes(file);
      int header = (int) ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
      assertEquals(0, header % 8);
      assertEquals(
          "{\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[3,5],\"data_offsets\":[0,60]},"
              + "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[60,80]}}",
          new String(bytes, 8, header, StandardCharsets.UTF_8).strip());
      assertEquals(8 + header + 80, bytes.length);
    }
  }

  @Test
  void otherFilesAreRefusedByName() throws IOException {
    try (Engine engine = new CpuEngine(1)) {
      Variables five = network(engine, "a", 5);
      Variables six = network(engine, "b", 6);
      Path file = folder.resolve("weights.safetensors");
      Safetensors.write(file, five);
      byte[] bytes = Files.readAllBytes(file);

      assertMessage(
          file, six, "\"fc.weight\" must be F32 [3,6] of 72 bytes, got F32 [3,5] at 0 to 60");
      Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
      assertMessage(file, five, "its arrays end at byte 80 of the data, which has 79 bytes");
      Files.write(file, Arrays.copyOf(bytes, 5));
      assertMessage(file, five, "it has 5 bytes, a header needs at least 8");
      Files.write(file, "no weights at all, only words".getBytes(StandardCharsets.UTF_8));
      assertMessage(
          file,
          five,
          "at byte 0 its header is said to have 7523097587056930670 bytes, the file has 29");
      bytes[9] = '?';
      Files.write(file, bytes);
      assertMessage(file, five, "its header is not JSON: Unexpected character ('?'");
    }
  }

  /// Without the gaps between arrays in memory.
  private static float[] arrays(Variables variables) {
    float[] all = values(variables);
    float[] dense = new float[4];
    int at = 0;
    for (Parameter parameter : variables.parameters()) {
      int elements = Math.toIntExact(parameter.shape().elements());
      System.arraycopy(all, parameter.offset(), dense, at, elements);
      at += elements;
    }
    return dense;
  }

  private static byte[] file(String header, float... values) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(8 + text.length + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(text.length).put(text);
    for (float value : values) {
      out.putFloat(value);
    }
    return out.array();
  }

  private static final String BIAS =
      "\"fc.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[%s]}";
  private static final String WEIGHT =
      "\"fc.weight\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[%s]}";

  private static String header(String weightOffsets, String biasOffsets) {
    return "{" + WEIGHT.formatted(weightOffsets) + "," + BIAS.formatted(biasOffsets) + "}";
  }

  @Test
  void whatTheFormatAllowsIsRead() throws IOException {
    try (Engine engine = new CpuEngine(1)) {
      Path file = folder.resolve("w");
      List<String> headers =
          List.of(
              header("0,12", "12,16"),
              header("0,12", "12,16") + "      ",
              "{\"__metadata__\":{\"format\":\"pt\",\"note\":\"}{\\\"\"},"
                  + header("0,12", "12,16").substring(1),
              "{ \"fc.weight\" : { \"shape\" : [ 3 , 1 ] , \"data_offsets\" : [0, 12], \"dtype\":"
                  + "\"F32\" },\n"
                  + BIAS.formatted("12,16")
                  + "}",
              "{\"fc.w\\u0065ight\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[0,12]},"
                  + BIAS.formatted("12,16")
                  + "}",
              "{" + BIAS.formatted("12,16") + "," + WEIGHT.formatted("0,12") + "}");
      for (int i = 0; i < headers.size(); i++) {
        Variables variables = network(engine, "n" + i, 1);
        Files.write(file, file(headers.get(i), 1, 2, 3, 4));
        Safetensors.read(file, variables);
        assertArrayEquals(new float[] {1, 2, 3, 4}, arrays(variables), headers.get(i));
      }
      Variables swapped = network(engine, "swapped", 1);
      Files.write(file, file(header("4,16", "0,4"), 4, 1, 2, 3));
      Safetensors.read(file, swapped);
      assertArrayEquals(new float[] {1, 2, 3, 4}, arrays(swapped));
    }
  }

  @Test
  void whatTheFormatForbidsIsRefusedWithItsPlace() throws IOException {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = network(engine, "a", 1);
      Path file = folder.resolve("w");
      String good = header("0,12", "12,16");
      Map<String, byte[]> bad = new LinkedHashMap<>();
      bad.put(
          "\"fc.bias\" must begin at byte 12 of the data, where the array before it ends, got F32"
              + " [1] at 16 to 20",
          file(header("0,12", "16,20"), 1, 2, 3, 4, 5));
      bad.put(
          "\"fc.bias\" must begin at byte 12 of the data, where the array before it ends, got F32"
              + " [1] at 8 to 12",
          file(header("0,12", "8,12"), 1, 2, 3));
      bad.put(
          "its arrays end at byte 16 of the data, which has 20 bytes", file(good, 1, 2, 3, 4, 5));
      bad.put(
          "\"fc.weight\" holds NaN at index 1, no weight can be", file(good, 1, Float.NaN, 3, 4));
      bad.put(
          "\"fc.bias\" holds Infinity at index 0, no weight can be",
          file(good, 1, 2, 3, Float.POSITIVE_INFINITY));
      bad.put(
          "its header is not JSON: Unexpected character (',' (code 44))",
          file("{," + good.substring(1), 1, 2, 3, 4));
      bad.put("something follows its header's closing brace", file(good + "{}", 1, 2, 3, 4));
      bad.put(
          "its header is not JSON: Duplicate Object property \"fc.bias\"",
          file("{" + BIAS.formatted("0,4") + "," + good.substring(1), 1, 2, 3, 4));
      bad.put(
          "its header has START_ARRAY where START_OBJECT is needed, at byte 8 of the file",
          file("[]", 1, 2, 3, 4));
      bad.put(
          "sizes and offsets must be from 0 to 2^63-1, got -4, at byte "
              + (8 + header("0,12", "-4,16").indexOf("-4"))
              + " of the file",
          file(header("0,12", "-4,16"), 1, 2, 3, 4));
      bad.put(
          "sizes and offsets must be from 0 to 2^63-1, got 99999999999999999999, at byte "
              + (8 + header("0,12", "12,9999").indexOf("9999"))
              + " of the file",
          file(header("0,12", "12,99999999999999999999"), 1, 2, 3, 4));
      for (Map.Entry<String, byte[]> each : bad.entrySet()) {
        Files.write(file, each.getValue());
        assertMessage(file, variables, each.getKey());
      }
      assertMessage(folder, variables, "it is no regular file");
    }
  }

  private static void assertMessage(Path file, Variables variables, String part) {
    float[] before = values(variables);
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> Safetensors.read(file, variables))
                .getMessage());
    assertTrue(message.startsWith(file + " is not the expected safetensors file: "), message);
    assertTrue(message.contains(part), message);
    assertArrayEquals(before, values(variables), "a refused file changes nothing");
  }
}
