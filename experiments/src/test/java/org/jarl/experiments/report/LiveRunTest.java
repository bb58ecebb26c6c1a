package org.jarl.experiments.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.imageio.ImageIO;
import org.jarl.env.Frame;
import org.jarl.env.VectorEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LiveRunTest {
  private final LiveRun live = new LiveRun();
  private final AtomicInteger drawn = new AtomicInteger();

  /// An environment of which only the picture is asked for.
  private VectorEnvironment drawing(java.util.function.Predicate<Frame> draw) {
    return (VectorEnvironment)
        java.lang.reflect.Proxy.newProxyInstance(
            VectorEnvironment.class.getClassLoader(),
            new Class<?>[] {VectorEnvironment.class},
            (_, method, arguments) -> {
              assertEquals("render", method.getName());
              assertEquals(0, arguments[0]);
              drawn.incrementAndGet();
              return draw.test((Frame) arguments[1]);
            });
  }

  private static boolean noise(Frame frame) {
    var random = new SplittableRandom(7);
    frame.resize(31, 17);
    for (int y = 0; y < 17; y++) {
      for (int x = 0; x < 31; x++) {
        frame.fillRectangle(x, y, 1, 1, random.nextInt(1 << 24));
      }
    }
    return true;
  }

  private void turnUntilDone(VectorEnvironment environment, Future<?> work) {
    for (long steps = 1; !work.isDone(); steps++) {
      live.turn(steps, environment);
      Thread.onSpinWait();
    }
  }

  @Test
  void nothingIsDrawnWhenNobodyLooksAndNothingIsAllocated() {
    VectorEnvironment environment = drawing(LiveRunTest::noise);
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    live.turn(0, environment);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 1; i <= 100_000; i++) {
      live.turn(i, environment);
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertEquals(0, drawn.get());
    assertEquals(100_000, live.agentSteps());
    assertTrue(bytes < 10_000, () -> bytes + " bytes");
  }

  @Test
  void aPageGetsThePictureThatWasDrawn() throws Exception {
    VectorEnvironment environment = drawing(LiveRunTest::noise);
    try (ExecutorService pages = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> picture = pages.submit(() -> live.picture());
      turnUntilDone(environment, picture);
      Frame expected = new Frame();
      assertTrue(noise(expected));
      assertEqualPictures(expected, picture.get());
    }
    assertEquals("", live.problem());
  }

  private static void assertEqualPictures(Frame expected, byte[] png) throws IOException {
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(png));
    assertEquals(expected.width(), image.getWidth());
    assertEquals(expected.height(), image.getHeight());
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        assertEquals(expected.pixel(x, y), image.getRGB(x, y) & 0xffffff, x + ", " + y);
      }
    }
  }

  @Test
  void pagesShareAPictureAndThereAreAtMostFifteenPerSecond() throws Exception {
    VectorEnvironment environment = drawing(LiveRunTest::noise);
    long start = System.nanoTime();
    try (ExecutorService pages = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> looking =
          pages.submit(() -> {
            List<Future<byte[]>> all = new ArrayList<>();
            for (int round = 0; round < 10; round++) {
              for (int page = 0; page < 5; page++) {
                all.add(pages.submit(() -> live.picture()));
              }
              Thread.sleep(50);
            }
            for (Future<byte[]> one : all) {
              assertNotNull(one.get());
            }
            return null;
          });
      turnUntilDone(environment, looking);
      looking.get();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertTrue(drawn.get() <= 15 * seconds + 2, () -> drawn + " in " + seconds + " s");
    assertTrue(drawn.get() >= 2, () -> drawn + " in " + seconds + " s");
  }

  @Test
  void aTrainingThreadThatIsBusyIsNotWaitedForLong() throws Exception {
    assertNull(live.picture());
    // The question was taken back: a turn later draws nothing.
    live.turn(1, drawing(LiveRunTest::noise));
    assertEquals(0, drawn.get());
  }

  @Test
  void whatCannotBeDrawnIsSaidAndLearningGoesOn() throws Exception {
    assertProblem("this environment draws no picture", _ -> false);
  }

  @Test
  void anEnvironmentThatFailsToDrawIsAskedOnceAndLearningGoesOn() throws Exception {
    assertProblem(
        "the environment failed to draw: no paint",
        _ -> {
          throw new IllegalStateException("no paint");
        });
  }

  private void assertProblem(String message, java.util.function.Predicate<Frame> draw)
      throws Exception {
    VectorEnvironment environment = drawing(draw);
    try (ExecutorService pages = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<byte[]> picture = pages.submit(() -> live.picture());
      turnUntilDone(environment, picture);
      assertNull(picture.get());
      assertEquals(message, live.problem());
      Future<byte[]> again = pages.submit(() -> live.picture());
      turnUntilDone(environment, again);
      assertNull(again.get());
    }
    assertEquals(1, drawn.get());
  }
}
