package org.jarl.env.atari;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Makes what a learner sees out of the emulator's screens: palette to luminance or colours, the
/// larger of two screens pixel by pixel, shrunk.
///
///     2 screens [height, width] of palette indices
///       --table--> 2 images per channel --larger--> 1 --shrink--> [size, size, channels]
///
/// The larger is taken of what is seen, not of palette indices, whose order means nothing. Not
/// thread-safe; allocates nothing after construction.
final class Preprocessor {
  /// Colours of the console's palette.
  static final int PALETTE = 256;

  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final int width;
  private final int channels;

  /// `[channels][256]`, less by 128: see [Shrinker#shrink].
  private final byte[][] tables;

  private final @Nullable Shrinker shrinker;
  private final byte[] previous;
  private final byte[] last;

  /// `[height]`, whether a row is like the one above on both screens: most rows of most games are.
  private final boolean[] repeats;

  private final byte[] pixels;
  private final byte[] channel;
  private final byte[] out;

  /// Sizes everything that will be needed.
  ///
  /// @param height of a screen
  /// @param width of a screen
  /// @param size height and width of the result, at most those of a screen; 0 for those of a screen
  /// @param resize how screens are shrunk
  /// @param table `[channels, 256]`, the luminance of each palette index, or its red, then green,
  ///   then blue
  Preprocessor(int height, int width, int size, AtariOptions.Resize resize, byte[] table) {
    if (size < 0 || size > Math.min(height, width)) {
      throw new IllegalArgumentException(
          "size must be 0 to " + Math.min(height, width) + ", got " + size);
    }
    if (table.length == 0 || table.length % PALETTE != 0) {
      throw new IllegalArgumentException(
          "table must hold 256 numbers per channel, got " + table.length);
    }
    this.width = width;
    previous = new byte[height * width];
    last = new byte[height * width];
    repeats = new boolean[height];
    channels = table.length / PALETTE;
    tables = new byte[channels][PALETTE];
    for (int i = 0; i < table.length; i++) {
      tables[i / PALETTE][i % PALETTE] = (byte) (table[i] - 128);
    }
    shrinker =
        size == 0
            ? null
            : switch (resize) {
              case AREA -> new ExactShrinker(height, width, size);
              case OPENCV -> new OpenCvShrinker(height, width, size);
            };
    pixels = new byte[height * width];
    channel = new byte[size == 0 ? height * width : size * size];
    out = channels == 1 ? channel : new byte[channel.length * channels];
  }

  /// Bytes of one result.
  int bytes() {
    return out.length;
  }

  /// Writes one result.
  ///
  /// @param previousScreen `[height, width]` palette indices; `lastScreen` where one screen is
  ///   enough
  /// @param lastScreen `[height, width]` palette indices
  /// @param to receives `[size, size, channels]`
  /// @param at where in `to`, in bytes
  void into(MemorySegment previousScreen, MemorySegment lastScreen, MemorySegment to, long at) {
    MemorySegment.copy(previousScreen, JAVA_BYTE, 0, previous, 0, previous.length);
    MemorySegment.copy(lastScreen, JAVA_BYTE, 0, last, 0, last.length);
    findRepeats();
    for (int c = 0; c < channels; c++) {
      look(tables[c]);
      if (shrinker == null) {
        keep(pixels, channel);
      } else {
        shrinker.shrink(pixels, repeats, channel);
      }
      if (channels > 1) {
        interleave(channel, c, channels, out);
      }
    }
    MemorySegment.copy(out, 0, to, JAVA_BYTE, at, out.length);
  }

  private void findRepeats() {
    for (int row = 1, at = width; row < repeats.length; row++, at += width) {
      repeats[row] = repeats(last, at, width) && repeats(previous, at, width);
    }
  }

  private static boolean repeats(byte[] screen, int at, int width) {
    return Arrays.equals(screen, at, at + width, screen, at - width, at);
  }

  private void look(byte[] table) {
    for (int row = 0, at = 0; row < repeats.length; row++, at += width) {
      if (repeats[row]) {
        System.arraycopy(pixels, at - width, pixels, at, width);
      } else {
        lookRow(previous, last, table, at, at + width, pixels);
      }
    }
  }

  /// Eight pixels at a time, most of which are equal on both screens and to each other.
  private static void lookRow(
      byte[] previous, byte[] last, byte[] table, int from, int end, byte[] pixels) {
    int i = from;
    for (; i <= end - Long.BYTES; i += Long.BYTES) {
      long word = (long) WORDS.get(last, i);
      long before = (long) WORDS.get(previous, i);
      long seen;
      if (word != before) {
        seen = larger(word, before, table);
      } else if (word == Long.rotateLeft(word, 8)) {
        seen = (table[(int) word & 0xff] & 0xffL) * 0x0101010101010101L;
      } else {
        seen = each(word, table);
      }
      WORDS.set(pixels, i, seen);
    }
    for (; i < end; i++) {
      pixels[i] = (byte) Math.max(table[last[i] & 0xff], table[previous[i] & 0xff]);
    }
  }

  private static long each(long word, byte[] table) {
    long seen = 0;
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      seen |= (table[(int) (word >>> shift) & 0xff] & 0xffL) << shift;
    }
    return seen;
  }

  private static long larger(long a, long b, byte[] table) {
    long seen = 0;
    for (int shift = 0; shift < Long.SIZE; shift += Byte.SIZE) {
      int larger = Math.max(table[(int) (a >>> shift) & 0xff], table[(int) (b >>> shift) & 0xff]);
      seen |= (larger & 0xffL) << shift;
    }
    return seen;
  }

  private static void keep(byte[] pixels, byte[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = (byte) (pixels[i] + 128);
    }
  }

  private static void interleave(byte[] channel, int first, int stride, byte[] out) {
    int to = first;
    for (byte value : channel) {
      out[to] = value;
      to += stride;
    }
  }
}
