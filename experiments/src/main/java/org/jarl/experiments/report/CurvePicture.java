package org.jarl.experiments.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.awt.image.BufferedImage;
import java.util.Locale;
import java.util.Map;

/// Draws learning curves as a picture for a docs page: 800 x 500 points at two pixels each.
final class CurvePicture {
  private static final int WIDTH = 800;
  private static final int HEIGHT = 500;
  private static final int SCALE = 2;
  private static final int LEFT = 78;
  private static final int RIGHT = 28;
  private static final int TOP = 58;
  private static final int BOTTOM = 62;

  private static final Color INK = new Color(0x24292f);
  private static final Color FAINT_INK = new Color(0x57606a);
  private static final Color GRID = new Color(0xe6e9ed);
  private static final Color THRESHOLD = new Color(0x8a4b08);

  /// The colours of Okabe and Ito (2008), which colour-blind readers can tell apart.
  private static final Color[] COLORS = {
    new Color(0x0072b2),
    new Color(0xd55e00),
    new Color(0x009e73),
    new Color(0xcc79a7),
    new Color(0xe69f00),
    new Color(0x56b4e9)
  };

  /// What the picture says besides the curves.
  ///
  /// @param threshold where a dashed line is drawn; NaN for none
  record Labels(String title, String xAxis, String yAxis, double threshold) {}

  private final Labels labels;
  private final Map<String, LearningCurve> curves;
  private final BufferedImage image =
      new BufferedImage(SCALE * WIDTH, SCALE * HEIGHT, BufferedImage.TYPE_INT_RGB);
  private final Graphics2D graphics = image.createGraphics();
  private final Axis x;
  private final Axis y;

  /// Where numbers lie in the picture.
  ///
  /// @param low number at the start of the axis
  /// @param high number at its end
  /// @param tick distance of two ticks: 1, 2 or 5 times a power of ten
  /// @param from place of `low` in points
  /// @param to place of `high` in points
  private record Axis(double low, double high, double tick, double from, double to) {

    static double niceTick(double span, int most) {
      double power = Math.pow(10, Math.floor(Math.log10(span / most)));
      for (double factor : new double[] {1, 2, 5}) {
        if (span / (factor * power) <= most) {
          return factor * power;
        }
      }
      return 10 * power;
    }

    double at(double number) {
      return from + (to - from) * (number - low) / (high - low);
    }

    long firstTick() {
      return (long) Math.ceil(low / tick - 1e-9);
    }

    long lastTick() {
      return (long) Math.floor(high / tick + 1e-9);
    }
  }

  private CurvePicture(Labels labels, Map<String, LearningCurve> curves) {
    this.labels = labels;
    this.curves = curves;
    this.x = xAxis();
    this.y = yAxis();
  }

  /// Draws curves by name, in their order.
  static BufferedImage draw(Labels labels, Map<String, LearningCurve> curves) {
    var picture = new CurvePicture(labels, curves);
    picture.draw();
    picture.graphics.dispose();
    return picture.image;
  }

  private Axis xAxis() {
    double high = 1;
    for (LearningCurve curve : curves.values()) {
      high = Math.max(high, curve.steps()[curve.steps().length - 1]);
    }
    double tick = Axis.niceTick(high, 8);
    // Runs end with their last whole episode, a little before the round number they were given.
    double round = Math.ceil(high / tick) * tick;
    return new Axis(0, round < 1.05 * high ? round : high, tick, LEFT, (double) WIDTH - RIGHT);
  }

  /// Holds every run; a confidence interval of few runs may be wider than anything that can happen
  /// and is cut.
  private Axis yAxis() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (LearningCurve curve : curves.values()) {
      for (double[] run : curve.runs()) {
        for (double value : run) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    if (!Double.isNaN(labels.threshold())) {
      low = Math.min(low, labels.threshold());
      high = Math.max(high, labels.threshold());
    }
    double span = high > low ? high - low : Math.max(1, Math.abs(high));
    double tick = Axis.niceTick(1.1 * span, 7);
    // An axis that can begin at 0 does: heights can then be compared by eye.
    low = low >= 0 && low < 0.3 * high ? 0 : Math.floor((low - 0.03 * span) / tick) * tick;
    return new Axis(low, high + 0.07 * span, tick, (double) HEIGHT - BOTTOM, TOP);
  }

  private void draw() {
    graphics.setTransform(AffineTransform.getScaleInstance(SCALE, SCALE));
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setRenderingHint(
        RenderingHints.KEY_FRACTIONALMETRICS, RenderingHints.VALUE_FRACTIONALMETRICS_ON);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, WIDTH, HEIGHT);
    drawAxes();
    graphics.setClip(
        new Rectangle2D.Double(x.from(), y.to(), x.to() - x.from(), y.from() - y.to()));
    int i = 0;
    for (LearningCurve curve : curves.values()) {
      drawCurve(curve, COLORS[i++ % COLORS.length]);
    }
    graphics.setClip(null);
    drawThreshold();
    drawLegend();
  }

  private void drawAxes() {
    graphics.setFont(font(Font.PLAIN, 12));
    for (long k = y.firstTick(); k <= y.lastTick(); k++) {
      double at = y.at(k * y.tick());
      graphics.setColor(GRID);
      line(x.from(), at, x.to(), at, 1);
      graphics.setColor(FAINT_INK);
      text(number(k * y.tick(), y.tick()), x.from() - 10, at + 4.5, 1);
    }
    for (long k = x.firstTick(); k <= x.lastTick(); k++) {
      double at = x.at(k * x.tick());
      graphics.setColor(FAINT_INK);
      line(at, y.from(), at, y.from() + 5, 1);
      text(agentSteps(k * x.tick()), at, y.from() + 20, 0.5);
    }
    graphics.setColor(FAINT_INK);
    line(x.from(), y.from(), x.to(), y.from(), 1.2);
    graphics.setColor(INK);
    graphics.setFont(font(Font.PLAIN, 13));
    text(labels.xAxis(), (x.from() + x.to()) / 2, HEIGHT - 16, 0.5);
    AffineTransform upright = graphics.getTransform();
    graphics.rotate(-Math.PI / 2);
    text(labels.yAxis(), -(y.from() + y.to()) / 2, 22, 0.5);
    graphics.setTransform(upright);
    graphics.setFont(font(Font.BOLD, 17));
    text(labels.title(), x.from(), 34, 0);
  }

  private void drawCurve(LearningCurve curve, Color color) {
    graphics.setColor(transparent(color, 38));
    Path2D band = path(curve, 1);
    for (int t = curve.steps().length - 1; t >= 0; t--) {
      band.lineTo(x.at(curve.steps()[t]), y.at(curve.mean()[t] - curve.halfWidth()[t]));
    }
    graphics.fill(band);
    if (curve.runs().length > 1) {
      graphics.setColor(transparent(color, 80));
      graphics.setStroke(round(0.8));
      for (double[] run : curve.runs()) {
        graphics.draw(path(curve.steps(), run));
      }
    }
    graphics.setColor(color);
    graphics.setStroke(round(2.4));
    graphics.draw(path(curve, 0));
  }

  private Path2D path(LearningCurve curve, double widths) {
    double[] values = new double[curve.mean().length];
    for (int t = 0; t < values.length; t++) {
      values[t] = curve.mean()[t] + widths * curve.halfWidth()[t];
    }
    return path(curve.steps(), values);
  }

  private Path2D path(double[] steps, double[] values) {
    var path = new Path2D.Double();
    path.moveTo(x.at(steps[0]), y.at(values[0]));
    for (int t = 1; t < steps.length; t++) {
      path.lineTo(x.at(steps[t]), y.at(values[t]));
    }
    return path;
  }

  private void drawThreshold() {
    if (Double.isNaN(labels.threshold())) {
      return;
    }
    double at = y.at(labels.threshold());
    graphics.setColor(THRESHOLD);
    graphics.setStroke(dashed());
    graphics.draw(new Line2D.Double(x.from(), at, x.to(), at));
  }

  /// In the lower right corner, where a curve that rises leaves room; in the upper right one when
  /// the curves end low.
  private void drawLegend() {
    graphics.setFont(font(Font.PLAIN, 12));
    boolean threshold = !Double.isNaN(labels.threshold());
    String solved = threshold ? "threshold " + number(labels.threshold(), 0) : "";
    double textWidth = threshold ? width(solved) : 0;
    double middle = (y.low() + y.high()) / 2;
    boolean endsHigh = true;
    for (var entry : curves.entrySet()) {
      textWidth = Math.max(textWidth, width(legend(entry.getKey(), entry.getValue())));
      double[] mean = entry.getValue().mean();
      endsHigh &= mean[mean.length - 1] >= middle;
    }
    int lines = curves.size() + (threshold ? 1 : 0);
    double boxWidth = textWidth + 54;
    double boxHeight = 20.0 * lines + 10;
    double left = x.to() - boxWidth - 12;
    double top = endsHigh ? y.from() - boxHeight - 14 : y.to() + 14;
    var box = new RoundRectangle2D.Double(left, top, boxWidth, boxHeight, 8, 8);
    graphics.setColor(new Color(255, 255, 255, 225));
    graphics.fill(box);
    graphics.setColor(GRID);
    graphics.setStroke(round(1));
    graphics.draw(box);
    double row = top + 16;
    int i = 0;
    for (var entry : curves.entrySet()) {
      Color color = COLORS[i++ % COLORS.length];
      graphics.setColor(transparent(color, 38));
      graphics.fill(new Rectangle2D.Double(left + 12, row - 6, 26, 12));
      graphics.setColor(color);
      line(left + 12, row, left + 38, row, 2.4);
      graphics.setColor(INK);
      text(legend(entry.getKey(), entry.getValue()), left + 46, row + 4.5, 0);
      row += 20;
    }
    if (threshold) {
      graphics.setColor(THRESHOLD);
      graphics.setStroke(dashed());
      graphics.draw(new Line2D.Double(left + 12, row, left + 38, row));
      graphics.setColor(INK);
      text(solved, left + 46, row + 4.5, 0);
    }
  }

  private static String legend(String name, LearningCurve curve) {
    int seeds = curve.runs().length;
    return seeds == 1 ? name : name + ": mean of " + seeds + " seeds, 95 % interval";
  }

  private void line(double fromX, double fromY, double toX, double toY, double width) {
    graphics.setStroke(new BasicStroke((float) width));
    graphics.draw(new Line2D.Double(fromX, fromY, toX, toY));
  }

  /// @param anchor which part of the text lies left of `atX`: 0 none, 0.5 half, 1 all
  private void text(String text, double atX, double atY, double anchor) {
    graphics.drawString(text, (float) (atX - anchor * width(text)), (float) atY);
  }

  private double width(String text) {
    return graphics.getFontMetrics().getStringBounds(text, graphics).getWidth();
  }

  private static Font font(int style, int size) {
    return new Font(Font.SANS_SERIF, style, size);
  }

  private static BasicStroke round(double width) {
    return new BasicStroke((float) width, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND);
  }

  private static BasicStroke dashed() {
    float[] pattern = {6, 4};
    return new BasicStroke(1.5f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 1, pattern, 0);
  }

  private static Color transparent(Color color, int alpha) {
    return new Color(color.getRed(), color.getGreen(), color.getBlue(), alpha);
  }

  /// Agent steps as `0`, `50k`, `1.5M`.
  static String agentSteps(double steps) {
    if (steps >= 1e6) {
      return trimmed(steps / 1e6) + "M";
    }
    return steps >= 1e3 ? trimmed(steps / 1e3) + "k" : trimmed(steps);
  }

  /// A number with as many decimals as its tick needs.
  private static String number(double value, double tick) {
    return tick >= 1 ? String.format(Locale.ROOT, "%.0f", value) : trimmed(value);
  }

  private static String trimmed(double value) {
    String text = String.format(Locale.ROOT, "%.4f", value);
    return text.replaceAll("0+$", "").replaceAll("\\.$", "").replaceAll("^-0$", "0");
  }
}
