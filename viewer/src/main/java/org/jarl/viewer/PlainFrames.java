package org.jarl.viewer;

import org.jarl.env.Frame;
import org.jarl.env.show.Scene;

/// Pictures that need no graphics driver: the environment's frame, enlarged by a whole factor, and
/// two lines of text below it. Not thread-safe.
final class PlainFrames implements FrameSource {
  private static final int BACKGROUND = 0x12161C;
  private static final int TEXT = 0xE6EAF0;
  private static final int DIM = 0x98A2B0;
  private static final int MARGIN = 4;

  /// From this width on, letters are drawn twice as large.
  private static final int WIDE = 300;

  private final String description;
  private final StringBuilder line = new StringBuilder();

  /// @param description of this source, for people
  PlainFrames(String description) {
    this.description = description;
  }

  @Override
  public void draw(Scene scene, Frame out) {
    Frame frame = scene.frame;
    int scale = Film.autoScale(frame);
    int width = scale * frame.width();
    int height = scale * frame.height();
    int letter = width >= WIDE ? 2 : 1;
    int lineHeight = letter * (PixelFont.HEIGHT + MARGIN);
    out.resize(width, height + 2 * lineHeight + letter * MARGIN);
    out.fillRectangle(0, height, width, out.height() - height, BACKGROUND);
    enlarge(frame, scale, out);
    int top = height + letter * MARGIN;
    line.setLength(0);
    line.append("episode ").append(scene.episode).append("  step ").append(scene.step);
    line.append("  return ");
    number(scene.episodeReturn);
    text(out, letter, top, TEXT);
    line.setLength(0);
    if (!Float.isNaN(scene.value)) {
      line.append("value ");
      number(scene.value);
      line.append("  ");
    }
    line.append(scene.action);
    text(out, letter, top + lineHeight, DIM);
  }

  private static void enlarge(Frame frame, int scale, Frame out) {
    int row = 3 * out.width();
    for (int y = 0; y < frame.height(); y++) {
      int to = y * scale * row;
      int from = 3 * y * frame.width();
      for (int i = from; i < from + 3 * frame.width(); i += 3) {
        for (int repeat = 0; repeat < scale; repeat++) {
          System.arraycopy(frame.rgb(), i, out.rgb(), to, 3);
          to += 3;
        }
      }
      for (int repeat = 1; repeat < scale; repeat++) {
        System.arraycopy(out.rgb(), y * scale * row, out.rgb(), to, row);
        to += row;
      }
    }
  }

  private void text(Frame out, int letter, int y, int color) {
    PixelFont.draw(out, line, letter * MARGIN, y, letter, color);
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

  @Override
  public String description() {
    return description;
  }

  @Override
  public void close() {}
}
