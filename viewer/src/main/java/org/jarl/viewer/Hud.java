package org.jarl.viewer;

import org.jarl.env.picture.Canvas;
import org.jarl.env.show.Scene;

/// Draws the panel beside the picture: who acts, what was done, what the agent thinks and sees, and
/// how the episode goes.
final class Hud {
  private static final float TITLE = 15;
  private static final float BODY = 13;
  private static final float SMALL = 11;
  private static final float PILL = 20;
  private static final float LARGEST_NAME_SHARE = 0.36f;
  private static final int NUMBER_COLUMNS = 7;
  private static final int STATISTIC_COLUMNS = 15;

  private final Brush brush;
  private final Layout layout;
  private final Curves curves;
  private float left;
  private float right;

  /// Where bars begin and end, and the numbers that mean these ends.
  private float from;

  private float to;
  private float low;
  private float high;

  Hud(Brush brush, Layout layout) {
    this.brush = brush;
    this.layout = layout;
    curves = new Curves(brush);
  }

  /// Draws the panel of a scene as laid out.
  void draw(Scene scene) {
    if (layout.panelWidth == 0) {
      return;
    }
    left = layout.panelX + Layout.PAD;
    right = layout.panelX + layout.panelWidth - Layout.PAD;
    brush.clip(layout.panelX, layout.panelY, layout.panelWidth, layout.panelHeight);
    float y = layout.panelY + Layout.PAD;
    header(scene, y);
    y += Layout.HEADER;
    action(scene, y);
    statistics(scene, y + Layout.ACTION);
    if (layout.height(Layout.BARS) > 0 && scene.barsAre != Scene.Bars.NONE) {
      bars(scene, layout.top(Layout.BARS));
    }
    if (layout.height(Layout.INPUT) > 0) {
      input(scene, layout.top(Layout.INPUT));
    }
    curves.draw(scene, layout, left, right);
    brush.line.clear().add("H keys");
    brush.right(right, layout.panelY + layout.panelHeight - 13, SMALL, Palette.MUTED);
    brush.unclip();
  }

  private void header(Scene scene, float y) {
    brush.line.clear().add(scene.title, brush.columns(right - left, TITLE));
    brush.leftBold(left, y + 8, TITLE, Palette.TEXT);
    float pills = y + 24;
    float x =
        switch (scene.player) {
          case AGENT -> pill(left, pills, "AGENT", Palette.BLUE);
          case HUMAN -> pill(left, pills, "YOU PLAY", Palette.AMBER);
          case RANDOM -> pill(left, pills, "RANDOM", Palette.MUTED);
        };
    if (scene.controllable) {
      brush.line.clear().add(scene.paused ? "PAUSED x" : "x").add(scene.speed, decimals(scene));
      x = pill(x, pills, scene.paused ? Palette.RED : Palette.TEAL, scene.paused);
    }
    if (scene.saliencyHeight > 0) {
      x = pill(x, pills, "SALIENCY", Palette.AMBER);
    }
    if (scene.terminated || scene.truncated) {
      pill(x, pills, scene.terminated ? "END" : "CUT", Palette.RED);
    }
  }

  private static int decimals(Scene scene) {
    return scene.speed == Math.rint(scene.speed) ? 0 : scene.speed >= 0.5 ? 1 : 2;
  }

  private float pill(float x, float y, String text, int rgb) {
    brush.line.clear().add(text);
    return pill(x, y, rgb, true);
  }

  /// Draws the brush's line as a pill, unless it would leave the panel; returns where the next
  /// goes.
  private float pill(float x, float y, int rgb, boolean filled) {
    float width = brush.width(brush.line.columns(), SMALL) + 16;
    if (x + width > right) {
      return x;
    }
    if (filled) {
      brush.box(x, y, width, PILL, PILL / 2, rgb);
    } else {
      brush.frame(x, y, width, PILL, PILL / 2, rgb);
    }
    brush.left(x + 8, y + PILL / 2, SMALL, filled ? Palette.DARK_TEXT : rgb);
    return x + width + 6;
  }

  private void action(Scene scene, float y) {
    float middle = y + Layout.ACTION / 2 - 2;
    brush.line.clear().add("action");
    brush.left(left, middle, BODY, Palette.MUTED);
    boolean none = scene.action.isEmpty();
    float room = right - left - brush.width(8, BODY);
    brush.line.clear().add(none ? "-" : scene.action, brush.columns(room, TITLE));
    brush.right(right, middle, TITLE, none ? Palette.MUTED : Palette.TEXT);
  }

  /// Two columns of names and right-aligned numbers.
  private void statistics(Scene scene, float y) {
    float gap = 20;
    float column = (right - left - gap) / 2;
    float text = brush.columns(column, BODY) >= STATISTIC_COLUMNS ? BODY : SMALL;
    float second = left + column + gap;
    float row = y + Layout.STATISTIC / 2;
    name("episode", left, row, text).add(scene.episode);
    number(left + column, row, text);
    name("step", second, row, text).add(scene.step);
    number(right, row, text);
    row += Layout.STATISTIC;
    name("return", left, row, text).add(scene.episodeReturn, Curves.decimals(scene.episodeReturn));
    number(left + column, row, text);
    name("reward", second, row, text).add(scene.reward, Curves.decimals(scene.reward));
    number(right, row, text);
    row += Layout.STATISTIC;
    name("seed", left, row, text).add(scene.seed);
    number(left + column, row, text);
    if (scene.agentSteps > 0) {
      name("trained", second, row, text).addShort(scene.agentSteps);
      number(right, row, text);
    }
  }

  private TextLine name(String name, float x, float y, float text) {
    brush.line.clear().add(name);
    brush.left(x, y, text, Palette.MUTED);
    return brush.line.clear();
  }

  private void number(float rightEnd, float y, float text) {
    brush.right(rightEnd, y, text, Palette.TEXT);
  }

  static void heading(Brush brush, String text, float x, float y) {
    brush.line.clear().add(text);
    brush.left(x, y + Layout.HEADING / 2 - 3, BODY, Palette.MUTED);
    brush.line.clear();
  }

  private void bars(Scene scene, float y) {
    String heading =
        switch (scene.barsAre) {
          case ACTION_VALUES -> "action values";
          case PROBABILITIES -> "probabilities";
          case MEANS -> "mean and spread";
          case NONE -> "";
        };
    heading(brush, heading, left, y);
    if (layout.barRows < scene.barCount) {
      brush.line.add("+").add(scene.barCount - layout.barRows).add(" more");
      brush.left(left, layout.panelY + layout.panelHeight - 13, SMALL, Palette.MUTED);
    }
    if (!Float.isNaN(scene.value)) {
      brush.line.clear().add("value ").add(scene.value, Curves.decimals(scene.value));
      brush.right(right, y + Layout.HEADING / 2 - 3, BODY, Palette.BLUE);
    }
    float text = Math.min(BODY, layout.barRow - 2);
    int longest = 1;
    for (int i = 0; i < layout.barRows && i < scene.actionNames.size(); i++) {
      longest = Math.max(longest, scene.actionNames.get(i).length());
    }
    int columns = Math.min(longest, brush.columns((right - left) * LARGEST_NAME_SHARE, text));
    from = left + brush.width(columns, text) + 8;
    to = right - brush.width(NUMBER_COLUMNS, text) - 6;
    low = lowest(scene);
    high = highest(scene);
    int best = best(scene);
    for (int i = 0; i < layout.barRows; i++) {
      float middle = y + Layout.HEADING + (i + 0.5f) * layout.barRow;
      boolean chosen = i == best;
      brush.line.clear();
      if (i < scene.actionNames.size()) {
        brush.line.add(scene.actionNames.get(i), columns);
      }
      brush.left(left, middle, text, chosen ? Palette.TEAL : Palette.TEXT);
      bar(scene, i, middle, chosen);
      int decimals = scene.barsAre == Scene.Bars.PROBABILITIES ? 3 : Curves.decimals(high - low);
      brush.line.clear().add(scene.bars[i], decimals);
      brush.right(right, middle, text, chosen ? Palette.TEAL : Palette.TEXT);
    }
  }

  private void bar(Scene scene, int i, float middle, boolean chosen) {
    float thick = Math.min(10, layout.barRow * 0.5f);
    float width = to - from;
    int rgb = chosen ? Palette.TEAL : Palette.BLUE;
    brush.box(from, middle - thick / 2, width, thick, thick / 2, Palette.TRACK);
    float range = Math.max(high - low, 1e-9f);
    float share = Math.clamp((scene.bars[i] - low) / range, 0, 1);
    if (scene.barsAre != Scene.Bars.MEANS) {
      brush.box(from, middle - thick / 2, Math.max(thick, width * share), thick, thick / 2, rgb);
      return;
    }
    float spread = scene.spreads[i] / range * width;
    float at = from + width * share;
    float start = Math.max(from, at - spread);
    brush.alpha(0.4f);
    brush.box(start, middle - thick / 2, Math.min(to, at + spread) - start, thick, 2, Palette.BLUE);
    brush.alpha(1);
    brush.box(Math.clamp(at - 2, from, to - 4), middle - thick / 2 - 2, 4, thick + 4, 2, rgb);
  }

  /// The bar that stands out: what the agent would do next. Means are no choice.
  private static int best(Scene scene) {
    int best = scene.barsAre == Scene.Bars.MEANS ? -1 : 0;
    for (int i = 1; i < scene.barCount && best >= 0; i++) {
      best = scene.bars[i] > scene.bars[best] ? i : best;
    }
    return best;
  }

  /// Action values are shown between their smallest and their largest: what counts is the order.
  private static float lowest(Scene scene) {
    if (scene.barsAre == Scene.Bars.PROBABILITIES) {
      return 0;
    }
    if (scene.barsAre == Scene.Bars.MEANS) {
      return -highest(scene);
    }
    float low = Float.POSITIVE_INFINITY;
    for (int i = 0; i < scene.barCount; i++) {
      low = Math.min(low, scene.bars[i]);
    }
    return low;
  }

  private static float highest(Scene scene) {
    if (scene.barsAre == Scene.Bars.PROBABILITIES) {
      return 1;
    }
    boolean means = scene.barsAre == Scene.Bars.MEANS;
    float high = means ? 1 : Float.NEGATIVE_INFINITY;
    for (int i = 0; i < scene.barCount; i++) {
      float end = means ? Math.abs(scene.bars[i]) + scene.spreads[i] : scene.bars[i];
      high = Math.max(high, end);
    }
    return high;
  }

  private void input(Scene scene, float y) {
    heading(brush, "what the agent sees", left, y);
    if (scene.seenSpace == null) {
      return;
    }
    float end = right;
    for (int axis = 0; axis < scene.seenSpace.shape().size(); axis++) {
      brush.line.add(axis == 0 ? "" : "x").add(scene.seenSpace.shape().get(axis));
    }
    float room = right - left - brush.width("what the agent sees".length() + 1, BODY);
    if (brush.width(brush.line.columns(), SMALL) <= room) {
      brush.right(end, y + Layout.HEADING / 2 - 3, SMALL, Palette.MUTED);
    }
    if (Layout.thumbs(scene) == 0) {
      numbers(scene, y + Layout.HEADING);
    }
  }

  /// The numbers of a vector, each with a bar from the middle, the warmer the more it weighs.
  private void numbers(Scene scene, float y) {
    int count = (int) (layout.height(Layout.INPUT) - Layout.HEADING) / (int) Layout.NUMBER_ROW;
    float largest = 1;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(Seen.element(scene, i)));
    }
    from = left + brush.width(3, SMALL);
    to = right - brush.width(NUMBER_COLUMNS, SMALL) - 6;
    float zero = (from + to) / 2;
    for (int i = 0; i < count; i++) {
      float middle = y + (i + 0.5f) * Layout.NUMBER_ROW;
      float number = Seen.element(scene, i);
      brush.line.clear().add(i);
      brush.left(left, middle, SMALL, Palette.MUTED);
      brush.box(from, middle - 3, to - from, 6, 3, Palette.TRACK);
      float end = zero + number / largest * (to - zero);
      boolean weighed = scene.saliencyHeight == 1 && i < scene.saliencyWidth;
      int rgb = weighed ? Canvas.mix(Palette.BLUE, Palette.AMBER, scene.saliency[i]) : Palette.BLUE;
      brush.box(Math.min(zero, end), middle - 3, Math.max(1, Math.abs(end - zero)), 6, 2, rgb);
      brush.line.clear().add(number, 3);
      brush.right(right, middle, SMALL, Palette.TEXT);
    }
  }
}
