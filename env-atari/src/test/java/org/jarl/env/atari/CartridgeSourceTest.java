package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every cartridge of ours is there twice, as source and assembled. They are held together here.
class CartridgeSourceTest {
  private static final Path SOURCES = Path.of("src", "main", "asm");
  private static final Path BINARIES =
      Path.of("src", "main", "resources", "org", "jarl", "env", "atari");

  @ParameterizedTest
  @MethodSource("names")
  void aCartridgeIsTwoKilobytesAndStartsInside(String name) throws IOException {
    byte[] rom = binary(name);
    assertEquals(2048, rom.length);
    int start = (rom[0x7FC] & 0xFF) | (rom[0x7FD] & 0xFF) << 8;
    assertTrue(start >= 0xF800 && start < 0xFFFC, () -> "starts at " + Integer.toHexString(start));
  }

  @ParameterizedTest
  @MethodSource("names")
  void theSourceAssemblesToTheBinary(String name, @TempDir Path folder)
      throws IOException, InterruptedException {
    assumeTrue(hasAssembler(), "dasm is not installed (Debian: apt-get install dasm)");
    Path assembled = folder.resolve("assembled.bin");
    String output = run("dasm", SOURCES.resolve(name + ".asm").toString(), "-f3", "-o" + assembled);
    assertTrue(Files.exists(assembled), output);
    byte[] expected = Files.readAllBytes(assembled);
    byte[] found = binary(name);
    int difference = Arrays.mismatch(expected, found);
    assertArrayEquals(expected, found, () -> name + " differs from its source at " + difference);
  }

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(SOURCES)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(file -> file.endsWith(".asm"))
          .map(file -> file.substring(0, file.length() - ".asm".length()))
          .sorted()
          .toList();
    }
  }

  private static byte[] binary(String name) throws IOException {
    return Files.readAllBytes(BINARIES.resolve(name + ".bin"));
  }

  private static boolean hasAssembler() {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "dasm")));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }
}
