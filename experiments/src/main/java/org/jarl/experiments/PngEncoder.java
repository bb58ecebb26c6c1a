package org.jarl.experiments;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jarl.env.Frame;

/// Writes frames as PNG (ISO/IEC 15948), quickly rather than small. Not thread-safe.
///
///     signature   IHDR: width, height, 8 bits, RGB   IDAT: all rows, deflated   IEND
///
/// Each row is written as its difference from the row above (filter 2): most rows of the pictures
/// here are equal to their neighbour, and zeros deflate fastest.
final class PngEncoder {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final byte UP = 2;

  private byte[] rows = {};
  private final byte[] deflated = new byte[1 << 15];

  /// The frame as the bytes of a PNG file.
  byte[] encode(Frame frame) {
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(frame.width()).putInt(frame.height());
    header.put(new byte[] {8, 2, 0, 0, 0});
    var png = new ByteArrayOutputStream();
    png.writeBytes(SIGNATURE);
    chunk(png, "IHDR", header.array());
    chunk(png, "IDAT", pixels(frame));
    chunk(png, "IEND", new byte[0]);
    return png.toByteArray();
  }

  private byte[] pixels(Frame frame) {
    int width = 3 * frame.width();
    int size = frame.height() * (1 + width);
    if (rows.length < size) {
      rows = new byte[size];
    }
    byte[] rgb = frame.rgb();
    for (int y = 0; y < frame.height(); y++) {
      int to = y * (1 + width);
      int from = y * width;
      rows[to++] = y == 0 ? 0 : UP;
      if (y == 0) {
        System.arraycopy(rgb, 0, rows, to, width);
      } else {
        for (int i = 0; i < width; i++) {
          rows[to + i] = (byte) (rgb[from + i] - rgb[from + i - width]);
        }
      }
    }
    try (var deflater = new Deflater(Deflater.BEST_SPEED)) {
      deflater.setInput(rows, 0, size);
      deflater.finish();
      var out = new ByteArrayOutputStream();
      while (!deflater.finished()) {
        out.write(deflated, 0, deflater.deflate(deflated));
      }
      return out.toByteArray();
    }
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] content) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    var crc = new CRC32();
    crc.update(name);
    crc.update(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt(content.length).array());
    png.writeBytes(name);
    png.writeBytes(content);
    png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }
}
