package org.jarl.viewer;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.w3c.dom.Element;

/// Plays an animated GIF: `javax.imageio` decodes the pictures, here they are laid over each other.
final class GifDecoder {
  final List<int[]> frames = new ArrayList<>();

  /// In 1/100 s.
  final List<Integer> delays = new ArrayList<>();

  int width;
  int height;

  GifDecoder(byte[] file) throws IOException {
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

  private static Element element(Element tree, String name) {
    return (Element) tree.getElementsByTagName(name).item(0);
  }
}
