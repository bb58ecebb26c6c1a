package org.jarl.viewer;

import static org.jarl.viewer.Films.assertShows;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.jarl.env.Frame;
import org.jarl.env.picture.Png;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApngWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyPixelOfEveryFrameIsKept(long seed) throws IOException {
    int scale = 1 + (int) (seed % 3);
    List<Frame> film = Films.random(seed, 60, 31, 17);
    film.add(Films.noise(seed, 31, 17));
    byte[] file = write(film, scale);
    ApngDecoder decoded = new ApngDecoder(file);
    assertEquals(film.size(), decoded.frames.size());
    assertEquals(file.length, decoded.length, "bytes behind the end mark");
    for (int i = 0; i < film.size(); i++) {
      assertShows(film.get(i), scale, decoded.frames.get(i), "seed " + seed + ", frame " + i);
    }
  }

  @Test
  void anyPngReaderShowsTheFirstFrame() throws IOException {
    List<Frame> film = Films.random(7, 5, 20, 11);
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(write(film, 2)));
    assertEquals(40, image.getWidth());
    assertShows(film.get(0), 2, rgb(image), "first frame");
  }

  @Test
  void eachFrameIsShownForOnePeriod() throws IOException {
    ApngDecoder decoded = new ApngDecoder(write(Films.random(1, 4, 8, 8), 1));
    assertEquals(Collections.nCopies(4, 33), decoded.delays);
  }

  @Test
  void aProcessThatDiesAnywhereLeavesTheFramesBefore() throws IOException {
    List<Frame> film = Films.random(11, 9, 13, 7);
    TornChannel whole = TornChannel.deadAfter(Long.MAX_VALUE);
    writeTo(whole, film);
    long kept = 0;
    for (long bytes = 0; bytes < whole.written(); bytes++) {
      TornChannel torn = TornChannel.deadAfter(bytes);
      int complete = writeTo(torn, film);
      if (complete == 0) {
        continue; // no frame, no film
      }
      ApngDecoder decoded = new ApngDecoder(torn.content());
      assertTrue(decoded.frames.size() >= complete, "dead after " + bytes);
      for (int i = 0; i < decoded.frames.size(); i++) {
        assertShows(film.get(i), 1, decoded.frames.get(i), "dead after " + bytes + ", frame " + i);
      }
      kept += decoded.frames.size();
    }
    assertTrue(kept > whole.written(), "few cuts were looked at: " + kept);
  }

  @Test
  void aDiskThatFillsUpAnywhereLeavesTheFramesBeforeAndNothingElse() throws IOException {
    List<Frame> film = Films.random(12, 9, 13, 7);
    int size = write(film, 1).length;
    int kept = 0;
    for (int bytes = 0; bytes < size; bytes++) {
      TornChannel full = TornChannel.fullAt(bytes);
      int complete = writeTo(full, film);
      assertTrue(complete < film.size(), "it all fits into " + bytes);
      byte[] file = full.content();
      if (complete == 0) {
        assertEquals(0, file.length, "full at " + bytes);
        continue;
      }
      ApngDecoder decoded = new ApngDecoder(file);
      assertEquals(complete, decoded.frames.size(), "full at " + bytes);
      assertEquals(file.length, decoded.length, "full at " + bytes);
      assertShows(
          film.get(complete - 1), 1, decoded.frames.getLast(), "last frame, full at " + bytes);
      kept += complete;
    }
    assertTrue(kept > size, "few cuts were looked at: " + kept);
  }

  @Test
  void theDecoderOfTheseTestsNoticesAWrongByte() throws IOException {
    byte[] file = write(Films.random(1, 3, 8, 8), 1);
    for (int at : new int[] {3, 20, 45, 70, file.length - 60, file.length - 2}) {
      file[at] ^= 4;
      assertThrows(IllegalStateException.class, () -> new ApngDecoder(file), "byte " + at);
      file[at] ^= 4;
    }
  }

  @Test
  void aFrameThatDoesNotChangeCostsLittle() throws IOException {
    Frame frame = Films.noise(1, 64, 64);
    int one = write(List.of(frame), 1).length;
    int three = write(List.of(frame, frame, frame), 1).length;
    assertTrue(three - one < 2 * 80, three - one + " bytes for two equal frames");
  }

  @Test
  void aScreenshotHoldsEveryPixelAndReplacesTheFile() throws IOException {
    Path file = folder.resolve("shot.png");
    Png.write(file, Films.noise(1, 50, 50));
    Frame frame = Films.noise(2, 9, 5);
    Png.write(file, frame);
    assertShows(frame, 1, rgb(ImageIO.read(file.toFile())), "screenshot");
  }

  @Test
  void equalFilmsGiveEqualFiles() throws IOException {
    List<Frame> film = Films.random(5, 20, 16, 16);
    assertArrayEquals(write(film, 2), write(film, 2));
  }

  private static int[] rgb(BufferedImage image) {
    int width = image.getWidth();
    int[] pixels = image.getRGB(0, 0, width, image.getHeight(), null, 0, width);
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] &= 0xffffff;
    }
    return pixels;
  }

  private byte[] write(List<Frame> film, int scale) throws IOException {
    Path file = folder.resolve("film.apng");
    try (FilmWriter writer = new ApngWriter(Films.channel(file), 30, scale)) {
      for (Frame frame : film) {
        writer.write(frame);
      }
    }
    return Files.readAllBytes(file);
  }

  /// How many frames could be written.
  private static int writeTo(TornChannel channel, List<Frame> film) throws IOException {
    int complete = 0;
    try (FilmWriter writer = new ApngWriter(channel, 30, 1)) {
      for (Frame frame : film) {
        try {
          writer.write(frame);
        } catch (IOException e) {
          return complete;
        }
        complete++;
      }
    }
    return complete;
  }
}
