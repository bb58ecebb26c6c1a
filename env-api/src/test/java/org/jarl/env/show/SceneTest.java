package org.jarl.env.show;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.List;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.junit.jupiter.api.Test;

class SceneTest {

  /// A scene in which nothing has the value that a new one has.
  private static Scene full() {
    Scene scene = new Scene();
    scene.title = "title";
    scene.pace = 12;
    scene.actionNames = List.of("a", "b");
    scene.keyHelp = List.of("LEFT");
    scene.takesOver = true;
    scene.controllable = true;
    scene.number = 5;
    scene.frame.resize(3, 2);
    scene.frame.fill(0x123456);
    scene.resizeSeen(Space.Box.u8(4, 2, 3), 4);
    for (int i = 0; i < 24; i++) {
      scene.seen[i] = (byte) (i + 1);
    }
    scene.action = "b";
    scene.actionIndex = 1;
    scene.barsAre = Scene.Bars.MEANS;
    scene.resizeBars(2);
    scene.bars[1] = 7;
    scene.spreads[0] = 8;
    scene.value = 9;
    scene.resizeSaliency(2, 3);
    scene.saliency[5] = 1;
    scene.reward = 2;
    scene.episodeReturn = 3;
    scene.rewards[1] = 4;
    scene.rewardCount = 2;
    scene.returns[0] = 6;
    scene.returnCount = 1;
    scene.episode = 10;
    scene.step = 11;
    scene.seed = 12;
    scene.agentSteps = 13;
    scene.terminated = true;
    scene.truncated = true;
    scene.player = Scene.Player.HUMAN;
    scene.paused = true;
    scene.speed = 4;
    scene.notice = "notice";
    return scene;
  }

  @Test
  void aCopyEqualsItsOriginalInEveryField() throws IllegalAccessException {
    Scene original = full();
    Scene copy = new Scene();
    copy.copyFrom(original);
    for (Field field : Scene.class.getFields()) {
      if (Modifier.isStatic(field.getModifiers())) {
        continue;
      }
      Object expected = field.get(original);
      Object got = field.get(copy);
      switch (expected) {
        case byte[] bytes -> assertArrayEquals(bytes, (byte[]) got, field.getName());
        case float[] floats -> assertArrayEquals(floats, (float[]) got, field.getName());
        case double[] doubles -> assertArrayEquals(doubles, (double[]) got, field.getName());
        case Frame frame -> {
          assertEquals(frame.width(), ((Frame) got).width());
          assertEquals(frame.height(), ((Frame) got).height());
          assertArrayEquals(frame.rgb(), ((Frame) got).rgb());
        }
        default -> assertEquals(expected, got, field.getName());
      }
    }
  }

  /// Guards the test above: a new field must be given a value in it.
  @Test
  void theFullSceneHasNothingInCommonWithANewOne() throws IllegalAccessException {
    Scene plain = new Scene();
    Scene full = full();
    for (Field field : Scene.class.getFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && field.getType() != Frame.class) {
        Object before = field.get(plain);
        boolean array = before != null && before.getClass().isArray();
        assertTrue(array || !field.get(full).equals(before), field.getName());
      }
    }
  }

  @Test
  void copyingAgainAllocatesNothing() {
    Scene original = full();
    Scene copy = new Scene();
    for (int i = 0; i < 20_000; i++) {
      copy.copyFrom(original);
    }
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      copy.copyFrom(original);
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < 10_000, () -> bytes + " bytes for 10000 copies");
  }

  @Test
  void aStackOfImagesIsSeenAsItsImages() {
    Scene scene = new Scene();
    scene.resizeSeen(Space.Box.u8(4, 84, 80), 4);
    assertImages(scene, 4, 84, 80, 1);
    scene.resizeSeen(Space.Box.u8(4, 84, 80, 3), 4);
    assertImages(scene, 4, 84, 80, 3);
    scene.resizeSeen(Space.Box.u8(9, 8, 7), 1);
    assertImages(scene, 1, 9, 8, 7);
    scene.resizeSeen(Space.Box.u8(84, 80), 1);
    assertImages(scene, 1, 84, 80, 1);
  }

  private static void assertImages(Scene scene, int images, int height, int width, int channels) {
    assertEquals(
        List.of(images, height, width, channels),
        List.of(
            scene.seenImages(), scene.imageHeight(), scene.imageWidth(), scene.imageChannels()));
  }

  @Test
  void aVectorIsNoImage() {
    Scene scene = new Scene();
    assertEquals(0, scene.seenImages());
    scene.resizeSeen(Space.Box.f32(4), 1);
    assertEquals(0, scene.seenImages());
    scene.resizeSeen(Space.Box.f32(4, 6), 4);
    assertEquals(0, scene.seenImages());
  }
}
