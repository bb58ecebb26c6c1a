package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What ALE takes outside the heap is given back. Measured in a JVM whose own memory does not move.
@Tag("slow")
@EnabledOnOs(OS.LINUX)
final class AleMemoryTest {
  private static final List<String> STILL =
      List.of("-Xms64m", "-Xmx64m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1");

  /// Without it, glibc gives a thread a heap of its own at a moment of its choosing: 4 MiB at once.
  private static final Map<String, String> ONE_HEAP = Map.of("MALLOC_ARENA_MAX", "1");

  /// What the JVM itself still compiles takes less than this: it is 5 bytes per frame, 14 KiB per
  /// console.
  private static final double ALLOWED_KILOBYTES = 2_048;

  private static final int CONSOLES = 150;
  private static final int STEPS = 100_000;

  private static List<Double> kilobytes = List.of();

  /// Plays long, then opens often, and prints the resident KiB before, in between and after.
  static final class Endurance {
    public static void main(String[] arguments) {
      open(30);
      play(1, 3_000);
      System.out.println(residentKilobytes());
      play(2, STEPS);
      System.out.println(residentKilobytes());
      open(CONSOLES);
      System.out.println(residentKilobytes());
    }

    private static void open(int times) {
      for (int i = 0; i < times; i++) {
        try (Player player = new Player(Task.usual(), i)) {
          player.reset();
        }
      }
    }

    /// Games of at most 250 steps. Doing nothing most of the time loses a life in every 25th step;
    /// another action each time would do so in every fourth, and most of the time go into starts.
    private static void play(long seed, int steps) {
      Task task = Task.usual();
      task.maxFrames = 1_000;
      try (Player player = new Player(task, seed)) {
        player.reset();
        for (int i = 0; i < steps; i++) {
          boolean acts = player.random.nextInt(8) == 0;
          player.go(acts ? player.random.nextInt(player.choices) : Task.NOOP);
        }
      }
    }

    private static long residentKilobytes() {
      System.gc();
      try {
        String line =
            Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(one -> one.startsWith("VmRSS:"))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /// One JVM for all, since what it takes itself settles within its first seconds.
  @BeforeAll
  static void measure() {
    ChildJvm child = ChildJvm.run(Endurance.class, STILL, ONE_HEAP);
    assertEquals("", child.err());
    kilobytes = child.out().lines().map(Double::valueOf).toList();
  }

  private static void assertFlat(double before, double after) {
    assertTrue(after < before + ALLOWED_KILOBYTES, () -> before + " KiB became " + after);
  }

  /// 400,000 frames and more than 500 games.
  @Test
  void longPlayTakesNoMore() {
    assertFlat(kilobytes.get(0), kilobytes.get(1));
  }

  /// A console that is lost takes 270 KiB, so all of them 40 MB.
  @Test
  void aHundredAndFiftyConsolesLeaveNothingBehind() {
    assertFlat(kilobytes.get(1), kilobytes.get(2));
  }
}
