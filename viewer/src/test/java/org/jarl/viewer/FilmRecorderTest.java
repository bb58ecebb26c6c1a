package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import org.jarl.env.Frame;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FilmRecorderTest {
  @TempDir Path folder;

  @Test
  void everySceneOfASessionIsAFrame() throws Exception {
    List<Frame> frames = Films.random(1, 50, 40, 30);
    Path file = folder.resolve("a.apng");
    Stage stage = record(frames, file);
    assertTrue(stage.left());
    ApngDecoder decoded = new ApngDecoder(Files.readAllBytes(file));
    assertEquals(50, decoded.frames.size());
    assertEquals(480, decoded.width);
    for (int i = 0; i < 50; i++) {
      int[] expected = Films.pixels(frames.get(i), 12);
      int[] actual = decoded.frames.get(i);
      for (int k = 0; k < expected.length; k++) {
        assertEquals(expected[k], actual[k], "frame " + i + ", pixel " + k);
      }
    }
    assertEquals(50, decoded.delays.get(0)); // 20 scenes per second
  }

  @Test
  void theLinesBelowTellHowTheEpisodeStands() {
    FrameSource frames = FrameSource.plain();
    Scene scene = new Scene();
    scene.frame.resize(80, 80);
    scene.frame.fill(0xff0000);
    scene.episode = 3;
    scene.step = 120;
    scene.episodeReturn = -7.255;
    scene.action = "push left";
    scene.value = 12.5f;
    Frame drawn = new Frame();
    frames.draw(scene, drawn);
    Frame expected = new Frame();
    expected.resize(480, 480 + 52);
    expected.fill(0x12161C);
    expected.fillRectangle(0, 0, 480, 480, 0xff0000);
    PixelFont.draw(expected, "EPISODE 3  STEP 120  RETURN -7.25", 8, 488, 2, 0xE6EAF0);
    PixelFont.draw(expected, "VALUE 12.50  PUSH LEFT", 8, 510, 2, 0x98A2B0);
    Films.assertShows(expected, 1, Films.pixels(drawn, 1), "picture");
  }

  @Test
  void everyLetterLooksDifferent() {
    Set<String> seen = new HashSet<>();
    String letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,:-+/()%=_? \u00b7";
    for (int i = 0; i < letters.length(); i++) {
      Frame frame = new Frame();
      frame.resize(6, 8);
      frame.fill(0);
      PixelFont.draw(frame, letters.substring(i, i + 1), 0, 0, 1, 0xffffff);
      StringBuilder shape = new StringBuilder();
      for (int pixel : Films.pixels(frame, 1)) {
        shape.append(pixel == 0 ? ' ' : '#');
      }
      assertTrue(seen.add(shape.toString()), letters.charAt(i) + " looks like another letter");
      for (int y = 0; y < 8; y++) {
        assertEquals(0, frame.pixel(5, y), letters.charAt(i) + " touches the next letter");
      }
    }
  }

  @Test
  void theRecorderIsFoundByTheEndingsOfItsFilms() {
    List<Set<String>> found = new ArrayList<>();
    for (Spectator spectator : ServiceLoader.load(Spectator.class)) {
      if (spectator instanceof FilmRecorder) {
        found.add(spectator.endings());
      }
    }
    assertEquals(1, found.size());
    assertEquals("apng", found.get(0).iterator().next(), "the default");
    for (String ending : found.get(0)) {
      if (!ending.equals("mp4") && !ending.equals("webm")) {
        Film.check(Path.of("a." + ending));
      }
    }
  }

  @Test
  void anEnvironmentWithoutAPictureIsRefusedAndTheSessionGoesOn() throws Exception {
    Frame none = new Frame();
    Path file = folder.resolve("a.gif");
    var error =
        assertThrows(IllegalStateException.class, () -> record(List.of(none, none, none), file));
    assertEquals(
        "\"test\" draws no picture, so that there is nothing to record", error.getMessage());
    assertFalse(Files.exists(file));
  }

  @Test
  void anotherEndingIsRefusedAndTheSessionGoesOn() {
    assertThrows(
        IllegalArgumentException.class,
        () -> record(Films.random(1, 5, 4, 4), folder.resolve("a.bmp")));
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aFullDiskIsReportedAndTheSessionGoesOn() throws IOException {
    Path file = folder.resolve("a.apng");
    Files.createSymbolicLink(file, Path.of("/dev/full"));
    var error =
        assertThrows(UncheckedIOException.class, () -> record(Films.random(1, 5, 4, 4), file));
    Files.delete(file);
    assertTrue(
        String.valueOf(error.getMessage()).contains("No space left on device"), error.getMessage());
  }

  /// Plays frames on a stage until they are over, with a recorder before it.
  private static Stage record(List<Frame> frames, Path file) throws Exception {
    Stage stage = new Stage(Stage.Handover.EVERY);
    Thread session =
        Thread.ofPlatform()
            .start(() -> {
              for (Frame frame : frames) {
                Scene draft = stage.draft();
                draft.title = "test";
                draft.pace = 20;
                draft.frame.copyFrom(frame);
                draft.step++;
                stage.publish();
              }
              stage.end();
            });
    try {
      new FilmRecorder().attend(stage, new Show("test", Show.Platform.AUTO, file));
    } finally {
      assertTrue(stage.left(), "the recorder has not left");
      session.join(10_000);
      assertFalse(session.isAlive(), "the session waits for ever");
    }
    return stage;
  }
}
