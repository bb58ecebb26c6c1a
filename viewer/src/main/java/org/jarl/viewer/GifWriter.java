package org.jarl.viewer;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jarl.env.Frame;
import org.jarl.env.picture.Bytes;

/// Writes a film as animated GIF (GIF89a).
///
/// Every frame but the first holds only the rectangle that changed. The colours of the film go into
/// one global table, which is filled up in place as they appear, so that a film of up to 256
/// colours is exact. After that a frame gets a table of its own: exact up to 256 colours in its
/// rectangle, else by [MedianCut].
///
/// Times count in 1/100 s, and viewers play a frame of 1/100 s ten times too long. So up to 50
/// frames per second every frame is kept, each shown until the next one is due rounded to 1/100 s;
/// of faster films the frame is kept that is due at each 1/50 s. The film as a whole plays at its
/// true speed. Not thread-safe.
final class GifWriter implements FilmWriter {
  /// Sides are 16 bits.
  static final int MAX_SIDE = 65535;

  private static final int MAX_RATE = 50;
  private static final int COLORS = 256;

  /// Signature, size and flags come before the global table.
  private static final int TABLE_AT = 13;

  /// More replaced colours than this are forgotten.
  private static final int MAX_REPLACED = 1 << 16;

  private static final byte[] LOOP_FOREVER = loopForever();

  private final GrowingFile file;
  private final int framesPerSecond;
  private final int scale;
  private final Bytes out = new Bytes();
  private final Change change = new Change();
  private final ColorTable global = new ColorTable();
  private final ColorTable local = new ColorTable();
  private final MedianCut cut = new MedianCut();
  private final ColorTable replaced = new ColorTable();
  private int[] replacements = {};
  private final Lzw lzw = new Lzw();

  /// The local index of each pixel of the rectangle, and what it is called in the table in use.
  private int[] pixels = {};

  private byte[] map = new byte[COLORS];
  private long frames;

  /// @param framesPerSecond at least 1
  /// @param scale how wide and high a pixel of a frame is in the film
  GifWriter(SeekableByteChannel channel, int framesPerSecond, int scale) {
    file = new GrowingFile(channel, new byte[] {0x3B});
    this.framesPerSecond = framesPerSecond;
    this.scale = scale;
  }

  @Override
  public void write(Frame frame) throws IOException {
    long due = due(frames);
    frames++;
    if (due == due(frames)) {
      return; // it would be replaced before anyone saw it
    }
    change.to(frame);
    collect(frame);
    int known = global.size();
    boolean fits = addToGlobal();
    out.clear();
    if (file.size() == 0) {
      header(frame);
    } else {
      showColorsFrom(known);
    }
    out.put(0x21); // how to show what follows
    out.put(0xF9);
    out.put(4);
    out.put(1 << 2); // leave it there
    out.putShortLittle((int) (due(frames) - due));
    out.put(0);
    out.put(0);
    out.put(0x2C); // where
    out.putShortLittle(change.x() * scale);
    out.putShortLittle(change.y() * scale);
    out.putShortLittle(change.width() * scale);
    out.putShortLittle(change.height() * scale);
    int bits = 8;
    if (fits) {
      out.put(0);
    } else {
      bits = localTable();
    }
    compress(bits);
    file.append(out);
  }

  /// When a frame is due, in 1/100 s.
  private long due(long frame) {
    return framesPerSecond <= MAX_RATE
        ? (200 * frame + framesPerSecond) / (2L * framesPerSecond)
        : 2 * (MAX_RATE * frame / framesPerSecond);
  }

  /// Finds the colours of the rectangle.
  private void collect(Frame frame) {
    int count = change.width() * change.height();
    if (pixels.length < count) {
      pixels = new int[count];
    }
    local.clear();
    int last = -1;
    int index = -1;
    int to = 0;
    for (int y = change.y(); y < change.y() + change.height(); y++) {
      for (int x = change.x(); x < change.x() + change.width(); x++) {
        int color = frame.pixel(x, y);
        if (color != last) {
          index = local.add(replacement(color));
          last = color;
        }
        pixels[to++] = index;
      }
    }
    if (map.length < local.size()) {
      map = new byte[2 * local.size()];
    }
  }

  private int replacement(int color) {
    int index = replaced.size() == 0 ? -1 : replaced.find(color);
    return index < 0 ? color : replacements[index];
  }

  /// Remembers by which colours those of the rectangle are replaced.
  private void rememberReplacements() {
    if (replaced.size() + local.size() > MAX_REPLACED) {
      replaced.clear();
    }
    if (replacements.length < replaced.size() + local.size()) {
      replacements = Arrays.copyOf(replacements, 2 * (replaced.size() + local.size()));
    }
    for (int i = 0; i < local.size(); i++) {
      replacements[replaced.add(local.color(i))] = cut.color(map[i] & 0xff);
    }
  }

  /// Maps the colours of the rectangle to the global table.
  ///
  /// @return false when it has no room for them; it is left as it was then
  private boolean addToGlobal() {
    int unknown = 0;
    for (int i = 0; i < local.size(); i++) {
      unknown += global.find(local.color(i)) < 0 ? 1 : 0;
    }
    if (global.size() + unknown > COLORS) {
      return false;
    }
    for (int i = 0; i < local.size(); i++) {
      map[i] = (byte) global.add(local.color(i));
    }
    return true;
  }

  private void header(Frame frame) {
    out.put("GIF89a".getBytes(StandardCharsets.US_ASCII));
    out.putShortLittle(frame.width() * scale);
    out.putShortLittle(frame.height() * scale);
    out.put(0xF7); // a global table of 256 colours
    out.put(0);
    out.put(0);
    for (int i = 0; i < COLORS; i++) {
      putColor(i < global.size() ? global.color(i) : 0);
    }
    out.put(LOOP_FOREVER);
  }

  private static byte[] loopForever() {
    byte[] name = "NETSCAPE2.0".getBytes(StandardCharsets.US_ASCII);
    Bytes bytes = new Bytes();
    bytes.put(0x21);
    bytes.put(0xFF);
    bytes.put(name.length);
    bytes.put(name);
    bytes.put(3);
    bytes.put(1);
    bytes.putShortLittle(0);
    bytes.put(0);
    return Arrays.copyOf(bytes.array(), bytes.size());
  }

  private void putColor(int color) {
    out.put(color >> 16);
    out.put(color >> 8);
    out.put(color);
  }

  /// Writes the colours that are new in the global table; frames before do not use them.
  private void showColorsFrom(int known) throws IOException {
    for (int i = known; i < global.size(); i++) {
      putColor(global.color(i));
    }
    if (out.size() > 0) {
      file.patch(TABLE_AT + 3L * known, out.array(), 0, out.size());
      out.clear();
    }
  }

  /// Puts a table for this frame alone and maps the colours to it.
  ///
  /// @return how many bits an index has
  private int localTable() {
    boolean exact = local.size() <= COLORS;
    int size = local.size();
    if (!exact) {
      size = cut.choose(local, map);
      rememberReplacements();
    }
    int bits = Math.max(2, 32 - Integer.numberOfLeadingZeros(size - 1));
    out.put(0x80 | bits - 1);
    for (int i = 0; i < 1 << bits; i++) {
      if (i >= size) {
        putColor(0);
      } else if (exact) {
        map[i] = (byte) i;
        putColor(local.color(i));
      } else {
        putColor(cut.color(i));
      }
    }
    return bits;
  }

  private void compress(int bits) {
    lzw.begin(out, bits);
    for (int y = 0; y < change.height(); y++) {
      int row = y * change.width();
      for (int repeat = 0; repeat < scale; repeat++) {
        for (int x = row; x < row + change.width(); x++) {
          int index = map[pixels[x]] & 0xff;
          for (int wide = 0; wide < scale; wide++) {
            lzw.put(index);
          }
        }
      }
    }
    lzw.end();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
