package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// A window that shows a session at full speed for long. `-Djarl.soak.seconds=600` gives another
/// time than a minute.
@Tag("slow")
@EnabledOnOs(OS.LINUX)
class SoakTest {
  private static final long SECONDS = Long.getLong("jarl.soak.seconds", 36);
  private static final double LARGEST_GROWTH = 1.02;

  @TempDir Path folder;

  @Test
  void memoryStaysFlatAtFullSpeed() throws Exception {
    try (Display display = Display.open(folder);
        Child child =
            Child.java(
                folder,
                Map.of("DISPLAY", display.name),
                WindowProgram.class,
                "x11",
                "fast",
                Long.toString(SECONDS))) {
      Thread.sleep(SECONDS * 1000 / 3);
      long early = leastKilobytes(child.pid(), SECONDS / 6);
      Thread.sleep(SECONDS * 1000 / 4);
      long late = leastKilobytes(child.pid(), SECONDS / 6);
      System.out.println("resident kB after a third: " + early + ", near the end: " + late);
      child.await("session ended", SECONDS);
      assertTrue(late <= early * LARGEST_GROWTH, early + " kB, later " + late + " kB");
    }
  }

  /// The least of some seconds: what the compiler needs for moments is not meant.
  private static long leastKilobytes(long pid, long seconds) throws Exception {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < seconds; i++) {
      Thread.sleep(1000);
      least = Math.min(least, residentKilobytes(pid));
    }
    return least;
  }

  private static long residentKilobytes(long pid) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"));
    for (String line : lines) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS of process " + pid);
  }
}
