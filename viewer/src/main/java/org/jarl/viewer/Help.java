package org.jarl.viewer;

import org.jarl.env.show.Scene;

/// Draws the list of keys over the window.
final class Help {
  private static final float ROW = 22;
  private static final float LEAST_ROW = 12;
  private static final float TEXT = 13;
  private static final float KEY_COLUMNS = 10;
  private static final float MEANING_COLUMNS = 24;
  private static final float EDGE = 18;
  private static final Shortcut[] ALL = Shortcut.values();

  private final Brush brush;

  Help(Brush brush) {
    this.brush = brush;
  }

  void draw(Scene scene, float width, float height) {
    int rows = 1;
    for (Shortcut shortcut : ALL) {
      rows += shortcut.applies(scene) ? 1 : 0;
    }
    boolean play = !scene.keyHelp.isEmpty();
    int playRows = play ? scene.keyHelp.size() + 1 : 0;
    float column = brush.width(1, TEXT) * (KEY_COLUMNS + MEANING_COLUMNS);
    boolean beside = play && width >= 2 * column + 3 * EDGE + 16;
    int tallest = beside ? Math.max(rows, playRows) : rows + playRows;
    float row = Math.clamp((height - 2 * EDGE - 8) / tallest, LEAST_ROW, ROW);
    float boxWidth = Math.min(width - 8, (beside ? 2 * column + EDGE : column) + 2 * EDGE);
    float boxHeight = Math.min(height - 8, tallest * row + 2 * EDGE);
    float x = (width - boxWidth) / 2;
    float y = (height - boxHeight) / 2;
    brush.alpha(0.6f);
    brush.box(0, 0, width, height, 0, Palette.BACKGROUND);
    brush.alpha(0.97f);
    brush.box(x, y, boxWidth, boxHeight, 10, Palette.PANEL);
    brush.alpha(1);
    brush.frame(x, y, boxWidth, boxHeight, 10, Palette.EDGE);
    brush.clip(x, y, boxWidth, boxHeight);
    float text = Math.min(TEXT, row - 3);
    float end = commands(scene, x + EDGE, y + EDGE, row, text);
    if (beside) {
      play(scene, x + column + 2 * EDGE, y + EDGE, row, text);
    } else if (play) {
      play(scene, x + EDGE, end, row, text);
    }
    brush.unclip();
  }

  private float commands(Scene scene, float x, float top, float row, float text) {
    float y = top + row / 2;
    brush.line.clear().add("Keys");
    brush.leftBold(x, y, text, Palette.TEXT);
    for (Shortcut shortcut : ALL) {
      if (shortcut.applies(scene)) {
        y += row;
        brush.line.clear().add(shortcut.keys);
        brush.left(x, y, text, Palette.BLUE);
        brush.line.clear().add(shortcut.meaning);
        brush.left(x + KEY_COLUMNS * brush.width(1, text), y, text, Palette.TEXT);
      }
    }
    return y + row / 2;
  }

  private void play(Scene scene, float x, float top, float row, float text) {
    float y = top + row / 2;
    brush.line.clear().add("To play");
    brush.leftBold(x, y, text, Palette.TEXT);
    for (int i = 0; i < scene.keyHelp.size(); i++) {
      y += row;
      brush.line.clear().add(scene.keyHelp.get(i), (int) (KEY_COLUMNS + MEANING_COLUMNS));
      brush.left(x, y, text, Palette.TEXT);
    }
  }
}
