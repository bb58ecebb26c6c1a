package org.jarl.viewer;

import static org.jarl.viewer.Films.assertShows;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jarl.env.Frame;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Films of processes that are really killed, and of files that really cannot grow.
@Tag("slow")
@DisabledOnOs(OS.WINDOWS)
class FilmKillTest {
  private static final int WIDTH = 160;
  private static final int HEIGHT = 120;
  private static final int LENGTH = 400;

  @TempDir Path folder;

  /// Writes a film again and again without end; the frames are those of [Films#random].
  public static void main(String[] arguments) {
    List<Frame> frames = Films.random(1, LENGTH, WIDTH, HEIGHT);
    try (Film film = Film.create(Path.of(arguments[0]), new Film.Settings(30, 1, true))) {
      for (int i = 0; ; i++) {
        film.add(frames.get(i % LENGTH));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".apng", ".gif"})
  void aKilledProcessLeavesAFilmThatPlays(String ending) throws Exception {
    for (int round = 0; round < 4; round++) {
      Path file = folder.resolve("film" + round + ending);
      Process process = start("exec \"$@\"", file);
      while (!Files.exists(file) || Files.size(file) < 20_000L * (1 + round)) {
        assertTrue(process.isAlive(), () -> "ended: " + log());
        Thread.sleep(1);
      }
      process.destroyForcibly().waitFor();
      assertTrue(play(ending, file) > 10, "few frames");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".apng", ".gif"})
  void aFileThatCannotGrowIsAFilmThatPlaysAndTheMessageCountsItsFrames(String ending)
      throws Exception {
    Path file = folder.resolve("film" + ending);
    Process process = start("ulimit -f 100; exec \"$@\"", file);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "does not end");
    String expected =
        "the film %s ends early: File too large; the %d frames before are kept, and the file plays"
            .formatted(file, play(ending, file));
    assertTrue(log().contains(expected), () -> expected + "\ngot: " + log());
  }

  /// Decodes a film and compares every frame.
  ///
  /// @return how many there are
  private static int play(String ending, Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<int[]> decoded =
        ending.equals(".gif") ? new GifDecoder(bytes).frames : new ApngDecoder(bytes).frames;
    List<Frame> frames = Films.random(1, LENGTH, WIDTH, HEIGHT);
    for (int i = 0; i < Math.min(150, decoded.size()); i++) {
      assertShows(frames.get(i % LENGTH), 1, decoded.get(i), file + ", frame " + i);
    }
    assertEquals(WIDTH * HEIGHT, decoded.getLast().length);
    return decoded.size();
  }

  private Process start(String script, Path file) throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", script, "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(FilmKillTest.class.getName(), file.toString()));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("log").toFile())
        .start();
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
