package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.RomLibrary.Finding;
import org.jarl.env.RomLibrary.Outcome;
import org.jarl.env.RomLibrary.Rom;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// ROMs of the user's own, for which our cartridges serve here, and ROMs that were changed behind
/// our back.
class OwnRomTest {
  private static final String ID = "atari/my-wall-2-v5";
  private static final Game PONG = Objects.requireNonNull(Games.ale().named("pong"));

  @TempDir private Path temporary;
  private RomFolder folder = new RomFolder(Path.of(""), Games.ale());

  @BeforeEach
  void makeFolder() {
    folder = new RomFolder(temporary.resolve("roms"), Games.ale());
  }

  private AtariProvider provider() {
    return new AtariProvider(folder);
  }

  private Path mine(String cartridge) throws IOException {
    try (var in = OwnRomTest.class.getResourceAsStream(cartridge + ".bin")) {
      byte[] rom = Objects.requireNonNull(in).readAllBytes();
      return Files.write(temporary.resolve("My  Wall (2).bin"), rom);
    }
  }

  @Test
  void anImportedRomIsAnEnvironment() throws IOException {
    Path mine = mine("wallball");
    AtariRoms library = new AtariRoms(folder);
    assertEquals(
        new Finding(mine.toString(), Outcome.IMPORTED, ID + ", with the memory layout of Breakout"),
        library.importAs(mine, "breakout"));
    assertEquals(Outcome.ALREADY_THERE, library.importAs(mine, "breakout").outcome());
    assertEquals(new Rom(ID, "my-wall-2", true, "Breakout"), library.roms().getLast());
    assertEquals(provider().ids().getLast(), ID);
    assertEquals(
        "0 of 104 games and 1 of your own in " + folder.path(),
        provider().health().getLast().text());
    assertEquals(trace("atari/wallball-v1"), trace(ID));
  }

  /// What the console's memory holds after a minute of play.
  private List<Byte> trace(String id) {
    Map<String, Object> options = Map.of("observation", "ram");
    try (VectorEnvironment played =
        new ThreadedVectorEnvironment(id, () -> provider().create(id, options), 1, 1)) {
      ActionBatch actions = new ActionBatch(played.spec().actionSpace(), 1);
      var batch = played.reset(1);
      for (int step = 0; step < 900; step++) {
        actions.indices()[0] = step % 4;
        batch = played.step(actions);
      }
      byte[] memory = batch.observations().toArray(ValueLayout.JAVA_BYTE);
      return IntStream.range(0, memory.length).mapToObj(i -> memory[i]).toList();
    }
  }

  @Test
  void aNewRomTakesThePlaceOfAnOlderOneOfItsName() throws Exception {
    assertTrue(folder.store("mine", PONG, RomImage.read(mine("duel"))));
    RomImage changed = RomImage.read(mine("wallball"));
    assertTrue(folder.store("mine", PONG, changed));
    assertEquals(
        List.of(folder.path().resolve("mine.as.pong." + changed.md5() + ".bin")),
        folder.own().stream().map(RomFolder.OwnRom::file).toList());
  }

  @Test
  void aRomThatWasChangedAfterItsImportIsRefused() throws Exception {
    folder.store("mine", PONG, RomImage.read(mine("duel")));
    Path file = folder.own().getFirst().file();
    byte[] bytes = Files.readAllBytes(file);
    String md5 = RomImage.read(file).md5();
    bytes[7]++;
    Files.write(file, bytes);
    assertUnavailable(
        "atari/mine-v5",
        file
            + " is not the ROM that was imported: its md5 is "
            + RomImage.read(file).md5()
            + ", must be "
            + md5);
    Files.write(file, Arrays.copyOf(bytes, 1000));
    assertUnavailable(
        "atari/mine-v5",
        file
            + " has 1,000 bytes, which no cartridge has (2, 4, 8, 10, 12, 16, 32 or 64 KiB): it is"
            + " no ROM, or was cut short");
  }

  /// Whoever copies files into the folder by hand can be wrong.
  @Test
  void anotherRomUnderTheNameOfAGameIsRefused() throws Exception {
    Files.createDirectories(folder.path());
    Path pong = folder.path().resolve("pong.bin");
    Files.copy(mine("duel"), pong);
    assertUnavailable(
        "atari/pong-v5",
        pong
            + " is not the ROM of Pong that ALE knows: its md5 is "
            + RomImage.read(pong).md5()
            + ", must be 60e0ea3cbe0913d39803477945e9e5ec");
    Files.write(pong, new byte[0]);
    assertUnavailable("atari/pong-v5", pong + " is empty");
    Files.delete(pong);
    Files.createDirectory(pong);
    assertUnavailable(
        "atari/pong-v5", "the ROM of Pong is not here: import yours with: jarl roms import DIR");
  }

  private void assertUnavailable(String id, String reason) {
    var refused =
        assertThrows(
            EnvironmentUnavailableException.class, () -> provider().create(id, Map.of()).close());
    String message = String.valueOf(refused.getMessage());
    assertEquals(reason, message.replace("; import it anew with: jarl roms import PATH", ""));
  }
}
