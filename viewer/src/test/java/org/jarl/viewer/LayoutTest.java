package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.jarl.env.show.Scene;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutTest {
  private final Layout layout = new Layout();

  @Test
  void nothingLiesOverAnythingElseAtAnySize() {
    for (Scene scene : List.of(Scenes.game(3), Scenes.game(18), Scenes.vector(), new Scene())) {
      for (float scale : new float[] {1, 1.5f, 2}) {
        for (int width = 60; width <= 2400; width += 37) {
          for (int height = 40; height <= 1800; height += 29) {
            layout.compute(scene, width, height, scale);
            check(scene, width, height, scale);
          }
        }
      }
    }
  }

  private void check(Scene scene, int width, int height, float scale) {
    String where = width + " x " + height + " at " + scale + " of " + scene.title;
    if (layout.pictureWidth > 0) {
      assertTrue(layout.pictureX >= 0 && layout.pictureY >= 0, where);
      assertTrue(layout.pictureX + layout.pictureWidth <= layout.gameWidth * scale + 1, where);
      assertTrue(layout.pictureY + layout.pictureHeight <= layout.gameHeight * scale + 1, where);
    }
    if (layout.panelWidth == 0) {
      return;
    }
    assertTrue(layout.panelX >= layout.gameWidth || layout.panelY >= layout.gameHeight, where);
    float y = layout.panelY + Layout.PAD + Layout.HEADER + Layout.ACTION;
    y += Layout.STATISTIC_ROWS * Layout.STATISTIC;
    for (int section = 0; section < Layout.SECTIONS; section++) {
      if (layout.height(section) > 0) {
        assertTrue(layout.top(section) >= y, where + ", section " + section);
        y = layout.top(section) + layout.height(section);
      }
    }
    assertTrue(y <= layout.panelY + layout.panelHeight || y <= layout.panelY + 180, where);
  }

  @ParameterizedTest
  @CsvSource({
    // A window, and how many times as large the game of 160 x 210 is.
    "909, 654, 3",
    "909, 653, 2",
    "560, 400, 1",
    "1920, 1080, 5",
    "400, 620, 1"
  })
  void theGameIsEnlargedByWholeSteps(int width, int height, int times) {
    layout.compute(Scenes.game(6), width, height, 1);
    assertEquals(160 * times, layout.pictureWidth);
    assertEquals(210 * times, layout.pictureHeight);
  }

  @Test
  void aDisplayOfManyPixelsShowsTheGameTwiceAsLargeInTheSameRoom() {
    layout.compute(Scenes.game(6), 2 * 909, 2 * 654, 2);
    assertEquals(600, layout.gameWidth);
    assertEquals(160 * 6, layout.pictureWidth);
  }

  @Test
  void aPictureThatIsTooLargeKeepsItsShape() {
    layout.compute(Scenes.vector(), 540, 400, 1);
    assertEquals(1.5, (double) layout.pictureWidth / layout.pictureHeight, 0.01);
    assertTrue(layout.pictureWidth < 300);
  }

  @Test
  void barsThatDoNotFitAreLeftOutAndTheOthersStay() {
    layout.compute(Scenes.game(18), 560, 330, 1);
    assertTrue(layout.barRows >= 3 && layout.barRows < 18, "rows: " + layout.barRows);
    assertEquals(0, layout.height(Layout.INPUT));
    layout.compute(Scenes.game(18), 900, 900, 1);
    assertEquals(18, layout.barRows);
    assertTrue(layout.height(Layout.INPUT) > 0);
  }

  @Test
  void thePanelStaysAsItIsWhereAnEpisodeEnds() {
    Scene scene = Scenes.game(6);
    layout.compute(scene, 909, 654, 1);
    float top = layout.top(Layout.INPUT);
    scene.barsAre = Scene.Bars.NONE;
    scene.resizeBars(0);
    scene.terminated = true;
    layout.compute(scene, 909, 654, 1);
    assertEquals(top, layout.top(Layout.INPUT));
    scene.terminated = false;
    layout.compute(scene, 909, 654, 1);
    assertTrue(layout.top(Layout.INPUT) < top);
  }

  @Test
  void aSmallWindowShowsTheGameAlone() {
    layout.compute(Scenes.game(6), 300, 240, 1);
    assertEquals(0, layout.panelWidth);
    assertEquals(160, layout.pictureWidth);
  }
}
