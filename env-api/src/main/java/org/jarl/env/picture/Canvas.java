package org.jarl.env.picture;

import java.util.Arrays;
import org.jarl.env.Frame;

/// Draws smooth shapes into a [Frame], in software and without the desktop libraries.
///
/// Coordinates are pixels, `(0, 0)` is the upper left corner of the picture, y grows downwards, and
/// pixel `(i, j)` is centred at `(i + 0.5, j + 0.5)`. Edges are blended by the share of the pixel
/// that a shape covers. Colours are `0xRRGGBB`; what lies outside the picture is left out. Equal
/// calls give equal pictures on every machine as long as the coordinates are equal. Not
/// thread-safe.
public final class Canvas {
  /// Scan lines per row of pixels; coverage along a row is exact.
  private static final int SUB_LINES = 8;

  private Frame frame = new Frame();
  private double[] crossings = new double[16];
  private float[] coverage = {};

  /// Draws into this frame from now on, at its present size.
  ///
  /// @return this
  public Canvas on(Frame target) {
    frame = target;
    if (coverage.length < target.width()) {
      coverage = new float[target.width()];
    }
    return this;
  }

  /// Fills the whole picture.
  public void fill(int color) {
    frame.fill(color);
  }

  /// Fills the whole picture with a vertical transition.
  ///
  /// @param top colour of the first row
  /// @param bottom colour of the last row
  public void fillGradient(int top, int bottom) {
    for (int y = 0; y < frame.height(); y++) {
      float share = frame.height() == 1 ? 0 : (float) y / (frame.height() - 1);
      frame.fillRectangle(0, y, frame.width(), 1, mix(top, bottom, share));
    }
  }

  /// The colour between two others.
  ///
  /// @param share 0 gives `from`, 1 gives `to`
  public static int mix(int from, int to, double share) {
    int color = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int a = from >> shift & 0xff;
      int b = to >> shift & 0xff;
      color |= (int) (a + (b - a) * share + 0.5) << shift;
    }
    return color;
  }

  /// Fills a disc.
  public void disc(double x, double y, double radius, int color) {
    shape(
        x - radius,
        y - radius,
        x + radius,
        y + radius,
        color,
        (px, py) -> distance(px - x, py - y) - radius);
  }

  /// Draws a circle line.
  ///
  /// @param width of the line, half inside and half outside of `radius`
  public void ring(double x, double y, double radius, double width, int color) {
    double outer = radius + width / 2;
    shape(
        x - outer,
        y - outer,
        x + outer,
        y + outer,
        color,
        (px, py) -> Math.abs(distance(px - x, py - y) - radius) - width / 2);
  }

  /// Draws a straight line with round ends.
  public void line(double x0, double y0, double x1, double y1, double width, int color) {
    double half = width / 2;
    double dx = x1 - x0;
    double dy = y1 - y0;
    double square = Math.max(dx * dx + dy * dy, Double.MIN_NORMAL);
    shape(
        Math.min(x0, x1) - half,
        Math.min(y0, y1) - half,
        Math.max(x0, x1) + half,
        Math.max(y0, y1) + half,
        color,
        (px, py) -> {
          double along = Math.clamp(((px - x0) * dx + (py - y0) * dy) / square, 0.0, 1.0);
          return distance(px - x0 - along * dx, py - y0 - along * dy) - half;
        });
  }

  /// Fills an upright rectangle with rounded corners.
  ///
  /// @param x left edge
  /// @param y upper edge
  /// @param radius of the corners, 0 for sharp ones
  public void rectangle(double x, double y, double width, double height, double radius, int color) {
    double centerX = x + width / 2;
    double centerY = y + height / 2;
    double sideX = width / 2 - radius;
    double sideY = height / 2 - radius;
    Shape shape =
        (px, py) -> {
          double outX = Math.abs(px - centerX) - sideX;
          double outY = Math.abs(py - centerY) - sideY;
          return distance(Math.max(outX, 0), Math.max(outY, 0))
              + Math.min(Math.max(outX, outY), 0)
              - radius;
        };
    // The rim is blended pixel by pixel, the inside filled at once.
    double rim = Math.max(1, radius);
    int left = column(x - 0.5);
    int top = row(y - 0.5);
    int right = column(x + width + 1.5);
    int bottom = row(y + height + 1.5);
    int innerLeft = column(x + rim + 1);
    int innerTop = row(y + rim + 1);
    int innerRight = Math.max(innerLeft, column(x + width - rim));
    int innerBottom = Math.max(innerTop, row(y + height - rim));
    pixels(left, top, right, innerTop, color, shape);
    pixels(left, innerTop, innerLeft, innerBottom, color, shape);
    pixels(innerRight, innerTop, right, innerBottom, color, shape);
    pixels(left, innerBottom, right, bottom, color, shape);
    frame.fillRectangle(innerLeft, innerTop, innerRight - innerLeft, innerBottom - innerTop, color);
  }

  /// Fills any polygon; parts that its line encloses twice are left empty (even-odd rule).
  ///
  /// @param points `x0, y0, x1, y1, ...`; the last point joins the first
  /// @throws IllegalArgumentException if there are fewer than 3 points or half a point
  public void polygon(int color, double... points) {
    if (points.length < 6 || points.length % 2 != 0) {
      throw new IllegalArgumentException(
          "a polygon needs x and y of at least 3 points, got " + points.length + " numbers");
    }
    double top = Double.POSITIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (int i = 1; i < points.length; i += 2) {
      top = Math.min(top, points[i]);
      bottom = Math.max(bottom, points[i]);
    }
    int lastRow = Math.min(frame.height() - 1, (int) Math.floor(bottom));
    for (int row = Math.max(0, (int) Math.floor(top)); row <= lastRow; row++) {
      Arrays.fill(coverage, 0, frame.width(), 0f);
      for (int line = 0; line < SUB_LINES; line++) {
        coverLine(points, row + (line + 0.5) / SUB_LINES);
      }
      for (int x = 0; x < frame.width(); x++) {
        if (coverage[x] > 0) {
          blend(x, row, color, coverage[x]);
        }
      }
    }
  }

  /// Adds what a polygon covers along one horizontal line.
  private void coverLine(double[] points, double y) {
    if (crossings.length < points.length / 2) {
      crossings = new double[points.length / 2];
    }
    int count = 0;
    int previous = points.length - 2;
    for (int i = 0; i < points.length; previous = i, i += 2) {
      double y0 = points[previous + 1];
      double y1 = points[i + 1];
      if (y0 <= y != y1 <= y) {
        double share = (y - y0) / (y1 - y0);
        crossings[count++] = points[previous] + share * (points[i] - points[previous]);
      }
    }
    Arrays.sort(crossings, 0, count);
    for (int i = 0; i + 1 < count; i += 2) {
      coverSpan(Math.max(0, crossings[i]), Math.min(frame.width(), crossings[i + 1]));
    }
  }

  private void coverSpan(double from, double to) {
    for (int x = (int) from; x < to; x++) {
      coverage[x] += (float) ((Math.min(x + 1, to) - Math.max(x, from)) / SUB_LINES);
    }
  }

  /// The signed distance of a point from the border of a shape, in pixels; negative inside.
  private interface Shape {
    double distance(double x, double y);
  }

  /// Fills a shape within its bounds, half a pixel of blending on either side of the border.
  private void shape(double left, double top, double right, double bottom, int color, Shape shape) {
    pixels(
        column(left - 0.5), row(top - 0.5), column(right + 1.5), row(bottom + 1.5), color, shape);
  }

  /// Fills the part of a shape that lies in columns `left .. right-1` and rows `top .. bottom-1`.
  private void pixels(int left, int top, int right, int bottom, int color, Shape shape) {
    for (int y = top; y < bottom; y++) {
      for (int x = left; x < right; x++) {
        double covered = 0.5 - shape.distance(x + 0.5, y + 0.5);
        if (covered > 0) {
          blend(x, y, color, (float) Math.min(1, covered));
        }
      }
    }
  }

  /// The column that holds x, or the nearest border of the picture.
  private int column(double x) {
    return (int) Math.clamp(Math.floor(x), 0.0, frame.width());
  }

  /// The row that holds y, or the nearest border of the picture.
  private int row(double y) {
    return (int) Math.clamp(Math.floor(y), 0.0, frame.height());
  }

  private static double distance(double dx, double dy) {
    return Math.sqrt(dx * dx + dy * dy);
  }

  private void blend(int x, int y, int color, float share) {
    byte[] rgb = frame.rgb();
    int at = 3 * (y * frame.width() + x);
    for (int i = 0; i < 3; i++) {
      int old = rgb[at + i] & 0xff;
      int ours = color >> 16 - 8 * i & 0xff;
      rgb[at + i] = (byte) (int) (old + (ours - old) * Math.min(share, 1f) + 0.5f);
    }
  }
}
