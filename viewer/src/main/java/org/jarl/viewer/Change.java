package org.jarl.viewer;

import java.util.Arrays;
import org.jarl.env.Frame;

/// The smallest rectangle that holds every pixel which differs from the frame before. Not
/// thread-safe.
final class Change {
  private final Frame previous = new Frame();
  private int x;
  private int y;
  private int width;
  private int height;

  /// Finds what changed and remembers the frame. The first frame is new as a whole; of a frame that
  /// equals the one before, the upper left pixel counts as changed.
  void to(Frame next) {
    if (previous.width() != next.width() || previous.height() != next.height()) {
      previous.resize(next.width(), next.height());
      set(0, 0, next.width(), next.height());
    } else {
      find(next);
    }
    int row = 3 * width;
    for (int i = y; i < y + height; i++) {
      int at = 3 * (i * next.width() + x);
      System.arraycopy(next.rgb(), at, previous.rgb(), at, row);
    }
  }

  private void find(Frame next) {
    int stride = 3 * next.width();
    int bytes = stride * next.height();
    byte[] a = previous.rgb();
    byte[] b = next.rgb();
    int first = Arrays.mismatch(a, 0, bytes, b, 0, bytes);
    if (first < 0) {
      set(0, 0, 1, 1);
      return;
    }
    int top = first / stride;
    int bottom = next.height() - 1;
    while (Arrays.equals(
        a, bottom * stride, (bottom + 1) * stride, b, bottom * stride, (bottom + 1) * stride)) {
      bottom--;
    }
    int left = first % stride;
    int right = left;
    for (int row = top; row <= bottom; row++) {
      int at = row * stride;
      int before = Arrays.mismatch(a, at, at + left, b, at, at + left);
      if (before >= 0) {
        left = before;
      }
      int last = at + stride - 1;
      while (last > at + right && a[last] == b[last]) {
        last--;
      }
      right = last - at;
    }
    set(left / 3, top, right / 3 - left / 3 + 1, bottom - top + 1);
  }

  private void set(int newX, int newY, int newWidth, int newHeight) {
    x = newX;
    y = newY;
    width = newWidth;
    height = newHeight;
  }

  /// First column.
  int x() {
    return x;
  }

  /// First row.
  int y() {
    return y;
  }

  int width() {
    return width;
  }

  int height() {
    return height;
  }
}
