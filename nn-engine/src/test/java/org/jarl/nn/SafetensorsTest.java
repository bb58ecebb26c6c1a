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

      assertMessage(file, six, "\"fc.weight\" must be F32 [3,6] of 72 bytes within the file");
      Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
      assertMessage(file, five, "\"fc.bias\" must be F32 [5] of 20 bytes within the file");
      Files.write(file, Arrays.copyOf(bytes, 5));
      assertMessage(file, five, "it has 5 bytes, a header needs at least 8");
      Files.write(file, "no weights at all, only words".getBytes(StandardCharsets.UTF_8));
      assertMessage(file, five, "its header says");
      bytes[9] = '?';
      Files.write(file, bytes);
      assertMessage(file, five, "its header is not a list of arrays");
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
