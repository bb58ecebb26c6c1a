package org.jarl.viewer;

import org.jarl.env.show.Scene;

/// Where everything goes, in points from the upper left corner; recomputed for each picture.
///
///     wide                      high             small
///     +-----------+-------+     +---------+      +------+
///     |           | panel |     | picture |      | pic- |
///     |  picture  |       |     +---------+      | ture |
///     |           |       |     |  panel  |      +------+
///     +-----------+-------+     +---------+
///
/// Sections of the panel that do not fit are left out, so nothing ever lies over anything else.
final class Layout {
  static final float PAD = 16;

  /// Height of a section's heading.
  static final float HEADING = 22;

  static final float HEADER = 58;
  static final float ACTION = 28;
  static final float STATISTIC = 19;
  static final int STATISTIC_ROWS = 3;

  /// Pictures of the input side by side.
  static final int THUMBS_PER_ROW = 4;

  static final float THUMB_GAP = 6;
  static final int MAX_THUMBS = 8;
  static final int MAX_NUMBERS = 8;
  static final float NUMBER_ROW = 16;

  private static final float FOOTER = 30;
  private static final float GAP = 12;
  private static final float LEAST_BAR = 13;
  private static final float LARGEST_BAR = 22;
  private static final int LEAST_BARS = 3;
  private static final float LEAST_CURVE = 34;
  private static final float LARGEST_CURVE = 120;
  private static final float LARGEST_THUMB = 110;
  private static final float LEAST_WIDTH_BESIDE = 540;
  private static final float LEAST_HEIGHT_BELOW = 420;
  private static final float LEAST_PANEL = 250;
  private static final float LARGEST_PANEL = 380;
  private static final float PANEL_SHARE = 0.34f;
  private static final float MARGIN = 12;

  // What may stand in the panel, the most important first.

  /// One row per action.
  static final int BARS = 0;

  /// What the agent sees.
  static final int INPUT = 1;

  /// Returns of the latest episodes.
  static final int RETURNS = 2;

  /// Rewards of this episode.
  static final int REWARDS = 3;

  static final int SECTIONS = 4;

  /// The picture's part of the window.
  float gameWidth;

  float gameHeight;

  /// The panel; its width is 0 when there is no room for it.
  float panelX;

  float panelY;
  float panelWidth;
  float panelHeight;

  /// The environment's picture, in pixels; its width is 0 when it has none.
  int pictureX;

  int pictureY;
  int pictureWidth;
  int pictureHeight;

  /// Rows of bars that fit, and the height of each.
  int barRows;

  float barRow;

  /// Side of an input picture along its width.
  float thumbWidth;

  float thumbHeight;

  /// Bars there is room for: where an episode ends the agent thinks nothing, and the panel stays.
  private int bars;

  private final float[] tops = new float[SECTIONS];
  private final float[] heights = new float[SECTIONS];
  private float free;

  /// Lays out a scene in a target of `width x height` pixels, `scale` pixels per point.
  void compute(Scene scene, int width, int height, float scale) {
    splitWindow(width / scale, height / scale);
    placePicture(scene, scale);
    for (int i = 0; i < SECTIONS; i++) {
      heights[i] = 0;
    }
    barRows = 0;
    if (panelWidth > 0) {
      fillPanel(scene);
    }
  }

  /// The width of a window whose picture has this much room beside the panel, in points.
  static int windowWidth(int game) {
    float panel = Math.clamp(game * PANEL_SHARE / (1 - PANEL_SHARE), LEAST_PANEL, LARGEST_PANEL);
    return game + Math.round(panel);
  }

  private void splitWindow(float width, float height) {
    gameWidth = width;
    gameHeight = height;
    panelWidth = 0;
    if (width >= LEAST_WIDTH_BESIDE) {
      panelWidth = Math.round(Math.clamp(width * PANEL_SHARE, LEAST_PANEL, LARGEST_PANEL));
      panelX = width - panelWidth;
      panelY = 0;
      panelHeight = height;
      gameWidth = panelX;
    } else if (height >= LEAST_HEIGHT_BELOW && width >= LEAST_PANEL) {
      panelWidth = width;
      panelX = 0;
      panelY = Math.round(height / 2);
      panelHeight = height - panelY;
      gameHeight = panelY;
    }
  }

  /// By whole steps where the picture fits, smaller where it does not.
  private void placePicture(Scene scene, float scale) {
    int frameWidth = scene.frame.width();
    int frameHeight = scene.frame.height();
    pictureWidth = 0;
    if (frameWidth == 0 || frameHeight == 0) {
      return;
    }
    float room = Math.max(1, (gameWidth - 2 * MARGIN) * scale);
    float roomBelow = Math.max(1, (gameHeight - 2 * MARGIN) * scale);
    float fits = Math.min(room / frameWidth, roomBelow / frameHeight);
    float enlarged = fits >= 1 ? (int) fits : fits;
    pictureWidth = Math.max(1, (int) (frameWidth * enlarged));
    pictureHeight = Math.max(1, (int) (frameHeight * enlarged));
    pictureX = (int) (gameWidth * scale - pictureWidth) / 2;
    pictureY = (int) (gameHeight * scale - pictureHeight) / 2;
  }

  private void fillPanel(Scene scene) {
    free = panelHeight - PAD - HEADER - ACTION - STATISTIC_ROWS * STATISTIC - FOOTER;
    reserveBars(scene);
    reserveInput(scene);
    reserve(RETURNS, scene.returnCount > 0 ? HEADING + LEAST_CURVE : 0);
    reserve(REWARDS, scene.step > 0 || scene.rewardCount > 0 ? HEADING + LEAST_CURVE : 0);
    growBars();
    growCurves();
    float y = panelY + PAD + HEADER + ACTION + STATISTIC_ROWS * STATISTIC;
    for (int i = 0; i < SECTIONS; i++) {
      if (heights[i] > 0) {
        tops[i] = y + GAP;
        y = tops[i] + heights[i];
      }
    }
  }

  private boolean reserve(int section, float height) {
    if (height == 0 || height + GAP > free) {
      return false;
    }
    heights[section] = height;
    free -= height + GAP;
    return true;
  }

  private void reserveBars(Scene scene) {
    if (scene.barsAre != Scene.Bars.NONE) {
      bars = scene.barCount;
    } else if (!scene.ended()) {
      bars = 0;
    }
    if (bars == 0) {
      return;
    }
    int fitting = (int) ((free - GAP - HEADING) / LEAST_BAR);
    barRows = Math.min(bars, fitting);
    if (barRows < Math.min(LEAST_BARS, bars)) {
      barRows = 0;
      return;
    }
    barRow = LEAST_BAR;
    reserve(BARS, HEADING + barRows * LEAST_BAR);
  }

  private void reserveInput(Scene scene) {
    int thumbs = thumbs(scene);
    if (thumbs == 0) {
      int numbers = scene.seenSpace == null ? 0 : Math.min(scene.seenSpace.size(), MAX_NUMBERS);
      reserve(INPUT, numbers == 0 ? 0 : HEADING + numbers * NUMBER_ROW);
      return;
    }
    int columns = Math.min(thumbs, THUMBS_PER_ROW);
    int rows = (thumbs + columns - 1) / columns;
    float aspect = (float) scene.imageHeight() / scene.imageWidth();
    float room = (panelWidth - 2 * PAD - (columns - 1) * THUMB_GAP) / columns;
    thumbWidth = Math.min(room, LARGEST_THUMB / Math.max(1, aspect));
    thumbHeight = thumbWidth * aspect;
    reserve(INPUT, HEADING + rows * thumbHeight + (rows - 1) * THUMB_GAP);
  }

  /// Pictures of the input that are shown: frames of a stack, or planes of a grid.
  static int thumbs(Scene scene) {
    int planes = scene.imageChannels() == 3 ? 1 : scene.imageChannels();
    return Math.min(MAX_THUMBS, scene.seenImages() * planes);
  }

  private void growBars() {
    if (barRows > 0) {
      float more = Math.min(LARGEST_BAR - LEAST_BAR, free / barRows);
      barRow += more;
      heights[BARS] += more * barRows;
      free -= more * barRows;
    }
  }

  private void growCurves() {
    boolean returns = height(RETURNS) > 0;
    boolean rewards = height(REWARDS) > 0;
    int curves = (returns ? 1 : 0) + (rewards ? 1 : 0);
    if (curves > 0) {
      float more = Math.min(LARGEST_CURVE - LEAST_CURVE, free / curves);
      heights[RETURNS] += returns ? more : 0;
      heights[REWARDS] += rewards ? more : 0;
    }
  }

  /// Upper edge of a section that is shown.
  float top(int section) {
    return tops[section];
  }

  /// Height of a section; 0 when it is not shown.
  float height(int section) {
    return heights[section];
  }
}
