package org.jarl.experiments.hostile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two thousand hostile inputs, drawn by a seed: `-Djarl.hostile.seed=N` draws others and
/// `-Djarl.hostile.inputs=N` more.
@Tag("slow")
class HostileInputsTest {
  private static final long SEED = Long.getLong("jarl.hostile.seed", 1);
  private static final int INPUTS = Integer.getInteger("jarl.hostile.inputs", 2_000);
  private static final long MOST_KILOBYTES = 1_000_000;

  @TempDir Path temporary;

  @Test
  void everyInputIsAnsweredAsTheDocumentationSays() throws Exception {
    assumeTrue(System.getProperty("os.name").equals("Linux"));
    Path said = temporary.resolve("said.txt");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                HostileInputs.class.getName(),
                Files.createDirectory(temporary.resolve("work")).toString(),
                Long.toString(SEED),
                Integer.toString(INPUTS))
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    long most = 0;
    while (!child.waitFor(200, TimeUnit.MILLISECONDS)) {
      most = Math.max(most, residentKilobytes(child.pid()));
    }
    String text = Files.readString(said);
    assertEquals(0, child.exitValue(), text.substring(Math.max(0, text.length() - 20_000)));
    assertTrue(most < MOST_KILOBYTES, most + " kB");
    System.out.println(text.lines().reduce("", (_, last) -> last) + ", resident kB " + most);
  }

  private static long residentKilobytes(long pid) {
    try {
      List<String> lines = Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"));
      return lines.stream()
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElse(0);
    } catch (java.io.IOException _) {
      return 0; // It has just ended.
    }
  }
}
