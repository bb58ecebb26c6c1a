package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;

/// Films to test with.
final class Films {
  private Films() {}

  /// Rectangles of random colours that move, with pauses, single pixels and whole new pictures in
  /// between.
  static List<Frame> random(long seed, int count, int width, int height) {
    RandomStream random = RandomStream.of(seed, "films");
    List<Frame> film = new ArrayList<>();
    Frame frame = new Frame();
    frame.resize(width, height);
    frame.fill(random.nextInt(1 << 24));
    for (int i = 0; i < count; i++) {
      switch (i == 0 ? 3 : random.nextInt(4)) {
        case 0 -> frame.fillRectangle(random.nextInt(width), random.nextInt(height), 1, 1, i);
        case 1 -> {}
        case 2 -> {
          for (int k = 0; k < 2; k++) {
            frame.fillRectangle(
                random.nextInt(width) - 2,
                random.nextInt(height) - 2,
                1 + random.nextInt(width),
                1 + random.nextInt(height),
                random.nextInt(1 << 24));
          }
        }
        default -> {
          frame.fill(random.nextInt(1 << 24));
          frame.fillRectangle(width / 3, height / 3, width / 2, 1, random.nextInt(1 << 24));
        }
      }
      film.add(copy(frame));
    }
    return film;
  }

  /// A frame in which every pixel has a colour of its own.
  static Frame noise(long seed, int width, int height) {
    RandomStream random = RandomStream.of(seed, "noise");
    Frame frame = new Frame();
    frame.resize(width, height);
    for (int i = 0; i < 3 * width * height; i++) {
      frame.rgb()[i] = (byte) random.nextInt(256);
    }
    return frame;
  }

  /// Opens a new file.
  static SeekableByteChannel channel(Path file) throws IOException {
    return Files.newByteChannel(
        file,
        StandardOpenOption.WRITE,
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING);
  }

  static Frame copy(Frame frame) {
    Frame copy = new Frame();
    copy.copyFrom(frame);
    return copy;
  }

  /// Every pixel `scale` times wide and high, row by row as `0xRRGGBB`.
  static int[] pixels(Frame frame, int scale) {
    int width = frame.width() * scale;
    int[] pixels = new int[width * frame.height() * scale];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = frame.pixel(i % width / scale, i / width / scale);
    }
    return pixels;
  }

  static void assertShows(Frame expected, int scale, int[] actual, String what) {
    int[] pixels = pixels(expected, scale);
    assertEquals(pixels.length, actual.length, what + ": pixels");
    int at = Arrays.mismatch(pixels, actual);
    if (at >= 0) {
      int width = expected.width() * scale;
      assertEquals(
          Integer.toHexString(pixels[at]),
          Integer.toHexString(actual[at]),
          what + ": pixel " + at % width + ", " + at / width);
    }
  }
}
