package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The kernels that the jar carries are those of the sources, and devices can hold them.
class PtxTest {
  private static final Pattern SPILLS =
      Pattern.compile("(\\d+) bytes spill stores, (\\d+) bytes spill loads");

  private static Path ptx(String set) {
    return EmulatedDriver.module().resolve("src/main/resources/org/jarl/nn/cuda/" + set + ".ptx");
  }

  /// SHA-256 of the bytes of all `.cu` and `.cuh` files one after the other, in the order of their
  /// names.
  private static String hashOfTheSources() throws IOException {
    MessageDigest digest = EmulatedDriver.sha256();
    for (Path file : EmulatedDriver.files(EmulatedDriver.module().resolve("src/main/cuda"))) {
      String name = file.getFileName().toString();
      if (name.endsWith(".cu") || name.endsWith(".cuh")) {
        digest.update(Files.readAllBytes(file));
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @ParameterizedTest
  @ValueSource(strings = {"base", "tensor"})
  void ptxIsThatOfTheSources(String set) throws IOException {
    String first = Files.readAllLines(ptx(set)).getFirst();
    assertEquals(
        "// sources sha256 " + hashOfTheSources(),
        first,
        set + ".ptx was made of other sources: run scripts/kernels where nvcc is");
  }

  /// Drivers refuse a text that is newer than they are.
  @ParameterizedTest
  @CsvSource({"base,sm_75", "tensor,sm_80"})
  void oldDriversAndDevicesTakeThePtx(String set, String target) throws IOException {
    List<String> lines = Files.readAllLines(ptx(set));
    assertTrue(lines.contains(".version 7.0"), set + ".ptx must say .version 7.0");
    assertTrue(lines.contains(".target " + target), set + ".ptx must say .target " + target);
  }

  /// Skipped where there is no assembler; it comes with CUDA's toolkit.
  @ParameterizedTest
  @CsvSource({
    "base,75",
    "base,80",
    "base,90",
    "base,120",
    "tensor,80",
    "tensor,90",
    "tensor,120",
  })
  void kernelsKeepTheirRegisters(String set, int capability, @TempDir Path folder)
      throws IOException {
    assumeFalse(missing("ptxas"), "ptxas is not installed");
    String said =
        EmulatedDriver.output(
            List.of(
                "ptxas",
                "-v",
                "-arch=sm_" + capability,
                "-o",
                folder.resolve("out").toString(),
                ptx(set).toString()));
    assertNothingSpills(said);
  }

  private static boolean missing(String program) {
    try {
      EmulatedDriver.output(List.of(program, "--version"));
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static void assertNothingSpills(String said) {
    String function = "";
    for (String line : said.lines().toList()) {
      Matcher spills = SPILLS.matcher(line);
      if (line.contains("Function properties for")) {
        function = line.substring(line.lastIndexOf(' ') + 1);
      } else if (spills.find() && !(spills.group(1) + spills.group(2)).equals("00")) {
        fail(function + " spills: " + line.strip());
      }
    }
  }

  @Test
  void aSpillIsFound() {
    String said =
        """
        ptxas info    : Function properties for good
            0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
        ptxas info    : Function properties for greedy
            16 bytes stack frame, 16 bytes spill stores, 20 bytes spill loads
        """;
    assertNothingSpills(said.lines().limit(2).reduce("", (a, b) -> a + b + "\n"));
    AssertionError error =
        org.junit.jupiter.api.Assertions.assertThrows(
            AssertionError.class, () -> assertNothingSpills(said));
    assertTrue(String.valueOf(error.getMessage()).startsWith("greedy spills: 16"));
  }
}
