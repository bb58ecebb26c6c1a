package org.jarl.viewer;

import static org.jarl.viewer.Films.assertShows;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GifWriterTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void everyPixelOfEveryFrameIsKeptWhileColoursAreFew(long seed) throws IOException {
    int scale = 1 + (int) (seed % 3);
    List<Frame> film = Films.random(seed, 60, 31, 17);
    GifDecoder decoded = new GifDecoder(write(film, 25, scale));
    assertEquals(film.size(), decoded.frames.size());
    assertEquals(31 * scale, decoded.width);
    for (int i = 0; i < film.size(); i++) {
      assertShows(film.get(i), scale, decoded.frames.get(i), "seed " + seed + ", frame " + i);
    }
  }

  @Test
  void aFilmOfManyColoursIsExactWhileEachFrameHasFew() throws IOException {
    RandomStream random = RandomStream.of(1, "colours");
    List<Frame> film = new ArrayList<>();
    Frame frame = new Frame();
    frame.resize(16, 16);
    for (int i = 0; i < 40; i++) {
      for (int k = 0; k < 256; k++) {
        frame.fillRectangle(k % 16, k / 16, 1, 1, i % 3 == 0 ? random.nextInt(1 << 24) : k * i);
      }
      film.add(Films.copy(frame));
    }
    GifDecoder decoded = new GifDecoder(write(film, 25, 1));
    for (int i = 0; i < film.size(); i++) {
      assertShows(film.get(i), 1, decoded.frames.get(i), "frame " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 9, 17, 33, 65, 129, 255, 256})
  void noiseOfAnyNumberOfColoursFillsTheCodesAndIsExact(int colors) throws IOException {
    RandomStream random = RandomStream.of(colors, "codes");
    List<Frame> film = new ArrayList<>();
    // The first frame takes all of the global table, so that the second needs its own.
    for (int base : new int[] {0, 0x400000}) {
      Frame frame = new Frame();
      frame.resize(150, 120);
      for (int k = 0; k < 150 * 120; k++) {
        int color = base == 0 ? k % 256 : base + 3 * random.nextInt(colors);
        frame.fillRectangle(k % 150, k / 150, 1, 1, color);
      }
      film.add(frame);
    }
    GifDecoder decoded = new GifDecoder(write(film, 25, 1));
    assertShows(film.get(0), 1, decoded.frames.get(0), "global table");
    assertShows(film.get(1), 1, decoded.frames.get(1), "table of " + colors);
  }

  @Test
  void everyLengthOfAPictureEndsItsCodesRightly() throws IOException {
    for (int width = 1; width < 300; width++) {
      Frame frame = Films.noise(width, width, 1);
      for (int i = 0; i < 3 * width; i++) {
        frame.rgb()[i] &= 0x40;
      }
      // Up to 256 pixels every pixel is a code: the codes also end where they become wider.
      Frame ramp = new Frame();
      ramp.resize(width, 1);
      for (int x = 0; x < width; x++) {
        ramp.fillRectangle(x, 0, 1, 1, x % 256);
      }
      for (Frame each : List.of(frame, ramp)) {
        GifDecoder decoded = new GifDecoder(write(List.of(each), 25, 1));
        assertShows(each, 1, decoded.frames.get(0), "width " + width);
      }
    }
  }

  @Test
  void theEndCodeIsAsWideAsReadersExpectIt() throws IOException {
    Frame first = new Frame();
    first.resize(127, 3);
    for (int i = 0; i < 3 * 127; i++) {
      first.fillRectangle(i % 127, i / 127, 1, 1, i % 256);
    }
    // 127 codes of 8 bits into a table of 128: the next code has 9 bits, and no padding hides it.
    Frame second = Films.copy(first);
    for (int x = 0; x < 127; x++) {
      second.fillRectangle(x, 1, 1, 1, 0x10000 + x);
    }
    GifDecoder decoded = new GifDecoder(write(List.of(first, second), 25, 1));
    assertShows(second, 1, decoded.frames.get(1), "table of its own");
  }

  @Test
  void tooManyColoursAreReducedToNearOnesAndAlwaysToTheSame() throws IOException {
    Frame frame = new Frame();
    frame.resize(128, 128);
    for (int y = 0; y < 128; y++) {
      for (int x = 0; x < 128; x++) {
        frame.fillRectangle(x, y, 1, 1, 2 * x << 16 | 2 * y << 8 | 127);
      }
    }
    byte[] file = write(List.of(frame), 25, 1);
    int[] shown = new GifDecoder(file).frames.get(0);
    int[] expected = Films.pixels(frame, 1);
    long error = 0;
    int worst = 0;
    for (int i = 0; i < shown.length; i++) {
      for (int shift = 16; shift >= 0; shift -= 8) {
        int difference = Math.abs((shown[i] >> shift & 0xff) - (expected[i] >> shift & 0xff));
        error += difference;
        worst = Math.max(worst, difference);
      }
    }
    // 256 squares of 8 x 8 colours, 16 wide: the mean is 4 off in two channels of three.
    assertTrue(error <= 3L * shown.length * 3, "mean error " + error / 3.0 / shown.length);
    assertTrue(worst <= 16, "worst error " + worst);
    assertEquals(256, Arrays.stream(shown).distinct().count());
    assertArrayEquals(file, write(List.of(frame), 25, 1));
  }

  @Test
  void whatComesBackLooksAsItDidBeforeAlsoWithTooManyColours() throws IOException {
    Frame background = new Frame();
    background.resize(64, 64);
    for (int i = 0; i < 64 * 64; i++) {
      background.fillRectangle(i % 64, i / 64, 1, 1, 1000 * i);
    }
    List<Frame> film = new ArrayList<>();
    film.add(background);
    for (int i = 0; i < 50; i += 5) {
      Frame frame = Films.copy(background);
      frame.fillRectangle(i, i, 14, 14, 0xffffff);
      film.add(frame);
    }
    film.add(background);
    GifDecoder decoded = new GifDecoder(write(film, 25, 1));
    assertArrayEquals(decoded.frames.getFirst(), decoded.frames.getLast());
    for (int i = 1; i < film.size() - 1; i++) {
      int[] expected = decoded.frames.getFirst().clone();
      for (int k = 0; k < 14 * 14; k++) {
        expected[(5 * (i - 1) + k / 14) * 64 + 5 * (i - 1) + k % 14] = 0xffffff;
      }
      assertArrayEquals(expected, decoded.frames.get(i), "frame " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 15, 24, 30, 33, 48, 50})
  void upToFiftyFramesASecondAllAreShownAndTimesAddUp(int rate) throws IOException {
    List<Frame> film = Films.random(1, 5 * rate, 4, 4);
    GifDecoder decoded = new GifDecoder(write(film, rate, 1));
    assertEquals(5 * rate, decoded.frames.size());
    assertEquals(500, decoded.delays.stream().mapToInt(d -> d).sum());
    for (int delay : decoded.delays) {
      assertEquals(100.0 / rate, delay, 1, "delay at " + rate);
      assertTrue(delay >= 2, "viewers play a delay of " + delay + " ten times too long");
    }
  }

  @Test
  void ofSixtyFramesASecondFiftyAreShownAtTheirTimes() throws IOException {
    List<Frame> film = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      Frame frame = new Frame();
      frame.resize(2, 2);
      frame.fill(i);
      film.add(frame);
    }
    GifDecoder decoded = new GifDecoder(write(film, 60, 1));
    assertEquals(Collections.nCopies(100, 2), decoded.delays);
    for (int slot = 0; slot < 100; slot++) {
      int shown = decoded.frames.get(slot)[0];
      assertEquals(slot / 50.0, shown / 60.0, 1 / 50.0, "seconds of the frame at slot " + slot);
    }
  }

  @Test
  void aProcessThatDiesAnywhereLeavesTheFramesBefore() throws IOException {
    List<Frame> film = Films.random(11, 9, 13, 7);
    TornChannel whole = TornChannel.deadAfter(Long.MAX_VALUE);
    writeTo(whole, film);
    for (long bytes = 0; bytes < whole.written(); bytes++) {
      TornChannel torn = TornChannel.deadAfter(bytes);
      int complete = writeTo(torn, film);
      if (complete == 0) {
        continue; // no frame, no film
      }
      GifDecoder decoded = new GifDecoder(torn.content());
      assertEquals(complete, decoded.frames.size(), "dead after " + bytes);
      for (int i = 0; i < complete; i++) {
        assertShows(film.get(i), 1, decoded.frames.get(i), "dead after " + bytes + ", frame " + i);
      }
    }
  }

  @Test
  void aDiskThatFillsUpAnywhereLeavesTheFramesBeforeAndNothingElse() throws IOException {
    List<Frame> film = Films.random(12, 9, 13, 7);
    int size = write(film, 30, 1).length;
    for (int bytes = 0; bytes < size; bytes++) {
      TornChannel full = TornChannel.fullAt(bytes);
      int complete = writeTo(full, film);
      assertTrue(complete < film.size(), "it all fits into " + bytes);
      byte[] file = full.content();
      if (complete == 0) {
        assertEquals(0, file.length, "full at " + bytes);
        continue;
      }
      GifDecoder decoded = new GifDecoder(file);
      assertEquals(file.length, decoded.length, "full at " + bytes);
      assertEquals(complete, decoded.frames.size(), "full at " + bytes);
      assertShows(film.get(complete - 1), 1, decoded.frames.getLast(), "full at " + bytes);
    }
  }

  private byte[] write(List<Frame> film, int rate, int scale) throws IOException {
    Path file = folder.resolve("film.gif");
    try (FilmWriter writer = new GifWriter(Films.channel(file), rate, scale)) {
      for (Frame frame : film) {
        writer.write(frame);
      }
    }
    return Files.readAllBytes(file);
  }

  /// How many frames could be written.
  private static int writeTo(TornChannel channel, List<Frame> film) throws IOException {
    int complete = 0;
    try (FilmWriter writer = new GifWriter(channel, 30, 1)) {
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
