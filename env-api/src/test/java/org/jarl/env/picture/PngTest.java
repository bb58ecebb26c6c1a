package org.jarl.env.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import javax.imageio.ImageIO;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PngTest {
  private static Frame noise(int width, int height) {
    RandomStream random = RandomStream.of(7, "noise");
    Frame frame = new Frame();
    frame.resize(width, height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        frame.fillRectangle(x, y, 1, 1, random.nextInt(1 << 24));
      }
    }
    return frame;
  }

  private static void assertEqualPictures(Frame expected, byte[] png) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    assertEquals(expected.width(), image.getWidth());
    assertEquals(expected.height(), image.getHeight());
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        assertEquals(expected.pixel(x, y), image.getRGB(x, y) & 0xffffff, x + ", " + y);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {Deflater.BEST_SPEED, Deflater.DEFAULT_COMPRESSION})
  void picturesComeBackWhateverTheSizeOfTheOneBefore(int level) throws IOException {
    try (Png png = new Png(level)) {
      for (int width : new int[] {1, 31, 200, 2}) {
        Frame frame = noise(width, 17);
        byte[] bytes = png.encode(frame);
        assertEqualPictures(frame, bytes);
        assertArrayEquals(bytes, png.encode(frame));
      }
    }
  }

  @Test
  void aFileHoldsOnePicture(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("a.png");
    Png.write(file, noise(50, 50));
    Frame smaller = noise(3, 2);
    Png.write(file, smaller);
    assertEqualPictures(smaller, Files.readAllBytes(file));
    try (Png png = new Png()) {
      assertArrayEquals(png.encode(smaller), Files.readAllBytes(file));
    }
  }
}
