package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.jarl.env.Frame;
import org.jarl.env.show.Scene;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Pictures drawn out of sight, looked at where the driver and the font make no difference.
class PainterTest {
  private static final int WIDTH = 909;
  private static final int HEIGHT = 654;
  private static final int GAME_X = 60;
  private static final int GAME_Y = 12;

  private static @Nullable Screen screen;
  private static @Nullable Painter opened;

  private final Frame out = new Frame();

  @BeforeAll
  static void open() {
    try {
      screen = Screen.offscreen();
      opened = new Painter();
    } catch (IllegalStateException e) {
      Display.need(false, "needs OpenGL out of sight: " + e.getMessage());
    }
  }

  @AfterAll
  static void close() {
    if (opened != null) {
      opened.close();
    }
    if (screen != null) {
      screen.close();
    }
  }

  private static Painter painter() {
    if (opened == null) {
      throw new IllegalStateException("not opened");
    }
    return opened;
  }

  private void paint(Scene scene) {
    painter().paint(scene, WIDTH, HEIGHT, 1, false, "");
    painter().read(out);
    assertEquals(WIDTH, out.width());
    assertEquals(HEIGHT, out.height());
  }

  /// How many pixels of a region have a colour, within a small distance.
  private int count(int x, int y, int width, int height, int rgb) {
    int count = 0;
    for (int row = y; row < y + height; row++) {
      for (int column = x; column < x + width; column++) {
        int pixel = out.pixel(column, row);
        int distance =
            Math.abs((pixel >> 16) - (rgb >> 16))
                + Math.abs((pixel >> 8 & 0xff) - (rgb >> 8 & 0xff))
                + Math.abs((pixel & 0xff) - (rgb & 0xff));
        count += distance < 12 ? 1 : 0;
      }
    }
    return count;
  }

  @Test
  void everyPixelOfTheGameIsASharpSquare() {
    Scene scene = Scenes.game(6);
    for (int i = 0; i < 3 * 160 * 210; i++) {
      scene.frame.rgb()[i] = (byte) (i * 31 + i / 97);
    }
    paint(scene);
    for (int y = 0; y < 3 * 210; y++) {
      for (int x = 0; x < 3 * 160; x++) {
        assertEquals(
            scene.frame.pixel(x / 3, y / 3),
            out.pixel(GAME_X + x, GAME_Y + y),
            "at " + x + ", " + y);
      }
    }
  }

  @Test
  void theBestActionHasItsOwnColourAndTheLongestBar() {
    Scene scene = Scenes.game(4);
    for (int i = 0; i < 4; i++) {
      scene.bars[i] = i == 2 ? 9 : 0;
    }
    paint(scene);
    int teal = count(700, 180, 209, 110, Palette.TEAL);
    assertTrue(teal > 600, "teal: " + teal);
    assertTrue(count(700, 180, 209, 110, Palette.BLUE) < teal / 2, "the others are short");
    scene.bars[0] = 9;
    scene.bars[2] = 8.9f;
    paint(scene);
    assertTrue(count(700, 180, 209, 110, Palette.BLUE) > teal * 0.8, "nearly as good");
  }

  @Test
  void numbersOfAVectorThatWeighMuchAreWarm() {
    Scene scene = Scenes.vector();
    paint(scene);
    assertTrue(count(700, 260, 120, 80, Palette.AMBER) == 0);
    scene.resizeSaliency(1, 4);
    scene.saliency[3] = 1;
    paint(scene);
    assertTrue(count(700, 260, 209, 80, Palette.AMBER) > 100);
  }

  @Test
  void theSaliencyMapGlowsWhereItsWeightsAre() {
    Scene scene = Scenes.game(6);
    Scenes.saliency(scene, 0.25, 0.75);
    paint(scene);
    int hot = out.pixel(GAME_X + 480 / 4, GAME_Y + 630 * 3 / 4);
    int cold = out.pixel(GAME_X + 480 * 3 / 4, GAME_Y + 30);
    assertTrue(hot >> 16 > 190, Integer.toHexString(hot));
    assertTrue(cold >> 16 < 90, Integer.toHexString(cold));
    scene.resizeSaliency(0, 0);
    paint(scene);
    assertEquals(Scenes.FRAME, out.pixel(GAME_X + 480 / 4, GAME_Y + 630 * 3 / 4));
  }

  @Test
  void theFourPicturesOfTheInputAreShownInTheirOrder() {
    Scene scene = Scenes.game(6);
    for (int i = 0; i < scene.seen.length; i++) {
      scene.seen[i] = (byte) (40 + i / (84 * 84) * 50);
    }
    paint(scene);
    int area = 60 * 60;
    for (int k = 0; k < 4; k++) {
      int grey = 40 + k * 50;
      int found = count(600, 300, 309, 200, grey << 16 | grey << 8 | grey);
      assertTrue(found > area, "picture " + k + " covers " + found);
    }
  }

  @Test
  void aVectorOfNumbersIsShownAsBars() {
    paint(Scenes.vector());
    assertTrue(count(600, 270, 309, 80, Palette.BLUE) > 300);
  }

  @Test
  void whatASceneLacksIsLeftOut() {
    Scene empty = new Scene();
    paint(empty);
    assertEquals(Palette.BACKGROUND, out.pixel(30, 30));
    assertEquals(Palette.PANEL, out.pixel(880, 500));
    Scene scene = Scenes.game(6);
    scene.barsAre = Scene.Bars.NONE;
    scene.seenSpace = null;
    scene.returnCount = 0;
    scene.value = Float.NaN;
    paint(scene);
    assertEquals(Scenes.FRAME, out.pixel(GAME_X, GAME_Y));
  }

  @Test
  void numbersThatAreNotFiniteAreDrawnToo() {
    Scene scene = Scenes.game(6);
    scene.bars[1] = Float.NaN;
    scene.bars[2] = Float.POSITIVE_INFINITY;
    scene.rewards[3] = Float.NaN;
    scene.returns[5] = Double.NEGATIVE_INFINITY;
    scene.episodeReturn = Double.NaN;
    paint(scene);
    assertEquals(Scenes.FRAME, out.pixel(GAME_X, GAME_Y));
    assertEquals(Palette.PANEL, out.pixel(905, 640));
  }

  @Test
  void theListOfKeysLiesOverEverything() {
    Scene scene = Scenes.game(6);
    painter().paint(scene, WIDTH, HEIGHT, 1, true, "");
    painter().read(out);
    assertTrue(count(300, 160, 300, 330, Palette.PANEL) > 300 * 330 / 2);
    assertNotEquals(Scenes.FRAME, out.pixel(GAME_X, GAME_Y));
  }

  @Test
  void paintingAllocatesNextToNothing() {
    Scene scene = Scenes.game(18);
    Scenes.saliency(scene, 0.5, 0.5);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    for (int i = 0; i < 30; i++) {
      paint(scene);
    }
    int frames = 100;
    long perFrame = Long.MAX_VALUE;
    for (int window = 0; window < 10 && perFrame >= 4096; window++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < frames; i++) {
        scene.step++;
        paint(scene);
      }
      perFrame = (threads.getCurrentThreadAllocatedBytes() - before) / frames;
    }
    assertTrue(perFrame < 4096, "bytes per frame: " + perFrame);
    System.out.println("bytes per frame: " + perFrame);
  }
}
