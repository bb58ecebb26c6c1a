package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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

  /// A console left behind takes hundreds of KiB; what the JVM itself still compiles takes less
  /// than this in all.
  private static final double ALLOWED_KILOBYTES = 4_096;

  /// Opens, plays or both as often as the arguments say, and prints the resident KiB before and
  /// after.
  static final class Endurance {
    public static void main(String[] arguments) {
      int opens = Integer.parseInt(arguments[0]);
      int steps = Integer.parseInt(arguments[1]);
      open(100);
      play(1, 3_000);
      System.out.println(residentKilobytes());
      open(opens);
      play(2, steps);
      System.out.println(residentKilobytes());
    }

    private static void open(int times) {
      for (int i = 0; i < times; i++) {
        try (Player player = new Player(Task.usual(), i)) {
          player.reset();
        }
      }
    }

    /// Games of at most 250 steps, so that every seventh frame or so begins one.
    private static void play(long seed, int steps) {
      Task task = Task.usual();
      task.maxFrames = 1_000;
      try (Player player = new Player(task, seed)) {
        player.reset();
        for (int i = 0; i < steps; i++) {
          player.go(player.random.nextInt(player.choices));
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

  private static void assertFlat(String opens, String steps) {
    ChildJvm child = ChildJvm.run(Endurance.class, STILL, ONE_HEAP, opens, steps);
    assertEquals("", child.err());
    List<String> lines = child.out().lines().toList();
    double before = Double.parseDouble(lines.get(0));
    double after = Double.parseDouble(lines.get(1));
    assertTrue(after < before + ALLOWED_KILOBYTES, () -> before + " KiB became " + after);
  }

  @Test
  void fiveHundredConsolesLeaveNothingBehind() {
    assertFlat("500", "0");
  }

  /// 400,000 frames and more than 500 games.
  @Test
  void longPlayTakesNoMore() {
    assertFlat("0", "100000");
  }
}
