package org.jarl.viewer;

import java.nio.ByteBuffer;
import org.lwjgl.system.MemoryUtil;

/// One line of text in UTF-8, built again and again without garbage. [#close] frees it.
final class TextLine implements AutoCloseable {
  private static final int CAPACITY = 512;
  private static final int MAX_CHAR_BYTES = 3;
  private static final double LARGEST_PLAIN = 1e7;
  private static final long[] POWERS = {1, 10, 100, 1000, 10_000, 100_000, 1_000_000};

  private final ByteBuffer bytes = MemoryUtil.memAlloc(CAPACITY);
  private int columns;

  /// Begins a new line.
  TextLine clear() {
    bytes.clear();
    columns = 0;
    return this;
  }

  /// Appends text; what does not fit into the line's memory is left out.
  TextLine add(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      add(text.charAt(i));
    }
    return this;
  }

  TextLine add(char c) {
    if (bytes.remaining() < MAX_CHAR_BYTES) {
      return this;
    }
    columns++;
    if (Character.isSurrogate(c)) {
      bytes.put((byte) '?');
    } else if (c < 0x80) {
      bytes.put((byte) c);
    } else if (c < 0x800) {
      bytes.put((byte) (0xC0 | c >> 6)).put((byte) (0x80 | c & 0x3F));
    } else {
      bytes
          .put((byte) (0xE0 | c >> 12))
          .put((byte) (0x80 | c >> 6 & 0x3F))
          .put((byte) (0x80 | c & 0x3F));
    }
    return this;
  }

  /// Appends at most so many characters of a text, the last one an ellipsis if some are missing.
  TextLine add(CharSequence text, int maxColumns) {
    int whole = text.length() <= maxColumns ? text.length() : Math.max(0, maxColumns - 1);
    for (int i = 0; i < whole; i++) {
      add(text.charAt(i));
    }
    if (whole < text.length() && maxColumns > 0) {
      add('…');
    }
    return this;
  }

  TextLine add(long number) {
    if (number < 0) {
      add('-');
    }
    return addDigits(Math.abs(number), 1);
  }

  private TextLine addDigits(long number, int least) {
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    for (int i = Math.max(digits, least) - 1; i >= 0; i--) {
      long shifted = number;
      for (int k = 0; k < i; k++) {
        shifted /= 10;
      }
      add((char) ('0' + shifted % 10));
    }
    return this;
  }

  /// Appends a count as `950`, `12.5k` or `3.2M`.
  TextLine addShort(long count) {
    if (count < 10_000) {
      return add(count);
    }
    return count < 1_000_000 ? add(count / 1e3, 1).add('k') : add(count / 1e6, 1).add('M');
  }

  /// Appends a number with fixed decimals, or as `1.23e9` where it is long.
  TextLine add(double number, int decimals) {
    if (Double.isNaN(number)) {
      return add('-');
    }
    if (Double.isInfinite(number)) {
      return add(number > 0 ? "inf" : "-inf");
    }
    double size = Math.abs(number);
    int exponent = 0;
    if (size >= LARGEST_PLAIN) {
      exponent = (int) Math.floor(Math.log10(size));
      size /= Math.pow(10, exponent);
    }
    long scaled = Math.round(size * POWERS[decimals]);
    if (number < 0 && scaled > 0) {
      add('-');
    }
    addDigits(scaled / POWERS[decimals], 1);
    if (decimals > 0) {
      add('.').addDigits(scaled % POWERS[decimals], decimals);
    }
    return exponent == 0 ? this : add('e').add(exponent);
  }

  /// Characters in the line, each as wide as the next in a font of one width.
  int columns() {
    return columns;
  }

  /// The text so far, without an end mark; valid until the next call.
  ByteBuffer bytes() {
    return bytes.flip();
  }

  @Override
  public void close() {
    MemoryUtil.memFree(bytes);
  }
}
