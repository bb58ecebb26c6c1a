package org.jarl.viewer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Reads an APNG of RGB without filters strictly, and plays as many frames as it announces.
final class ApngDecoder {
  final List<int[]> frames = new ArrayList<>();

  /// In 1/1000 s, rounded.
  final List<Integer> delays = new ArrayList<>();

  int width;
  int height;

  /// Bytes up to and with the end mark.
  int length;

  private final ByteBuffer in;
  private int announced = -1;
  private int sequence;
  private int[] canvas = {};
  private int[] rectangle = {};

  ApngDecoder(byte[] file) {
    in = ByteBuffer.wrap(file);
    require(in.getLong() == 0x89504E470D0A1A0AL, "not a PNG");
    boolean ended = false;
    while (!ended) {
      ended = chunk();
    }
    length = in.position();
    require(frames.size() == announced, frames.size() + " frames of " + announced);
    require(rectangle.length == 0, "a frame without pixels");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalStateException(message);
    }
  }

  private boolean chunk() {
    require(in.remaining() >= 12, "no end mark");
    int bytes = in.getInt();
    require(bytes >= 0 && bytes <= in.remaining() - 8, "a chunk is cut");
    byte[] content = new byte[4 + bytes];
    in.get(content);
    CRC32 crc = new CRC32();
    crc.update(content);
    String type = new String(content, 0, 4, StandardCharsets.US_ASCII);
    require(in.getInt() == (int) crc.getValue(), type + ": wrong checksum");
    ByteBuffer data = ByteBuffer.wrap(content, 4, bytes).slice();
    switch (type) {
      case "IHDR" -> {
        width = data.getInt();
        height = data.getInt();
        require(data.get() == 8 && data.get() == 2, "not 8 bits of RGB");
        canvas = new int[width * height];
      }
      case "acTL" -> {
        announced = data.getInt();
        require(data.getInt() == 0, "not played for ever");
      }
      case "fcTL" -> control(data);
      case "IDAT" -> {
        require(frames.isEmpty(), "IDAT is not the first frame");
        pixels(data);
      }
      case "fdAT" -> {
        require(data.getInt() == sequence++, "fdAT: wrong sequence number");
        pixels(data);
      }
      case "IEND" -> {
        return true;
      }
      default -> require(false, "unknown chunk " + type);
    }
    return false;
  }

  private void control(ByteBuffer data) {
    require(data.getInt() == sequence++, "fcTL: wrong sequence number");
    require(rectangle.length == 0, "a frame without pixels");
    int w = data.getInt();
    int h = data.getInt();
    int x = data.getInt();
    int y = data.getInt();
    require(w > 0 && h > 0 && x >= 0 && y >= 0 && x + w <= width && y + h <= height, "outside");
    require(sequence > 1 || w == width && h == height, "the first frame is not whole");
    int numerator = data.getShort() & 0xffff;
    int denominator = data.getShort() & 0xffff;
    if (frames.size() < announced) {
      delays.add(Math.round(1000f * numerator / denominator));
    }
    require(data.get() == 0, "dispose is not none");
    require(data.get() == 0, "blend is not source");
    rectangle = new int[] {x, y, w, h};
  }

  private void pixels(ByteBuffer data) {
    require(rectangle.length == 4, "pixels without fcTL");
    int w = rectangle[2];
    int h = rectangle[3];
    byte[] raw = new byte[h * (1 + 3 * w)];
    Inflater inflater = new Inflater();
    inflater.setInput(data);
    try {
      require(inflater.inflate(raw) == raw.length, "too few pixels");
      require(inflater.inflate(new byte[1]) == 0 && inflater.finished(), "too many pixels");
    } catch (DataFormatException e) {
      throw new IllegalStateException(e);
    } finally {
      inflater.end();
    }
    for (int i = 0; i < h; i++) {
      require(raw[i * (1 + 3 * w)] == 0, "a filter");
      for (int j = 0; j < w; j++) {
        int at = i * (1 + 3 * w) + 1 + 3 * j;
        canvas[(rectangle[1] + i) * width + rectangle[0] + j] =
            (raw[at] & 0xff) << 16 | (raw[at + 1] & 0xff) << 8 | raw[at + 2] & 0xff;
      }
    }
    rectangle = new int[0];
    if (frames.size() < announced) {
      frames.add(Arrays.copyOf(canvas, canvas.length));
    }
  }
}
