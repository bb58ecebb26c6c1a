package org.jarl.viewer;

import org.jarl.env.show.Scene;

/// Draws the returns of the latest episodes as a line, and the rewards of this one as sticks.
final class Curves {
  private static final float SMALL = 11;
  private static final float LABEL_HEIGHT = 44;

  private final Brush brush;

  Curves(Brush brush) {
    this.brush = brush;
  }

  /// Decimals that suit the size of a number.
  static int decimals(double number) {
    double size = Math.abs(number);
    return size >= 1000 ? 0 : size >= 100 ? 1 : 2;
  }

  void draw(Scene scene, Layout layout, float left, float right) {
    if (layout.height(Layout.RETURNS) > 0) {
      float height = layout.height(Layout.RETURNS) - Layout.HEADING;
      returns(scene, layout.top(Layout.RETURNS), height, left, right);
    }
    if (layout.height(Layout.REWARDS) > 0) {
      float height = layout.height(Layout.REWARDS) - Layout.HEADING;
      rewards(scene, layout.top(Layout.REWARDS), height, left, right);
    }
  }

  private void returns(Scene scene, float y, float height, float left, float right) {
    Hud.heading(brush, "returns", left, y);
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    double sum = 0;
    for (int i = 0; i < scene.returnCount; i++) {
      low = Math.min(low, scene.returns[i]);
      high = Math.max(high, scene.returns[i]);
      sum += scene.returns[i];
    }
    double mean = sum / scene.returnCount;
    brush.line.add("mean ").add(mean, decimals(mean)).add(" of ").add(scene.returnCount);
    brush.right(right, y + Layout.HEADING / 2 - 3, SMALL, Palette.MUTED);
    float top = y + Layout.HEADING;
    field(top, height, left, right);
    float from = left + 8 + labels(low, high, top, height, left);
    if (low == high) {
      low -= 1;
      high += 1;
    }
    float usable = height - 12;
    float bottom = top + height - 6;
    float step = scene.returnCount > 1 ? (right - 8 - from) / (scene.returnCount - 1) : 0;
    float x = from;
    float at = bottom;
    for (int i = 0; i < scene.returnCount; i++) {
      x = from + i * step;
      at = bottom - (float) ((scene.returns[i] - low) / (high - low)) * usable;
      if (i == 0) {
        brush.from(x, at);
      } else {
        brush.to(x, at);
      }
    }
    brush.stroke(1.6f, Palette.BLUE);
    brush.disc(x, at, 3, Palette.BLUE);
  }

  private void rewards(Scene scene, float y, float height, float left, float right) {
    Hud.heading(brush, "rewards", left, y);
    float low = 0;
    float high = 0;
    for (int i = 0; i < scene.rewardCount; i++) {
      low = Math.min(low, scene.rewards[i]);
      high = Math.max(high, scene.rewards[i]);
    }
    brush.line.add("latest ").add(Scene.RECENT_REWARDS).add(" steps");
    brush.right(right, y + Layout.HEADING / 2 - 3, SMALL, Palette.MUTED);
    float top = y + Layout.HEADING;
    field(top, height, left, right);
    float from = left + 8 + labels(low, high, top, height, left);
    float range = high == low ? 1 : high - low;
    float perPoint = (height - 12) / range;
    float zero = high == low ? top + height - 6 : top + 6 + high * perPoint;
    brush.line(from, zero, right - 8, zero, 1, Palette.EDGE);
    float step = (right - 8 - from) / Scene.RECENT_REWARDS;
    sticks(scene, from + step / 2, step, zero, perPoint, 1, Palette.TEAL);
    sticks(scene, from + step / 2, step, zero, perPoint, -1, Palette.RED);
  }

  /// One path for all rewards of one sign.
  private void sticks(
      Scene scene, float x, float step, float zero, float perPoint, int sign, int rgb) {
    boolean any = false;
    for (int i = 0; i < scene.rewardCount; i++) {
      float reward = scene.rewards[i];
      if (reward * sign > 0) {
        if (!any) {
          brush.from(brush.sharp(x + i * step), zero);
          any = true;
        } else {
          brush.move(brush.sharp(x + i * step), zero);
        }
        brush.to(brush.sharp(x + i * step), zero - reward * perPoint);
      }
    }
    if (any) {
      brush.stroke(brush.pixels(step), rgb);
    }
  }

  private void field(float top, float height, float left, float right) {
    brush.box(left, top, right - left, height, 4, Palette.BACKGROUND);
  }

  /// Writes both ends of the scale to the left of a field, unless it is too low for that.
  ///
  /// @return the width they take
  private float labels(double low, double high, float top, float height, float left) {
    if (height < LABEL_HEIGHT || low == high) {
      return 0;
    }
    brush.line.clear().add(high, decimals(high));
    int columns = brush.line.columns();
    brush.left(left + 6, top + 9, SMALL, Palette.MUTED);
    brush.line.clear().add(low, decimals(low));
    columns = Math.max(columns, brush.line.columns());
    brush.left(left + 6, top + height - 9, SMALL, Palette.MUTED);
    return brush.width(columns, SMALL) + 4;
  }
}
