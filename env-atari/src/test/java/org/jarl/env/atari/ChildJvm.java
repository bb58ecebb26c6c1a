package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// A JVM of its own for what might end or hang one.
///
/// @param exit code
/// @param out what it wrote to the standard output
/// @param err what it wrote to the standard error
record ChildJvm(int exit, String out, String err) {

  /// Runs a main class of the tests to its end.
  ///
  /// @param options of the JVM
  /// @param variables of its environment, besides those of this process
  static ChildJvm run(
      Class<?> main, List<String> options, Map<String, String> variables, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    try {
      Path out = Files.createTempFile("jarl-child", ".out");
      Path err = Files.createTempFile("jarl-child", ".err");
      try {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(variables);
        Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        boolean ended = process.waitFor(10, TimeUnit.MINUTES);
        process.destroyForcibly();
        assertTrue(ended, () -> main + " hangs");
        return new ChildJvm(process.exitValue(), Files.readString(out), Files.readString(err));
      } finally {
        Files.delete(out);
        Files.delete(err);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
