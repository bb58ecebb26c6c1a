package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A window on an X server, steered by keys and looked at on the server's screen. The window is 909
/// x 654 at the upper left corner: the game of 160 x 210 at 60, 12 three times as large, and the
/// panel from 600 on.
@Timeout(120)
class WindowTest {
  private static final int GAME_X = 80;
  private static final int GAME_Y = 40;
  private static final int PANEL_X = 900;
  private static final int PANEL_Y = 8;
  private static final int SPOT_X = 300;
  private static final int SPOT_Y = 380;
  private static final int WAITS = 300;

  @TempDir Path folder;

  @Test
  void keysSteerTheSessionAndThePictureFollows() throws Exception {
    try (Display display = Display.open(folder);
        Child child = start(display, "x11")) {
      display.focus(WindowProgram.TITLE);
      see(display, GAME_X, GAME_Y, rgb -> rgb == Scenes.FRAME);
      see(display, PANEL_X, PANEL_Y, rgb -> rgb == Palette.PANEL);

      commands(display, child);
      play(display, child);
      overlays(display, child);
      screenshot(display);

      display.hand("key", "Escape");
      child.await("QUIT");
      child.await("attended");
      child.await("session ended, left: true");
      assertEquals(0, child.exit());
    }
  }

  private Child start(Display display, String platform) throws IOException {
    return Child.java(
        folder, Map.of("DISPLAY", display.name), WindowProgram.class, platform, "still");
  }

  private static void commands(Display display, Child child) throws Exception {
    display.hand("key", "space");
    child.await("PAUSE");
    display.hand("key", "period");
    child.await("STEP");
    display.hand("key", "plus");
    child.await("Speed[factor=2.0]");
    // The window has to see the new speed before it can halve it, on a busy machine too.
    Thread.sleep(2000);
    display.hand("key", "minus");
    child.await("Speed[factor=1.0]");
    for (var entry :
        Map.of("r", "RESTART", "n", "NEXT_SEED", "BackSpace", "REWIND", "p", "PAUSE").entrySet()) {
      display.hand("key", entry.getKey());
      child.await(entry.getValue());
    }
  }

  private static void play(Display display, Child child) throws Exception {
    display.hand("key", "t");
    child.await("TAKE_OVER");
    Thread.sleep(200); // now the window has to see who plays
    display.hand("keydown", "Left");
    child.await("Hold[keys=[LEFT]]");
    display.hand("keydown", "space");
    String both = child.await("Hold[keys=[");
    assertTrue(List.of("Hold[keys=[LEFT, FIRE]]", "Hold[keys=[FIRE, LEFT]]").contains(both), both);
    display.hand("keyup", "Left", "keyup", "space");
    child.await("Hold[keys=[]]");
    display.hand("key", "p", "key", "p");
    child.await("PAUSE");
    child.await("PAUSE");
    display.hand("key", "t");
    child.await("TAKE_OVER");
  }

  private static void overlays(Display display, Child child) throws Exception {
    see(display, SPOT_X, SPOT_Y, rgb -> rgb == Scenes.FRAME);
    display.hand("key", "m");
    child.await("SALIENCY");
    see(display, SPOT_X, SPOT_Y, rgb -> red(rgb) > 180 && red(rgb) > (rgb & 0xff) + 40);
    display.hand("key", "h");
    see(display, GAME_X, GAME_Y, rgb -> red(rgb) < 0x30 && (rgb & 0xff) < 0x60);
    display.hand("key", "Escape");
    see(display, SPOT_X, SPOT_Y, rgb -> red(rgb) > 180);
    display.hand("key", "m");
    child.await("SALIENCY");
    see(display, SPOT_X, SPOT_Y, rgb -> rgb == Scenes.FRAME);
  }

  /// The file holds what is on the screen, compared where nothing moves.
  private void screenshot(Display display) throws Exception {
    display.hand("key", "c");
    Path file = folder.resolve("jarl-1.png");
    for (int i = 0; i < WAITS && !(Files.exists(file) && Files.size(file) > 0); i++) {
      Thread.sleep(50);
    }
    Thread.sleep(200); // until it is written
    BufferedImage shot = ImageIO.read(file.toFile());
    assertEquals(909, shot.getWidth());
    assertEquals(654, shot.getHeight());
    for (int y = 200; y < 320; y += 7) {
      for (int x = 5; x < 905; x += 11) {
        int x0 = x;
        int y0 = y;
        int expected = shot.getRGB(x, y) & 0xffffff;
        see(display, x, y, rgb -> rgb == expected, "at " + x0 + ", " + y0);
      }
    }
    // Each pixel of the game is three wide: the border of the wall of bricks lies where it must.
    int left = (600 - 480) / 2 + 3 * 8;
    int top = (654 - 630) / 2 + 3 * 57;
    assertEquals(Scenes.FRAME, shot.getRGB(left - 1, top) & 0xffffff);
    assertEquals(Scenes.FRAME, shot.getRGB(left, top - 1) & 0xffffff);
    assertEquals(0xC84848, shot.getRGB(left, top) & 0xffffff);
    assertEquals(0xC84848, shot.getRGB(left + 3 * 144 - 1, top + 17) & 0xffffff);
    assertEquals(Scenes.FRAME, shot.getRGB(left + 3 * 144, top + 17) & 0xffffff);
  }

  private static int red(int rgb) {
    return rgb >> 16;
  }

  private static void see(Display display, int x, int y, IntPredicate what) throws Exception {
    see(display, x, y, what, "at " + x + ", " + y);
  }

  private static void see(Display display, int x, int y, IntPredicate what, String where)
      throws Exception {
    int rgb = 0;
    for (int i = 0; i < WAITS; i++) {
      rgb = display.pixel(x, y);
      if (what.test(rgb)) {
        return;
      }
      Thread.sleep(50);
    }
    fail("the screen shows 0x%06x %s".formatted(rgb, where));
  }

  @Test
  void aWindowThatChangesItsSizeStaysWhole() throws Exception {
    try (Display display = Display.open(folder);
        Child child = start(display, "auto")) {
      display.focus(WindowProgram.TITLE);
      see(display, GAME_X, GAME_Y, rgb -> rgb == Scenes.FRAME);
      display.hand("search", "--name", WindowProgram.TITLE, "windowsize", "1200", "900");
      see(display, 1190, 890, rgb -> rgb == Palette.PANEL);
      see(display, 10, 890, rgb -> rgb == Palette.BACKGROUND);
      display.hand("search", "--name", WindowProgram.TITLE, "windowsize", "300", "240");
      see(display, 150, 120, rgb -> rgb == Scenes.FRAME || rgb == 0xffffff);
      see(display, 2, 238, rgb -> rgb == Palette.BACKGROUND);
      display.hand("key", "Escape");
      child.await("attended");
    }
  }

  @Test
  void whereWaylandFailsX11IsTried() throws Exception {
    try (Display display = Display.open(folder);
        Child child = start(display, "wayland")) {
      display.focus(WindowProgram.TITLE);
      see(display, GAME_X, GAME_Y, rgb -> rgb == Scenes.FRAME);
      display.hand("key", "Escape");
      child.await("attended");
    }
  }

  @Test
  void aSessionThatEndsClosesTheWindow() throws Exception {
    try (Display display = Display.open(folder);
        Child child =
            Child.java(
                folder, Map.of("DISPLAY", display.name), WindowProgram.class, "x11", "fast", "2")) {
      child.await("attended");
      assertEquals(0, child.exit());
    }
  }
}
