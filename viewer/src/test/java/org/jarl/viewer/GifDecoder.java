package org.jarl.viewer;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Element;

/// Plays an animated GIF: `javax.imageio` decodes the pictures, here they are laid over each other.
/// It forgives much, so the blocks and codes are read strictly before that.
final class GifDecoder {
  final List<int[]> frames = new ArrayList<>();

  /// In 1/100 s.
  final List<Integer> delays = new ArrayList<>();

  /// Bytes up to and with the end mark.
  int length;

  int width;
  int height;

  GifDecoder(byte[] file) throws IOException {
    length = checkBlocks(file);
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(file))) {
      reader.setInput(in);
      Element screen =
          element(
              (Element) reader.getStreamMetadata().getAsTree("javax_imageio_gif_stream_1.0"),
              "LogicalScreenDescriptor");
      width = Integer.parseInt(screen.getAttribute("logicalScreenWidth"));
      height = Integer.parseInt(screen.getAttribute("logicalScreenHeight"));
      int[] canvas = new int[width * height];
      int count = reader.getNumImages(true);
      for (int i = 0; i < count; i++) {
        BufferedImage image = reader.read(i);
        Element tree =
            (Element) reader.getImageMetadata(i).getAsTree("javax_imageio_gif_image_1.0");
        Element place = element(tree, "ImageDescriptor");
        int x = Integer.parseInt(place.getAttribute("imageLeftPosition"));
        int y = Integer.parseInt(place.getAttribute("imageTopPosition"));
        for (int row = 0; row < image.getHeight(); row++) {
          for (int column = 0; column < image.getWidth(); column++) {
            canvas[(y + row) * width + x + column] = image.getRGB(column, row) & 0xffffff;
          }
        }
        frames.add(Arrays.copyOf(canvas, canvas.length));
        Element control = element(tree, "GraphicControlExtension");
        delays.add(Integer.parseInt(control.getAttribute("delayTime")));
      }
    } finally {
      reader.dispose();
    }
  }

  /// @return bytes up to and with the end mark
  private static int checkBlocks(byte[] file) {
    int at = 13 + 768;
    while (file[at] != 0x3B) {
      int count = 0;
      if (file[at] == 0x2C) {
        count = short16(file, at + 5) * short16(file, at + 7);
        at += 10 + ((file[at + 9] & 0x80) == 0 ? 0 : 3 << (file[at + 9] & 7) + 1);
      } else if (file[at] == 0x21) {
        at += 2;
      } else {
        throw new IllegalStateException("mark " + file[at] + " at byte " + at);
      }
      int bits = count == 0 ? 0 : file[at++];
      ByteArrayOutputStream content = new ByteArrayOutputStream();
      while (file[at] != 0) {
        content.write(file, at + 1, file[at] & 0xff);
        at += 1 + (file[at] & 0xff);
      }
      at++;
      if (count > 0) {
        checkCodes(content.toByteArray(), bits, count);
      }
    }
    return at + 1;
  }

  private static int short16(byte[] file, int at) {
    return file[at] & 0xff | (file[at + 1] & 0xff) << 8;
  }

  /// Follows the codes of a picture: they must be known ones, give all of its pixels, and end in
  /// the end code without a byte to spare.
  private static void checkCodes(byte[] content, int minimumBits, int count) {
    int clear = 1 << minimumBits;
    int[] lengths = new int[4097];
    Arrays.fill(lengths, 0, clear, 1);
    int next = 0;
    int bits = minimumBits + 1;
    int last = -1;
    int pixels = 0;
    long at = 0;
    while (true) {
      int code = 0;
      for (int i = 0; i < bits; i++, at++) {
        code |= (content[(int) (at >> 3)] >> (at & 7) & 1) << i;
      }
      if (code == clear) {
        next = clear + 2;
        bits = minimumBits + 1;
        last = -1;
        continue;
      }
      if (code == clear + 1) {
        break;
      }
      if (last >= 0 && next < 4096) {
        lengths[next++] = lengths[last] + 1;
        bits = Math.min(12, next == 1 << bits ? bits + 1 : bits);
      }
      require(code < clear || code < next && code > clear + 1, "unknown code " + code);
      pixels += lengths[code];
      last = code;
    }
    require(pixels == count, pixels + " pixels of " + count);
    require((at + 7) / 8 == content.length, "bytes behind the end code");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalStateException(message);
    }
  }

  private static Element element(Element tree, String name) {
    return (Element) tree.getElementsByTagName(name).item(0);
  }
}
