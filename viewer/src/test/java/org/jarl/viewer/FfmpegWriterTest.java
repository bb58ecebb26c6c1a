package org.jarl.viewer;

import static org.jarl.viewer.Films.assertShows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jarl.env.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FfmpegWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {".mp4", ".webm"})
  void aVideoHasEveryFrameInColoursNearTheirOwn(String ending) throws Exception {
    Path ffmpeg = ffmpeg();
    List<Frame> frames = Films.random(3, 25, 31, 17);
    Path file = folder.resolve("a" + ending);
    try (Film film = Film.create(file, new Film.Settings(30, 4, false))) {
      frames.forEach(film::add);
    }
    byte[] played = play(ffmpeg, file, 124, 68);
    assertEquals(25 * 124 * 68 * 3, played.length);
    for (int i = 0; i < frames.size(); i++) {
      int[] expected = Films.pixels(frames.get(i), 4);
      double error = 0;
      for (int k = 0; k < expected.length; k++) {
        for (int channel = 0; channel < 3; channel++) {
          int ours = expected[k] >> 16 - 8 * channel & 0xff;
          error += Math.abs(ours - (played[3 * (i * expected.length + k) + channel] & 0xff));
        }
      }
      error /= 3.0 * expected.length;
      assertTrue(error < 6, "frame " + i + ": mean error " + error);
    }
  }

  @Test
  void sidesOfAnOddLengthArePadded() throws Exception {
    Path ffmpeg = ffmpeg();
    Path file = folder.resolve("a.mp4");
    try (Film film = Film.create(file, new Film.Settings(30, 1, false))) {
      film.add(Films.noise(1, 31, 17));
    }
    assertEquals(32 * 18 * 3, play(ffmpeg, file, 32, 18).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {".apng", ".gif"})
  void ffmpegSeesInOurFilmsWhatWeWrote(String ending) throws Exception {
    Path ffmpeg = ffmpeg();
    List<Frame> frames = Films.random(4, 40, 30, 20);
    Path file = folder.resolve("a" + ending);
    try (Film film = Film.create(file, new Film.Settings(25, 2, false))) {
      frames.forEach(film::add);
    }
    byte[] played = play(ffmpeg, file, 60, 40);
    assertEquals(frames.size() * 60 * 40 * 3, played.length);
    for (int i = 0; i < frames.size(); i++) {
      Frame frame = new Frame();
      frame.resize(60, 40);
      System.arraycopy(played, i * 7200, frame.rgb(), 0, 7200);
      assertShows(frames.get(i), 2, Films.pixels(frame, 1), ending + " frame " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".mp4", ".webm"})
  void aVideoThatIsStillWrittenPlaysUpToThere(String ending) throws Exception {
    Path ffmpeg = ffmpeg();
    Path file = folder.resolve("a" + ending);
    Path copy = folder.resolve("copy" + ending);
    try (Film film = Film.create(file, new Film.Settings(30, 2, false))) {
      // One scene, so that ffmpeg sees no reason to begin a new fragment early.
      Frame frame = Films.noise(1, 48, 48);
      for (int i = 0; i < 600; i++) {
        frame.fillRectangle(i % 40, 20, 8, 8, 0xff << i % 17);
        film.add(frame);
      }
      // The last second and what the encoder looks ahead may lie in ffmpeg.
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      int frames = 0;
      while (frames < 535 && System.nanoTime() < deadline) {
        Files.deleteIfExists(copy);
        Files.copy(file, copy);
        frames = play(ffmpeg, copy, 96, 96).length / (96 * 96 * 3);
      }
      assertTrue(frames >= 535, frames + " frames of an open film");
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void whatFfmpegSaysOfAFullDiskIsInTheMessage() throws IOException {
    ffmpeg();
    Path file = folder.resolve("a.mp4");
    Files.createSymbolicLink(file, Path.of("/dev/full"));
    Film film = Film.create(file, new Film.Settings(30, 1, true));
    var error =
        assertThrows(
            UncheckedIOException.class,
            () -> {
              for (int i = 0; i < 500; i++) {
                film.add(Films.noise(i, 64, 64));
              }
              film.close();
            });
    Files.delete(file);
    assertTrue(
        String.valueOf(error.getMessage()).contains("No space left on device"), error.getMessage());
    assertTrue(
        String.valueOf(error.getMessage()).contains("ffmpeg ended with code"), error.getMessage());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void theLastLinesOfAProgramThatFailsAreReported() throws IOException {
    Path program =
        program("i=0; while [ $i -lt 9 ]; do echo \"trouble $i\" >&2; i=$((i+1)); done; exit 3");
    Path file = folder.resolve("a.mp4");
    Film film = Film.create(file, Film.Settings.of(30), program.toString());
    var error =
        assertThrows(
            UncheckedIOException.class,
            () -> {
              for (int i = 0; i < 1000; i++) {
                film.add(Films.noise(1, 64, 64));
              }
            });
    assertTrue(
        String.valueOf(error.getMessage())
            .startsWith(
                "the film "
                    + file
                    + " ends early: ffmpeg ended with code 3: trouble 4; trouble 5; trouble 6;"
                    + " trouble 7; trouble 8; "),
        error.getMessage());
    film.close();
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aProgramThatFailsAtTheEndIsReportedByClose() throws IOException {
    Path program = program("cat >/dev/null; echo broken >&2; exit 1");
    Path file = folder.resolve("a.webm");
    Film film = Film.create(file, Film.Settings.of(30), program.toString());
    film.add(Films.noise(1, 8, 8));
    film.add(Films.noise(2, 8, 8));
    var error = assertThrows(UncheckedIOException.class, film::close);
    assertEquals(
        "the film "
            + file
            + " ends early: ffmpeg ended with code 1: broken; what ffmpeg wrote of the 2 frames"
            + " before is kept and plays",
        error.getMessage());
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aProgramThatTheUserStoppedHasFinishedItsFile() throws IOException {
    Path program = program("cat >/dev/null; exit 255");
    Path file = folder.resolve("a.mp4");
    try (Film film = Film.create(file, Film.Settings.of(30), program.toString())) {
      film.add(Films.noise(1, 8, 8));
    }
    assertTrue(Files.exists(file));
  }

  @Test
  void withoutFfmpegTheMessageSaysHowToGetItAndWhatAlwaysWorks() {
    Path file = folder.resolve("a.mp4");
    var error =
        assertThrows(
            IllegalStateException.class,
            () -> Film.create(file, Film.Settings.of(30), folder.toString()));
    assertEquals(
        ".mp4 needs the program ffmpeg, which is not on the PATH: install it (apt install ffmpeg,"
            + " brew install ffmpeg, winget install ffmpeg), or name the film .apng, which always"
            + " works",
        error.getMessage());
    assertFalse(Files.exists(file));
  }

  /// The folder of a program that is called ffmpeg.
  private Path program(String script) throws IOException {
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path file = bin.resolve("ffmpeg");
    Files.writeString(file, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    return bin;
  }

  private static Path ffmpeg() {
    Path found = FfmpegWriter.find(System.getenv("PATH"));
    if (Boolean.getBoolean("jarl.forbid.skips")) {
      assertNotNull(found, "ffmpeg is not on the PATH, and jarl.forbid.skips is set");
    }
    assumeTrue(found != null, "ffmpeg is not on the PATH");
    return found;
  }

  /// All frames of a film, of the size given, as bytes of red, green and blue.
  private byte[] play(Path ffmpeg, Path film, int width, int height) throws Exception {
    Path raw = folder.resolve("raw");
    Files.deleteIfExists(raw);
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                List.of(
                    ffmpeg.toString(),
                    "-loglevel",
                    "error",
                    "-y",
                    "-i",
                    film.toString(),
                    "-f",
                    "rawvideo",
                    "-fps_mode",
                    "passthrough",
                    "-pix_fmt",
                    "rgb24",
                    raw.toString()))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    process.getOutputStream().close();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "ffmpeg does not end");
    byte[] bytes = Files.exists(raw) ? Files.readAllBytes(raw) : new byte[0];
    assertEquals(0, bytes.length % (width * height * 3), Files.readString(log));
    return bytes;
  }
}
