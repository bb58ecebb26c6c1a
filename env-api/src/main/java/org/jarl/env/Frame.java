package org.jarl.env;

/// An RGB picture of an environment, any size, reused from frame to frame. Row-major, the first row
/// on top, three bytes per pixel. Not thread-safe.
public final class Frame {
  private int width;
  private int height;
  private byte[] rgb = {};

  /// Sets the size; keeps the memory when it is large enough. The content is then undefined.
  ///
  /// @throws IllegalArgumentException if a side is not positive
  public void resize(int newWidth, int newHeight) {
    if (newWidth < 1 || newHeight < 1) {
      throw new IllegalArgumentException(
          "a frame needs positive sides, got " + newWidth + " x " + newHeight);
    }
    int bytes = Math.multiplyExact(3, Math.multiplyExact(newWidth, newHeight));
    if (rgb.length < bytes) {
      rgb = new byte[bytes];
    }
    width = newWidth;
    height = newHeight;
  }

  /// Makes this picture equal to another, also to one without a size.
  public void copyFrom(Frame from) {
    int bytes = 3 * from.width * from.height;
    if (rgb.length < bytes) {
      rgb = new byte[bytes];
    }
    width = from.width;
    height = from.height;
    System.arraycopy(from.rgb, 0, rgb, 0, bytes);
  }

  /// Takes the size away: nothing is shown.
  public void clear() {
    width = 0;
    height = 0;
  }

  /// Pixels per row.
  public int width() {
    return width;
  }

  /// Rows.
  public int height() {
    return height;
  }

  /// At least `3 * width * height` bytes: red, green, blue of each pixel. Valid until [#resize].
  public byte[] rgb() {
    return rgb;
  }

  /// The colour of one pixel as `0xRRGGBB`.
  public int pixel(int x, int y) {
    int at = 3 * (y * width + x);
    return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
  }

  /// Fills the whole picture with `0xRRGGBB`.
  public void fill(int color) {
    fillRectangle(0, 0, width, height, color);
  }

  /// Fills a rectangle with `0xRRGGBB`; what lies outside the picture is left out.
  public void fillRectangle(int x, int y, int rectangleWidth, int rectangleHeight, int color) {
    int right = Math.min(width, x + rectangleWidth);
    int bottom = Math.min(height, y + rectangleHeight);
    for (int row = Math.max(0, y); row < bottom; row++) {
      for (int column = Math.max(0, x); column < right; column++) {
        int at = 3 * (row * width + column);
        rgb[at] = (byte) (color >> 16);
        rgb[at + 1] = (byte) (color >> 8);
        rgb[at + 2] = (byte) color;
      }
    }
  }
}
