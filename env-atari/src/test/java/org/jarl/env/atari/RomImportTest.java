package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.RomLibrary.Finding;
import org.jarl.env.RomLibrary.Outcome;
import org.jarl.env.RomLibrary.Rom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// With a table of two made-up games, since real ROMs cannot be shipped.
class RomImportTest {
  private static final byte[] TOWERS = bytes(1, 4096);
  private static final byte[] ROCKETS = bytes(2, 2048);
  private static final Games GAMES =
      new Games(List.of(game("towers", TOWERS), game("sky_rockets", ROCKETS)));

  @TempDir private Path temporary;

  private static byte[] bytes(long seed, int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  private static String md5(byte[] bytes) {
    try {
      return RomImage.read(new ByteArrayInputStream(bytes)).md5();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Game game(String name, byte[] rom) {
    return new Game(
        name, md5(rom), List.of(0), List.of(0), List.of(0, 1), name.toUpperCase(Locale.ROOT));
  }

  private RomFolder folder() {
    return new RomFolder(temporary.resolve("roms"), GAMES);
  }

  private AtariRoms library() {
    return new AtariRoms(folder());
  }

  private Path source(String name, byte[] content) throws IOException {
    Path file = temporary.resolve("mine").resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, content);
  }

  private static byte[] zip(Map<String, byte[]> entries) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      for (var entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    return bytes.toByteArray();
  }

  private List<String> imported(Path path) {
    return library().importFrom(path).stream()
        .map(f -> f.outcome() + " " + temporary.relativize(Path.of(f.source())) + " " + f.text())
        .sorted()
        .toList();
  }

  private static String only(List<Finding> findings) {
    assertEquals(1, findings.size(), findings.toString());
    assertEquals(Outcome.NOT_SUPPORTED, findings.getFirst().outcome());
    return findings.getFirst().text();
  }

  private String refusal(String name, byte[] content) throws IOException {
    return only(library().importFrom(source(name, content)));
  }

  @Test
  void romsAreKnownByTheirMd5WhateverTheyAreCalled() throws IOException {
    source("deep/down/holiday.jpg", TOWERS);
    source("Sky Rockets (1981).a26", ROCKETS);
    source("readme.txt", "roms".getBytes(StandardCharsets.UTF_8));
    source("other.bin", bytes(3, 4096));
    assertEquals(
        List.of(
            "IMPORTED mine/Sky Rockets (1981).a26 SKY_ROCKETS",
            "IMPORTED mine/deep/down/holiday.jpg TOWERS",
            "NOT_SUPPORTED mine/other.bin is not known by its md5 "
                + md5(bytes(3, 4096))
                + ": another version of a game, or no game of ALE",
            "NO_ROM mine/readme.txt "),
        imported(temporary.resolve("mine")));
    assertArrayEquals(TOWERS, Files.readAllBytes(temporary.resolve("roms/towers.bin")));
    assertArrayEquals(ROCKETS, Files.readAllBytes(temporary.resolve("roms/sky_rockets.bin")));
    assertEquals(List.of("sky_rockets.bin", "towers.bin"), names(temporary.resolve("roms")));
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void whatIsThereIsLeftAlone() throws IOException {
    Path file = source("towers.bin", TOWERS);
    assertEquals(List.of("IMPORTED mine/towers.bin TOWERS"), imported(file));
    assertEquals(List.of("ALREADY_THERE mine/towers.bin TOWERS"), imported(file));
    Files.write(folder().path().resolve("towers.bin"), new byte[] {1, 2});
    assertEquals(
        List.of("IMPORTED mine/towers.bin TOWERS"), imported(file), "a damaged copy is replaced");
    assertArrayEquals(TOWERS, Files.readAllBytes(temporary.resolve("roms/towers.bin")));
  }

  @Test
  void romsAreFoundInZipArchives() throws IOException {
    byte[] inner = zip(Map.of("towers.bin", TOWERS));
    source(
        "pack.ZIP",
        zip(
            Map.of(
                "a/rockets.bin",
                ROCKETS,
                "bad.bin",
                bytes(4, 100),
                "notes.txt",
                new byte[9],
                "inner.zip",
                inner)));
    source("renamed.bin", zip(Map.of("x", TOWERS)));
    assertEquals(
        List.of(
            "IMPORTED mine/pack.ZIP!/a/rockets.bin SKY_ROCKETS",
            "IMPORTED mine/renamed.bin!/x TOWERS",
            "NOT_SUPPORTED mine/pack.ZIP!/bad.bin has 100 bytes, which no cartridge has (2, 4, 8,"
                + " 10, 12, 16, 32 or 64 KiB): it is no ROM, or was cut short",
            "NOT_SUPPORTED mine/pack.ZIP!/inner.zip is a zip archive; unpack it first",
            "NO_ROM mine/pack.ZIP!/notes.txt "),
        imported(temporary.resolve("mine")));
  }

  /// No more is unpacked than a cartridge holds.
  @Test
  @Timeout(20)
  void archivesThatUnpackToMuchAreReadBriefly() throws IOException {
    Path file = temporary.resolve("bomb.zip");
    try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("towers.bin"));
      byte[] zeros = new byte[1 << 20];
      for (int mebibytes = 0; mebibytes < 64; mebibytes++) {
        zip.write(zeros);
      }
    }
    assertEquals("is larger than any cartridge, 65,536 bytes", only(library().importFrom(file)));
  }

  @Test
  void brokenArchivesAreNamed() throws IOException {
    byte[] whole = zip(Map.of("towers.bin", TOWERS));
    byte[] cut = Arrays.copyOf(whole, whole.length / 2);
    assertTrue(refusal("cut.zip", cut).startsWith("is a zip archive that cannot be read: "));
    byte[] rar = "Rar!xxxx".getBytes(StandardCharsets.UTF_8);
    assertEquals("is a rar archive; unpack it first", refusal("pack.rar", rar));
  }

  @Test
  void everyReasonIsSaid() throws IOException {
    assertEquals("is empty", refusal("empty.bin", new byte[0]));
    assertEquals(
        "has 4,000 bytes, which no cartridge has (2, 4, 8, 10, 12, 16, 32 or 64 KiB): it is no ROM,"
            + " or was cut short",
        refusal("towers.bin", Arrays.copyOf(TOWERS, 4000)));
    assertEquals(
        "is larger than any cartridge, 65,536 bytes", refusal("big.bin", new byte[65_537]));
    assertEquals(
        "is not the version of TOWERS that ALE knows: its md5 is "
            + md5(ROCKETS_CHANGED)
            + ", must be "
            + md5(TOWERS),
        refusal("Towers.bin", ROCKETS_CHANGED));
  }

  private static final byte[] ROCKETS_CHANGED = bytes(5, 2048);

  @Test
  void aPathThatIsNotThereIsRefused() {
    Path nowhere = temporary.resolve("nowhere");
    var refused = assertThrows(IllegalArgumentException.class, () -> library().importFrom(nowhere));
    assertEquals(nowhere + " does not exist", refused.getMessage());
    assertFalse(Files.exists(folder().path()), "nothing was made");
  }

  @Test
  @Timeout(20)
  void loopsOfLinksAreNotWalked() throws IOException {
    Path mine = temporary.resolve("mine");
    source("towers.bin", TOWERS);
    Files.createSymbolicLink(mine.resolve("loop"), mine);
    Files.createSymbolicLink(mine.resolve("linked.bin"), mine.resolve("towers.bin"));
    Files.createSymbolicLink(mine.resolve("dangling.bin"), mine.resolve("gone"));
    assertEquals(
        List.of(
            "NOT_SUPPORTED mine/dangling.bin does not exist",
            "NOT_SUPPORTED mine/loop is a link to a folder, which is not followed; name that"
                + " folder"),
        imported(mine).stream().filter(line -> line.startsWith("NOT_SUPPORTED")).toList());
    Path link = Files.createSymbolicLink(temporary.resolve("link"), mine);
    assertTrue(
        imported(link).contains("ALREADY_THERE mine/towers.bin TOWERS"), "but the named one is");
  }

  /// Reading from a pipe that nobody writes to would never end.
  @Test
  @Timeout(20)
  void whatIsNoRegularFileIsNotOpened() throws Exception {
    Path mine = Files.createDirectories(temporary.resolve("mine"));
    Path pipe = mine.resolve("pipe.bin");
    assumeTrue(isUnix() && new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor() == 0);
    assertEquals(List.of("NOT_SUPPORTED mine/pipe.bin is no regular file"), imported(mine));
    assertEquals(List.of("NOT_SUPPORTED mine/pipe.bin is no regular file"), imported(pipe));
  }

  private static boolean isUnix() {
    return !System.getProperty("os.name").startsWith("Windows");
  }

  @Test
  void namesCannotCommandTheTerminal() throws IOException {
    Path file = source("pack.zip", zip(Map.of("a\u001b[2Jb.bin", new byte[10])));
    List<Finding> findings = library().importFrom(file);
    assertEquals(file + "!/a?[2Jb.bin", findings.getFirst().source());
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws IOException {
    Path file = source("towers.bin", TOWERS);
    Files.write(temporary.resolve("roms"), new byte[1]);
    var refused =
        assertThrows(EnvironmentUnavailableException.class, () -> library().importFrom(file));
    String message = String.valueOf(refused.getMessage());
    assertTrue(
        message.startsWith("the ROM folder " + temporary.resolve("roms") + " cannot be written ("),
        message);
    assertTrue(
        message.endsWith(
            "; allow it, or name another folder with the environment variable JARL_ROMS"),
        message);
  }

  @Test
  void romsAreListedWithWhatIsThere() {
    assertEquals(
        List.of(
            new Rom("atari/towers-v5", "TOWERS", false, null),
            new Rom("atari/sky-rockets-v5", "SKY_ROCKETS", false, null)),
        library().roms());
  }
}
