package org.jarl.experiments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// The checkout that the tests run in.
public final class SourceTree {
  private SourceTree() {}

  /// The folder with the root pom.
  public static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("experiments/pom.xml"))) {
      at = at.getParent();
      if (at == null) {
        throw new IllegalStateException("these tests must run inside a checkout of Jarl");
      }
    }
    return at;
  }

  /// The main sources of all modules, sorted.
  static List<Path> mainSources() {
    return modules().stream()
        .map(module -> module.resolve("src/main/java"))
        .flatMap(folder -> filesIn(folder, ".java").stream())
        .toList();
  }

  static List<Path> modules() {
    try (Stream<Path> folders = Files.list(root())) {
      return folders.filter(f -> Files.isDirectory(f.resolve("src/main/java"))).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Files of an ending in a folder and those below it, sorted.
  public static List<Path> filesIn(Path folder, String ending) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
