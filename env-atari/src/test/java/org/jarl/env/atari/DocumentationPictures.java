package org.jarl.env.atari;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.jarl.env.Frame;
import org.junit.jupiter.api.Test;

/// Makes the pictures of our cartridges in `docs/images`, every pixel of the console 4 wide and 2
/// high; runs only when it is named: `mvn -pl env-atari -am test -Dtest=DocumentationPictures
/// -Dsurefire.failIfNoSpecifiedTests=false`.
class DocumentationPictures {
  private static final Path FOLDER = Path.of("..", "docs", "images");
  private static final int SCALE = 2;

  @Test
  void drawAGameOfWallball() throws IOException {
    try (Wallball game = new Wallball(1, 1)) {
      while (game.score() < 60 || game.ballY() < 140 || game.velocityY() > 0) {
        game.act(game.following());
      }
      draw(game.player, "wallball.png");
    }
  }

  @Test
  void drawAGameOfDuel() throws IOException {
    try (Duel game = new Duel(4, 1)) {
      while (game.playerScore() < 12 || game.ballX() < 100 || game.velocityX() > 0) {
        game.act(game.following(0, 12));
      }
      draw(game.player, "duel.png");
    }
  }

  private static void draw(Player player, String name) throws IOException {
    Frame frame = new Frame();
    player.environment.render(frame);
    int width = SCALE * frame.width();
    int height = SCALE * frame.height();
    var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, frame.pixel(x / SCALE, y / SCALE));
      }
    }
    ImageIO.write(image, "png", FOLDER.resolve(name).toFile());
  }
}
