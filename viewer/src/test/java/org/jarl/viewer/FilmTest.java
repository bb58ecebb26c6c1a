package org.jarl.viewer;

import static org.jarl.viewer.Films.assertShows;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.env.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilmTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"a.apng", "a.png", "a.APNG"})
  void theEndingApngOrPngGivesAnApng(String name) throws IOException {
    List<Frame> frames = Films.random(1, 5, 20, 10);
    Path file = folder.resolve("films/of/today").resolve(name);
    try (Film film = Film.create(file, new Film.Settings(60, 1, false))) {
      frames.forEach(film::add);
      assertEquals(5, film.frames());
    }
    ApngDecoder decoded = new ApngDecoder(Files.readAllBytes(file));
    assertEquals(17, decoded.delays.get(0));
    assertShows(frames.get(4), 1, decoded.frames.get(4), "last frame");
  }

  @Test
  void theEndingGifGivesAGif() throws IOException {
    List<Frame> frames = Films.random(1, 5, 20, 10);
    Path file = folder.resolve("a.gif");
    try (Film film = Film.create(file, new Film.Settings(20, 2, false))) {
      frames.forEach(film::add);
    }
    GifDecoder decoded = new GifDecoder(Files.readAllBytes(file));
    assertEquals(5, decoded.delays.get(0));
    assertShows(frames.get(4), 2, decoded.frames.get(4), "last frame");
  }

  @Test
  void aFilmIsWholeAfterEachFrameWhileItIsStillOpen() throws IOException {
    Path file = folder.resolve("a.apng");
    try (Film film = Film.create(file, Film.Settings.of(30))) {
      for (Frame frame : Films.random(1, 9, 20, 10)) {
        film.add(frame);
        ApngDecoder decoded = new ApngDecoder(Files.readAllBytes(file));
        assertEquals(film.frames(), decoded.frames.size());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"demo.avi", "demo", ".apng.txt", "a.apng/b"})
  void anotherEndingIsRefusedWithAllThatAreKnown(String name) {
    Path file = folder.resolve(name);
    var error =
        assertThrows(IllegalArgumentException.class, () -> Film.create(file, Film.Settings.of(30)));
    assertEquals(
        "the name of a film ends in .apng (or .png), .gif, .mp4 or .webm, got \"" + file + "\".",
        error.getMessage());
    assertFalse(Files.exists(file));
  }

  @Test
  void aMisspeltEndingGetsAHint() {
    var error = assertThrows(IllegalArgumentException.class, () -> Film.check(Path.of("a.gfi")));
    assertTrue(
        String.valueOf(error.getMessage()).endsWith("Did you mean \".gif\"?"), error.getMessage());
  }

  @Test
  void anExistingFileIsLeftAloneUnlessItMayBeReplaced() throws IOException {
    Path file = folder.resolve("a.apng");
    byte[] old = new byte[5000];
    Files.write(file, old);
    var error =
        assertThrows(IllegalArgumentException.class, () -> Film.create(file, Film.Settings.of(30)));
    assertEquals(
        "the film " + file + " exists: choose another name, or allow to replace it",
        error.getMessage());
    assertArrayEquals(old, Files.readAllBytes(file));
    try (Film film = Film.create(file, new Film.Settings(30, 1, true))) {
      film.add(Films.noise(1, 3, 3));
    }
    assertEquals(1, new ApngDecoder(Files.readAllBytes(file)).frames.size());
  }

  @Test
  void aFolderThatCannotBeMadeIsNamed() throws IOException {
    Path blocker = Files.write(folder.resolve("file"), new byte[1]);
    Path film = folder.resolve("file/a.apng");
    var error =
        assertThrows(UncheckedIOException.class, () -> Film.create(film, Film.Settings.of(30)));
    assertEquals(
        "cannot make the folder of the film %s: %s is not a folder".formatted(film, blocker),
        error.getMessage());
  }

  @Test
  void aFolderIsNotReplacedByAFilm() throws IOException {
    Path file = Files.createDirectory(folder.resolve("a.gif"));
    var error =
        assertThrows(
            UncheckedIOException.class, () -> Film.create(file, new Film.Settings(30, 1, true)));
    assertTrue(
        String.valueOf(error.getMessage()).startsWith("cannot write the film " + file + ": "),
        error.getMessage());
    assertTrue(Files.isDirectory(file));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskEndsTheFilmWithAMessage() throws IOException {
    for (String ending : List.of(".apng", ".gif")) {
      Path file = folder.resolve("full" + ending);
      Files.createSymbolicLink(file, Path.of("/dev/full"));
      Film film = Film.create(file, new Film.Settings(30, 1, true));
      var error = assertThrows(UncheckedIOException.class, () -> film.add(Films.noise(1, 9, 9)));
      assertEquals(
          "the film %s ends early: No space left on device; nothing was kept".formatted(file),
          error.getMessage());
      var late = assertThrows(IllegalStateException.class, () -> film.add(Films.noise(1, 9, 9)));
      assertEquals("the film %s is closed: begin another one".formatted(file), late.getMessage());
      film.close();
      Files.delete(file);
    }
  }

  @Test
  void aFilmWithoutAFrameLeavesNoFile() {
    Path file = folder.resolve("a.gif");
    Film.create(file, Film.Settings.of(30)).close();
    assertFalse(Files.exists(file));
  }

  @Test
  void aSmallerFrameIsEnlargedByAWholeFactorInTheMiddle() throws IOException {
    Frame large = Films.noise(1, 11, 9);
    Frame small = Films.noise(2, 5, 3);
    Frame expected = new Frame();
    expected.resize(11, 9);
    expected.fill(0);
    for (int y = 0; y < 6; y++) {
      for (int x = 0; x < 10; x++) {
        expected.fillRectangle(x, y + 1, 1, 1, small.pixel(x / 2, y / 2));
      }
    }
    assertShows(expected, 1, film(large, small, large).frames.get(1), "the smaller frame");
  }

  @Test
  void aLargerFrameIsReducedWithBlackSides() throws IOException {
    Frame first = Films.noise(1, 8, 8);
    Frame wide = Films.noise(2, 16, 8);
    Frame expected = new Frame();
    expected.resize(8, 8);
    expected.fill(0);
    for (int y = 0; y < 4; y++) {
      for (int x = 0; x < 8; x++) {
        expected.fillRectangle(x, y + 2, 1, 1, wide.pixel(2 * x, 2 * y));
      }
    }
    assertShows(expected, 1, film(first, wide).frames.get(1), "the larger frame");
  }

  @Test
  void smallFramesAreEnlargedByThemselves() throws IOException {
    Path file = folder.resolve("a.apng");
    Frame frame = Films.noise(1, 80, 70);
    try (Film film = Film.create(file, Film.Settings.of(30))) {
      film.add(frame);
    }
    ApngDecoder decoded = new ApngDecoder(Files.readAllBytes(file));
    assertEquals(480, decoded.width);
    assertShows(frame, 6, decoded.frames.get(0), "enlarged");
  }

  @Test
  void aFrameTooLargeForTheFormatIsRefused() {
    Film film = Film.create(folder.resolve("a.gif"), new Film.Settings(30, 64, false));
    Frame frame = new Frame();
    frame.resize(2000, 1);
    var error = assertThrows(IllegalArgumentException.class, () -> film.add(frame));
    assertEquals(
        "a film of 128000 x 64 pixels is too large: let its pixels be less than 64 wide",
        error.getMessage());
    film.close();
  }

  @Test
  void settingsOutsideTheirRangeAreRefused() {
    assertEquals(
        "a film has 1 to 1000 frames per second, got 0",
        assertThrows(IllegalArgumentException.class, () -> Film.Settings.of(0)).getMessage());
    assertEquals(
        "the pixels of a film are 1 to 64 wide, or 0 to choose, got 65",
        assertThrows(IllegalArgumentException.class, () -> new Film.Settings(30, 65, false))
            .getMessage());
  }

  private ApngDecoder film(Frame... frames) throws IOException {
    Path file = folder.resolve("film.apng");
    try (Film film = Film.create(file, new Film.Settings(30, 1, false))) {
      for (Frame frame : frames) {
        film.add(frame);
      }
    }
    return new ApngDecoder(Files.readAllBytes(file));
  }
}
