package org.jarl.env.gridworld;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;

/// Makes `docs/images/env-gridworld.png`; runs only when it is named: `mvn -pl env-gridworld -am
/// test -Dtest=DocumentationPictures -Dsurefire.failIfNoSpecifiedTests=false`.
class DocumentationPictures {
  private static final int SIDE = 220;
  private static final int COLUMNS = 3;
  private static final Path FILE = Path.of("..", "docs", "images", "env-gridworld.png");

  @Test
  void drawOnePictureOfEveryWorld() throws IOException {
    List<World> worlds =
        List.of(
            Rooms.empty(8, false, false),
            Rooms.four(false, false),
            new DoorKey(8, false),
            new LavaGap(7, false),
            FrozenLake.large(true),
            new DeepSea(10, true, 0),
            new Taxi(true),
            new CliffWalking(),
            new Memory(8));
    int rows = (worlds.size() + COLUMNS - 1) / COLUMNS;
    var sheet = new BufferedImage(COLUMNS * SIDE, rows * SIDE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    for (int i = 0; i < worlds.size(); i++) {
      BufferedImage picture = picture(worlds.get(i));
      int longer = Math.max(picture.getWidth(), picture.getHeight());
      int width = picture.getWidth() * (SIDE - 8) / longer;
      int height = picture.getHeight() * (SIDE - 8) / longer;
      int x = i % COLUMNS * SIDE + (SIDE - width) / 2;
      int y = i / COLUMNS * SIDE + (SIDE - height) / 2;
      graphics.drawImage(picture, x, y, width, height, null);
    }
    graphics.dispose();
    Files.createDirectories(FILE.getParent());
    ImageIO.write(sheet, "png", FILE.toFile());
  }

  private static BufferedImage picture(World world) {
    Frame frame = new Frame();
    int state = world.start(RandomStream.of(3, "pictures"));
    world.grid().render(frame, world.floor(), world.planes(), Planes.of(world, state));
    var image = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < frame.width(); x++) {
        image.setRGB(x, y, frame.pixel(x, y));
      }
    }
    return image;
  }
}
