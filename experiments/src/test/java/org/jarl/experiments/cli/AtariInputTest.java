package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Whatever users do with ROMs and Atari options on the command line: each gets an exit code and a
/// text that says what to do. The emulator ends the process over a wrong ROM, and a process that
/// ends fails these tests.
@Timeout(300)
class AtariInputTest {
  private static final String PROPERTY = "jarl.roms";
  private static final String SIZES =
      "no cartridge has (2, 4, 8, 10, 12, 16, 32 or 64 KiB): it is no ROM, or was cut short";

  @TempDir private Path temporary;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private int runs;

  @BeforeEach
  void useAFolderOfOurOwn() {
    System.setProperty(PROPERTY, roms().toString());
  }

  @AfterEach
  void useTheUsersFolderAgain() {
    System.clearProperty(PROPERTY);
  }

  private Path roms() {
    return temporary.resolve("roms");
  }

  private int jarl(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Jarl.run(args, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(temporary.resolve(name), content);
  }

  private static byte[] bytes(int size) {
    byte[] bytes = new byte[size];
    new SplittableRandom(size).nextBytes(bytes);
    return bytes;
  }

  private static byte[] zip(String name, byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var zip = new ZipOutputStream(bytes)) {
      zip.putNextEntry(new ZipEntry(name));
      zip.write(content);
    }
    return bytes.toByteArray();
  }

  private void assertNotImported(Path file, String reason) {
    assertEquals(2, jarl("roms", "import", file.toString()));
    assertEquals(
        "not supported  "
            + file
            + " "
            + reason
            + "\n0 imported, 0 already there, 1 not supported; the ROM folder is "
            + roms()
            + "\n",
        out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void aMissingFileIsNamed() {
    Path nowhere = temporary.resolve("nowhere.bin");
    assertEquals(2, jarl("roms", "import", nowhere.toString()));
    assertEquals(nowhere + " does not exist\n", err.toString());
  }

  @Test
  void filesThatAreNoRomsAreNamed() throws IOException {
    assertNotImported(file("empty.bin", new byte[0]), "is empty");
    assertNotImported(file("cut.bin", bytes(3000)), "has 3,000 bytes, which " + SIZES);
    assertNotImported(
        file("film.bin", new byte[100_000]), "is larger than any cartridge, 65,536 bytes");
    assertNotImported(
        file("letter.bin", "Dear Atari".getBytes(StandardCharsets.UTF_8)),
        "has 10 bytes, which " + SIZES);
    assertNotImported(
        file("game.rar", "Rar!...".getBytes(StandardCharsets.UTF_8)),
        "is a rar archive; unpack it first");
  }

  @Test
  void aGameThatAleDoesNotKnowIsNamedByItsMd5() throws IOException {
    assertNotImported(
        file("homebrew.bin", new byte[4096]),
        "is not known by its md5 620f0b67a91f7f74151bc5be745b7110: another version of a game, or no"
            + " game of ALE");
  }

  @Test
  void aFileThatOnlyHasTheNameOfAGameIsNotThatGame() throws IOException {
    assertNotImported(
        file("Breakout.bin", new byte[4096]),
        "is not the version of Breakout that ALE knows: its md5 is"
            + " 620f0b67a91f7f74151bc5be745b7110, must be f34f08e5eb96e500e851a80be3277a56");
  }

  @Test
  void archivesAreLookedInto() throws IOException {
    Path zipped = file("roms.zip", zip("pong.bin", bytes(1000)));
    assertEquals(2, jarl("roms", "import", zipped.toString()));
    assertTrue(
        out.toString()
            .startsWith(
                "not supported  " + zipped + "!/pong.bin has 1,000 bytes, which " + SIZES + "\n"),
        out.toString());
  }

  @Test
  void aFolderWithoutRomsGivesNothing() throws IOException {
    Path empty = Files.createDirectory(temporary.resolve("empty"));
    Files.writeString(empty.resolve("readme.txt"), "no ROMs here");
    assertEquals(2, jarl("roms", "import", empty.toString()));
    assertEquals(
        "0 imported, 0 already there, 0 not supported, 1 other files; the ROM folder is "
            + roms()
            + "\n",
        out.toString());
  }

  @Test
  void aFolderThatCannotBeWrittenIsUnavailable() throws IOException {
    Files.writeString(roms(), "a file where the folder should be");
    Path file = file("game.bin", bytes(4096));
    assertEquals(69, jarl("roms", "import", file.toString()));
    assertTrue(
        err.toString().startsWith("the ROM folder " + roms() + " cannot be written ("),
        err.toString());
    assertTrue(err.toString().contains("environment variable JARL_ROMS"), err.toString());
  }

  @Test
  void importingOnesOwnNeedsAGameAndAFile() throws IOException {
    String file = file("mine.bin", bytes(4096)).toString();
    assertEquals(2, jarl("roms", "import", file, "--as", "pongg"));
    assertEquals(
        "--as must name a game that ALE knows, got \"pongg\". Did you mean \"pong\"? List them"
            + " with: jarl roms list --all\n",
        err.toString());
    assertEquals(2, jarl("roms", "import", temporary.toString(), "--as", "pong"));
    assertEquals(temporary + " is a folder; a ROM is a file\n", err.toString());
    String cut = file("cut.bin", bytes(5000)).toString();
    assertEquals(2, jarl("roms", "import", cut, "--as", "pong"));
    assertEquals(cut + " has 5,000 bytes, which " + SIZES + "\n", err.toString());
    String zipped = file("mine.zip", zip("mine.bin", bytes(4096))).toString();
    assertEquals(2, jarl("roms", "import", zipped, "--as", "pong"));
    assertEquals(zipped + " is a zip archive; unpack it first\n", err.toString());
    String named = file("breakout.bin", bytes(4096)).toString();
    assertEquals(2, jarl("roms", "import", named, "--as", "pong"));
    assertTrue(err.toString().endsWith("; rename the file\n"), err.toString());
    assertFalse(Files.exists(roms()), "nothing was made");
  }

  @Test
  void theListSaysWhatIsThereAndHowToBringMore() {
    assertEquals(0, jarl("roms"));
    assertEquals(
        "0 of 104 games, in " + roms() + "\nimport yours with: jarl roms import PATH\n",
        out.toString());
    assertEquals(0, jarl("roms", "list", "--all"));
    assertTrue(
        out.toString().matches("(?s).*\n-     atari/ms-pacman-v5 +Ms\\. Pac-Man\n.*"),
        out.toString());
    assertEquals(0, jarl("envs"));
    assertTrue(out.toString().contains("atari/wallball-v1"), out.toString());
    assertTrue(
        out.toString()
            .contains(
                "and 104 more that need something first, such as atari/adventure-v5: the ROM of"
                    + " Adventure is not here: import yours with: jarl roms import DIR"),
        out.toString());
  }

  private Path config(String options) throws IOException {
    return Files.writeString(
        temporary.resolve("config.yaml"),
        """
        environment: {id: atari/pong-v5, options: %s}
        agent: {type: dqn}
        training: {agentSteps: 10}
        """
            .formatted(options));
  }

  private void assertConfigRefused(String options, String reason) throws IOException {
    Path config = config(options);
    assertEquals(2, jarl("train", config.toString(), "--out", temporary.resolve("run").toString()));
    assertTrue(err.toString().startsWith(config + ":1:"), err.toString());
    assertTrue(err.toString().contains(reason), err.toString());
  }

  @Test
  void optionsThatCannotBeAreNamedInTheFile() throws IOException {
    assertConfigRefused(
        "{mode: 3}", "option \"mode\" of \"atari/pong-v5\" must be one of [0, 1], got 3");
    assertConfigRefused(
        "{difficulty: 4}",
        "option \"difficulty\" of \"atari/pong-v5\" must be one of [0, 1, 2, 3], got 4");
    assertConfigRefused(
        "{protocol: dqn2016}",
        "option \"protocol\" of \"atari/pong-v5\" must be one of [dqn2013, dqn2015, machado2018,"
            + " cleanrl, sb3, gymnasium-v5], got \"dqn2016\". Did you mean \"dqn2013\"?");
    assertConfigRefused(
        "{frameskip: 3}",
        "unknown option \"frameskip\" of atari/pong-v5; did you mean \"frameSkip\"?");
    assertConfigRefused("{stack: four}", "must be a whole number, got four");
  }

  private void assertUnavailable(String reason) throws IOException {
    Path run = temporary.resolve("run-" + runs++);
    Path config = config("{protocol: cleanrl}");
    assertEquals(69, jarl("train", config.toString(), "--out", run.toString()));
    assertEquals(reason + "\n", err.toString());
  }

  @Test
  void aGameWithoutItsRomIsUnavailable() throws IOException {
    assertUnavailable("the ROM of Pong is not here: import yours with: jarl roms import DIR");
    assertFalse(Files.exists(temporary.resolve("run-0")), "no folder is left behind");
    assertEquals(69, jarl("envs", "check", "atari/pong-v5"));
    assertEquals(2, jarl("envs", "check", "atari/pongg-v5"));
    assertTrue(
        err.toString().startsWith("Unknown environment \"atari/pongg-v5\". Did you mean"),
        err.toString());
  }

  @Test
  void aWrongFileUnderTheNameOfARomIsUnavailable() throws IOException {
    Path pong = Files.createDirectory(roms()).resolve("pong.bin");
    String remedy = "; import it anew with: jarl roms import PATH";
    Files.write(pong, new byte[0]);
    assertUnavailable(pong + " is empty" + remedy);
    Files.write(pong, bytes(2000));
    assertUnavailable(pong + " has 2,000 bytes, which " + SIZES + remedy);
    Files.write(pong, new byte[2048]);
    assertUnavailable(
        pong
            + " is not the ROM of Pong that ALE knows: its md5 is c99a74c555371a433d121f551d6c6398,"
            + " must be 60e0ea3cbe0913d39803477945e9e5ec"
            + remedy);
  }

  /// Such a file would end or hang the emulator.
  @Test
  void noiseIsNotTakenForACartridge() throws IOException {
    Path noise = file("noise.bin", new byte[4096]);
    assertEquals(2, jarl("roms", "import", noise.toString(), "--as", "breakout"));
    assertEquals(
        "the ROM of \"noise\" does not say where the processor starts: it is no Atari 2600 ROM\n",
        err.toString());
  }

  /// It has an address to start at, and who knows what then.
  @Tag("slow")
  @Test
  void noiseThatRunsIsTriedElsewhere() throws IOException {
    for (int seed = 0; seed < 4; seed++) {
      byte[] rom = new byte[2048];
      new SplittableRandom(seed).nextBytes(rom);
      rom[2045] |= 0x10;
      Path noise = file("noise.bin", rom);
      assertEquals(2, jarl("roms", "import", noise.toString(), "--as", "breakout"));
      assertTrue(
          err.toString().startsWith("\"noise\" never got started in mode 0")
              || err.toString().startsWith("\"noise\" ended the emulator"),
          err.toString());
    }
  }

  /// In a process of its own, since a library that is loaded stays.
  @Test
  void aNativeLibraryThatCannotLoadIsUnavailable() throws Exception {
    Path libraries = Files.createDirectory(temporary.resolve("libraries"));
    Files.writeString(libraries.resolve("libz.so.1"), "no library");
    String reason = "ALE needs the system library libz.so.1, which cannot be loaded";
    Path config = config("{protocol: cleanrl}");
    String said =
        child(
            69,
            libraries,
            "train",
            config.toString(),
            "--set",
            "environment.id=atari/duel-v1",
            "--out",
            temporary.resolve("run").toString());
    assertTrue(said.contains(reason), said);
    said = child(0, libraries, "doctor");
    assertTrue(said.contains("none  Atari          ALE does not load"), said);
    assertTrue(said.contains("-> " + reason), said);
  }

  private String child(int exitCode, Path libraries, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                Jarl.class.getName()));
    command.addAll(List.of(arguments));
    Path said = temporary.resolve("said.txt");
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_LIBRARY_PATH", libraries.toString());
    int code = builder.redirectOutput(said.toFile()).start().waitFor();
    String text = Files.readString(said);
    assertEquals(exitCode, code, text);
    return text;
  }
}
