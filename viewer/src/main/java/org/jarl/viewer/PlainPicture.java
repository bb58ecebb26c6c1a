package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.show.Scene;

/// A scene as a picture that needs no graphics driver: the environment's frame, enlarged by a whole
/// factor, and two lines of text below it. Not thread-safe.
final class PlainPicture {
  private static final int BACKGROUND = 0x12161C;
  private static final int TEXT = 0xE6EAF0;
  private static final int DIM = 0x98A2B0;
  private static final int MARGIN = 4;

  /// From this width on, letters are drawn twice as large.
  private static final int WIDE = 300;

  private final Frame picture = new Frame();
  private final StringBuilder line = new StringBuilder();

  /// Draws a scene whose frame has a size.
  ///
  /// @return valid until the next call
  Frame draw(Scene scene) {
    Frame frame = scene.frame;
    int scale = Film.autoScale(frame);
    int width = scale * frame.width();
    int height = scale * frame.height();
    int letter = width >= WIDE ? 2 : 1;
    int lineHeight = letter * (PixelFont.HEIGHT + MARGIN);
    picture.resize(width, height + 2 * lineHeight + letter * MARGIN);
    picture.fillRectangle(0, height, width, picture.height() - height, BACKGROUND);
    enlarge(frame, scale);
    int top = height + letter * MARGIN;
    line.setLength(0);
    line.append("episode ").append(scene.episode).append("  step ").append(scene.step);
    line.append("  return ");
    number(scene.episodeReturn);
    text(letter, top, TEXT);
    line.setLength(0);
    if (!Float.isNaN(scene.value)) {
      line.append("value ");
      number(scene.value);
      line.append("  ");
    }
    line.append(scene.action);
    text(letter, top + lineHeight, DIM);
    return picture;
  }

  private void enlarge(Frame frame, int scale) {
    int row = 3 * picture.width();
    for (int y = 0; y < frame.height(); y++) {
      int to = y * scale * row;
      int from = 3 * y * frame.width();
      for (int i = from; i < from + 3 * frame.width(); i += 3) {
        for (int repeat = 0; repeat < scale; repeat++) {
          System.arraycopy(frame.rgb(), i, picture.rgb(), to, 3);
          to += 3;
        }
      }
      for (int repeat = 1; repeat < scale; repeat++) {
        System.arraycopy(picture.rgb(), y * scale * row, picture.rgb(), to, row);
        to += row;
      }
    }
  }

  private void text(int letter, int y, int color) {
    PixelFont.draw(picture, line, letter * MARGIN, y, letter, color);
  }

  /// Appends a number with two digits after the point, none for whole numbers.
  private void number(double value) {
    if (!(Math.abs(value) < 1e15)) {
      line.append(value);
      return;
    }
    long hundredths = Math.round(value * 100);
    if (hundredths < 0) {
      line.append('-');
      hundredths = -hundredths;
    }
    line.append(hundredths / 100);
    if (hundredths % 100 != 0) {
      line.append('.').append(hundredths / 10 % 10).append(hundredths % 10);
    }
  }
}
