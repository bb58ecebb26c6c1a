package org.jarl.nn.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jarl.nn.Engines;
import org.junit.jupiter.api.Test;

/// What is loaded when, seen from processes of their own.
class Nd4jLoadingTest {

  /// Lists devices, then opens the one it was given, if any.
  static final class Child {
    private Child() {}

    /// Called by the tests.
    public static void main(String[] arguments) {
      System.out.println("devices " + Engines.devices());
      if (arguments.length > 0) {
        try {
          Engines.open(arguments[0], 1).close();
          System.out.println("opened");
        } catch (UnsupportedOperationException e) {
          System.out.println("refused: " + e.getMessage());
        }
      }
    }
  }

  private static List<String> child(Predicate<String> jars, List<String> flags, String... arguments)
      throws IOException {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
            .filter(jars)
            .collect(Collectors.joining(java.io.File.pathSeparator));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"));
    command.addAll(List.of("--add-modules=jdk.incubator.vector", "-XX:TieredStopAtLevel=1"));
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath, Child.class.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  private static String line(List<String> lines, String start) {
    return lines.stream()
        .filter(line -> line.startsWith(start))
        .findFirst()
        .orElseGet(() -> "no line \"" + start + "\" in:\n" + String.join("\n", lines));
  }

  @Test
  void listingDevicesLoadsNoClassOfNd4j() throws IOException {
    List<String> lines = child(_ -> true, List.of("-Xlog:class+load"));
    assertEquals("devices [cpu, cuda, nd4j]", line(lines, "devices"));
    assertTrue(
        lines.stream().anyMatch(line -> line.contains(" org.jarl.nn.nd4j.Nd4jEngineProvider ")));
    List<String> loaded =
        lines.stream()
            .filter(line -> line.contains(" org.nd4j.") || line.contains(" org.bytedeco."))
            .toList();
    assertEquals(List.of(), loaded);
  }

  @Test
  void withoutItsNativeLibraryTheDeviceSaysWhatIsMissing() throws IOException {
    List<String> lines =
        child(jar -> !jar.matches(".*/nd4j-native[^/]*-linux-x86_64.jar"), List.of(), "nd4j");
    assertEquals("devices [cpu, cuda, nd4j]", line(lines, "devices"));
    assertEquals(
        "refused: device nd4j needs org.nd4j:nd4j-native:1.0.0-M2.1, once as it is and once with"
            + " the classifier of this machine (linux-x86_64), on the class path; loading it ended"
            + " with: java.lang.UnsatisfiedLinkError: Could not find jnind4jcpu in class, module,"
            + " and library paths.",
        line(lines, "refused"));
  }

  @Test
  void withoutNd4jTheDeviceSaysWhatIsMissing() throws IOException {
    List<String> lines = child(jar -> !jar.contains("/org/nd4j/"), List.of(), "nd4j");
    assertEquals("devices [cpu, cuda, nd4j]", line(lines, "devices"));
    assertEquals(
        "refused: device nd4j needs org.nd4j:nd4j-native:1.0.0-M2.1, once as it is and once with"
            + " the classifier of this machine (linux-x86_64), on the class path; loading it ended"
            + " with: java.lang.ClassNotFoundException: org.nd4j.linalg.factory.Nd4j",
        line(lines, "refused"));
  }
}
