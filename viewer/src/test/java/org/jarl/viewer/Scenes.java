package org.jarl.viewer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.Space;
import org.jarl.env.picture.Canvas;
import org.jarl.env.show.Scene;

/// Scenes made up for tests: every number is known.
final class Scenes {
  static final int FRAME = 0x3355AA;

  private Scenes() {}

  /// A game of 160 x 210 with a stack of four grey pictures and action values.
  static Scene game(int actions) {
    Scene scene = new Scene();
    game(scene, actions);
    return scene;
  }

  /// Fills a scene in the same way.
  static void game(Scene scene, int actions) {
    scene.title = "atari/wallball-v0 · dqn";
    scene.actionNames =
        List.of(
                "NOOP",
                "FIRE",
                "UP",
                "RIGHT",
                "LEFT",
                "DOWN",
                "UPRIGHT",
                "UPLEFT",
                "DOWNRIGHT",
                "DOWNLEFT",
                "UPFIRE",
                "RIGHTFIRE",
                "LEFTFIRE",
                "DOWNFIRE",
                "UPRIGHTFIRE",
                "UPLEFTFIRE",
                "DOWNRIGHTFIRE",
                "DOWNLEFTFIRE")
            .subList(0, actions);
    scene.keyHelp = List.of("arrows  move", "Space   fire");
    scene.takesOver = true;
    scene.controllable = true;
    picture(scene);
    scene.resizeSeen(Space.Box.u8(4, 84, 84), 4);
    for (int i = 0; i < scene.seen.length; i++) {
      scene.seen[i] = (byte) (i / 84 / 84 * 50 + (i % 84 > 40 ? 60 : 20));
    }
    scene.barsAre = Scene.Bars.ACTION_VALUES;
    scene.resizeBars(actions);
    for (int i = 0; i < actions; i++) {
      scene.bars[i] = 4.1f + (float) Math.sin(i * 1.7);
    }
    scene.actionIndex = 2;
    scene.action = scene.actionNames.get(2);
    scene.value = 5.08f;
    episodes(scene);
  }

  private static void picture(Scene scene) {
    scene.frame.resize(160, 210);
    Canvas canvas = new Canvas().on(scene.frame);
    canvas.fill(FRAME);
    for (int row = 0; row < 6; row++) {
      scene.frame.fillRectangle(8, 57 + row * 6, 144, 6, 0xC84848 + row * 0x001810);
    }
    scene.frame.fillRectangle(99, 189, 16, 4, 0xC84848);
    scene.frame.fillRectangle(80, 140, 2, 4, 0xFFFFFF);
  }

  private static void episodes(Scene scene) {
    scene.episode = 41;
    scene.step = 873;
    scene.seed = 1;
    scene.agentSteps = 1_250_000;
    scene.reward = 1;
    scene.episodeReturn = 37;
    scene.rewardCount = 200;
    for (int i = 0; i < scene.rewardCount; i++) {
      scene.rewards[i] = i % 23 == 0 ? 1 : i % 71 == 0 ? -1 : 0;
    }
    scene.returnCount = 40;
    for (int i = 0; i < scene.returnCount; i++) {
      scene.returns[i] = i + 12 * Math.sin(i);
    }
  }

  /// A task of four numbers and two probabilities, without episodes so far.
  static Scene vector() {
    Scene scene = new Scene();
    scene.title = "classic/cartpole-v1 · ppo";
    scene.actionNames = List.of("push left", "push right");
    scene.controllable = true;
    scene.frame.resize(600, 400);
    scene.frame.fill(0xF0F4F8);
    scene.resizeSeen(Space.Box.f32(4), 1);
    ByteBuffer.wrap(scene.seen)
        .order(ByteOrder.nativeOrder())
        .asFloatBuffer()
        .put(new float[] {0.013f, -0.42f, 0.051f, 1.731f});
    scene.barsAre = Scene.Bars.PROBABILITIES;
    scene.resizeBars(2);
    scene.bars[0] = 0.25f;
    scene.bars[1] = 0.75f;
    scene.actionIndex = 1;
    scene.action = "push right";
    scene.value = 97.31f;
    scene.episode = 1;
    scene.step = 12;
    scene.reward = 1;
    scene.episodeReturn = 12;
    scene.rewardCount = 12;
    Arrays.fill(scene.rewards, 0, 12, 1);
    return scene;
  }

  /// Adds a round spot of weight at a place given in parts of the input.
  static void saliency(Scene scene, double x, double y) {
    scene.resizeSaliency(84, 84);
    for (int i = 0; i < 84 * 84; i++) {
      double dx = i % 84 / 84.0 - x;
      int row = i / 84;
      double dy = row / 84.0 - y;
      scene.saliency[i] = (float) Math.exp(-(dx * dx + dy * dy) * 120);
    }
  }
}
