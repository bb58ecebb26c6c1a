package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jarl.env.show.Show;
import org.jarl.env.show.Stage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Films of what a window would show.
class WindowFilmTest {
  @TempDir Path folder;

  @Test
  void onPlatformNullAFilmShowsThePanelToo() throws IOException {
    try {
      Screen.offscreen().close();
    } catch (IllegalStateException e) {
      Display.need(false, "needs OpenGL out of sight: " + e.getMessage());
    }
    Path file = folder.resolve("film.png");
    Stage stage = new Stage(Stage.Handover.EVERY);
    Thread session =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 3; i++) {
                Scenes.game(stage.draft(), 6);
                stage.publish();
              }
              stage.end();
            });
    new FilmRecorder().attend(stage, new Show("test", Show.Platform.NULL, file));
    session.interrupt();
    BufferedImage first = ImageIO.read(file.toFile());
    assertEquals(910, first.getWidth());
    assertEquals(654, first.getHeight());
    assertEquals(Scenes.FRAME, first.getRGB(61, 14) & 0xffffff);
    assertEquals(Palette.PANEL, first.getRGB(905, 4) & 0xffffff);
  }
}
