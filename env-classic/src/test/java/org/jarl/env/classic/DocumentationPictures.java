package org.jarl.env.classic;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Frame;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;
import org.junit.jupiter.api.Test;

/// Makes `docs/images/env-classic.png`; runs only when it is named: `mvn -pl env-classic -am test
/// -Dtest=DocumentationPictures -Dsurefire.failIfNoSpecifiedTests=false`.
class DocumentationPictures {
  private static final int WIDTH = 300;
  private static final int HEIGHT = 200;
  private static final Path FILE = Path.of("..", "docs", "images", "env-classic.png");

  @Test
  void drawOnePictureOfEveryTask() throws IOException {
    List<String> ids =
        List.of(
            ClassicControl.CART_POLE,
            ClassicControl.MOUNTAIN_CAR,
            ClassicControl.ACROBOT,
            ClassicControl.PENDULUM);
    BufferedImage sheet = new BufferedImage(2 * WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
    for (int i = 0; i < ids.size(); i++) {
      graphics.drawImage(
          picture(ids.get(i)), i % 2 * WIDTH + 2, i / 2 * HEIGHT + 2, WIDTH - 4, HEIGHT - 4, null);
    }
    graphics.dispose();
    Files.createDirectories(FILE.getParent());
    ImageIO.write(sheet, "png", FILE.toFile());
  }

  /// The task some steps after its start, pushed to and fro.
  private static BufferedImage picture(String id) {
    Environment environment = new ClassicControl().create(id, Map.of());
    Space.Box space = environment.spec().observationSpace();
    var out = new Observation(space, MemorySegment.ofArray(new byte[(int) space.bytes()]));
    RandomStream random = RandomStream.of(3, "pictures");
    var step = new Step(out, random, new boolean[0]);
    var actions = new ActionBatch(environment.spec().actionSpace(), 1);
    Action action = new Action();
    action.bind(actions.indices(), actions.values(), 0);
    environment.reset(random, out);
    for (int k = 0; k < 12; k++) {
      boolean back = k / 4 % 2 == 0;
      if (actions.space() instanceof Space.Discrete(int n)) {
        actions.indices()[0] = back ? 0 : n - 1;
      } else {
        actions.values()[0] = back ? -1.3f : 1.3f;
      }
      step.clear();
      environment.step(action, step);
    }
    Frame frame = new Frame();
    environment.render(frame);
    var image = new BufferedImage(frame.width(), frame.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < frame.height(); y++) {
      for (int x = 0; x < frame.width(); x++) {
        image.setRGB(x, y, frame.pixel(x, y));
      }
    }
    return image;
  }
}
