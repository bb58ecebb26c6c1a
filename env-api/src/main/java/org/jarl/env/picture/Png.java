package org.jarl.env.picture;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.jarl.env.Frame;

/// Writes pictures as PNG (ISO/IEC 15948): 8 bits per channel, no filters, no alpha, lossless.
///
///     signature   IHDR: width, height, 8 bits, RGB   IDAT: all rows, deflated   IEND
///
/// [#write] and [#encode] make whole files; with the other methods a film puts its own chunks into
/// [#out]. Its memory is used again for the next picture. Not thread-safe.
public final class Png implements AutoCloseable {
  /// What ends every PNG file.
  private static final byte[] END = {
    0, 0, 0, 0, 'I', 'E', 'N', 'D', (byte) 0xAE, 0x42, 0x60, (byte) 0x82
  };

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

  private final Bytes out = new Bytes();
  private final CRC32 crc = new CRC32();
  private final Deflater deflater;
  private byte[] raw = {};

  /// Where the chunk begins that is being written.
  private int chunk;

  /// One that makes small files.
  public Png() {
    this(Deflater.DEFAULT_COMPRESSION);
  }

  /// One that weighs size against time.
  ///
  /// @param level of [Deflater]
  public Png(int level) {
    deflater = new Deflater(level);
  }

  /// What ends every PNG file.
  public static byte[] endMark() {
    return END.clone();
  }

  /// Writes one picture, for example a screenshot; replaces what the file held.
  public static void write(Path file, Frame frame) throws IOException {
    try (Png png = new Png();
        var to =
            Files.newOutputStream(
                file,
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
      png.whole(frame);
      to.write(png.out.array(), 0, png.out.size());
    }
  }

  /// One picture as the bytes of a file; forgets what was in [#out].
  public byte[] encode(Frame frame) {
    whole(frame);
    return Arrays.copyOf(out.array(), out.size());
  }

  private void whole(Frame frame) {
    out.clear();
    header(frame.width(), frame.height());
    begin("IDAT");
    pixels(frame, 0, 0, frame.width(), frame.height(), 1);
    end();
    out.put(END);
  }

  /// What has been written so far; clear it to begin anew.
  public Bytes out() {
    return out;
  }

  /// The signature and the header of a picture.
  public void header(int width, int height) {
    out.put(SIGNATURE);
    begin("IHDR");
    out.putInt(width);
    out.putInt(height);
    out.put(8); // bits per channel
    out.put(2); // red, green, blue
    out.put(0); // deflate
    out.put(0); // the five filters
    out.put(0); // not interlaced
    end();
  }

  /// Begins a chunk; what is put into [#out] until [#end] is its content.
  public void begin(String type) {
    chunk = out.size();
    out.putInt(0);
    out.put(type.getBytes(StandardCharsets.US_ASCII));
  }

  /// Ends a chunk: fills in its length and adds its checksum.
  public void end() {
    out.setInt(chunk, out.size() - chunk - 8);
    crc.reset();
    crc.update(out.array(), chunk + 4, out.size() - chunk - 4);
    out.putInt((int) crc.getValue());
  }

  /// Puts the compressed pixels of a rectangle, every pixel `scale` times wide and high.
  public void pixels(Frame frame, int x, int y, int width, int height, int scale) {
    int row = 1 + 3 * width * scale;
    int bytes = Math.multiplyExact(row, height * scale);
    if (raw.length < bytes) {
      raw = new byte[bytes];
    }
    int to = 0;
    for (int i = 0; i < height; i++) {
      int from = 3 * ((y + i) * frame.width() + x);
      int start = to;
      raw[to++] = 0; // no filter: best for pixel art
      if (scale == 1) {
        System.arraycopy(frame.rgb(), from, raw, to, 3 * width);
        to += 3 * width;
      } else {
        to = widen(frame.rgb(), from, width, scale, to);
      }
      for (int repeat = 1; repeat < scale; repeat++) {
        System.arraycopy(raw, start, raw, to, row);
        to += row;
      }
    }
    compress(bytes);
  }

  private int widen(byte[] rgb, int from, int width, int scale, int to) {
    for (int i = from; i < from + 3 * width; i += 3) {
      for (int repeat = 0; repeat < scale; repeat++) {
        raw[to] = rgb[i];
        raw[to + 1] = rgb[i + 1];
        raw[to + 2] = rgb[i + 2];
        to += 3;
      }
    }
    return to;
  }

  private void compress(int bytes) {
    deflater.reset();
    deflater.setInput(raw, 0, bytes);
    deflater.finish();
    while (!deflater.finished()) {
      out.reserve(256);
      out.grow(deflater.deflate(out.array(), out.size(), out.array().length - out.size()));
    }
  }

  /// Frees the compressor.
  @Override
  public void close() {
    deflater.end();
  }
}
