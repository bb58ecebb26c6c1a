package org.jarl.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.stream.Stream;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;

/// What the figures were measured on.
final class Machine {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  private Machine() {}

  /// Date, processor, load, JVM and engine.
  static void print(PrintStream out) {
    var system = ManagementFactory.getOperatingSystemMXBean();
    try (Engine engine = Engines.open("cpu", 1)) {
      out.printf(
          Locale.ROOT,
          "%s, %s, %d cores, load %.1f, JDK %s, %s%n",
          LocalDate.now(ZoneOffset.UTC),
          processor(),
          system.getAvailableProcessors(),
          system.getSystemLoadAverage(),
          Runtime.version(),
          engine.description());
    }
    if (system.getSystemLoadAverage() > 0.7) {
      out.println(
          "The machine is busy: single figures are not to be trusted, ratios only roughly.");
    }
  }

  private static String processor() {
    if (!Files.isReadable(PROCESSOR)) {
      return System.getProperty("os.arch");
    }
    try (Stream<String> lines = Files.lines(PROCESSOR)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
