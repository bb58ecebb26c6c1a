package org.jarl.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class AtariTableTest {
  @Test
  void everyPartIsMeasured() {
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    AtariTable.run(
        List.of(AtariTable.ONE, AtariTable.MANY), new AtariTable.Effort(1, 0, 16, 20), out);
    String text = bytes.toString(StandardCharsets.UTF_8);
    for (String line : List.of("emulator alone", "memory only", "84x84 x 4, area", "OpenCV's")) {
      assertEquals(1, text.lines().filter(l -> l.contains(line)).count());
    }
    assertTrue(text.lines().anyMatch(line -> line.matches("1 +[0-9,]+ .* [0-9a-f]{8}")), text);
    assertTrue(text.lines().anyMatch(line -> line.matches("2 +[0-9,]+ .* [0-9a-f]{8}")), text);
  }
}
