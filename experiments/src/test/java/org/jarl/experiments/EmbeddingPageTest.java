package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The programs on `docs/embedding.md` are those that are compiled and run in `docs/embedding`.
class EmbeddingPageTest {
  private static final Path DOCS = SourceTree.root().resolve("docs");
  private static final Path PROGRAMS = DOCS.resolve("embedding/src/main/java");
  private static final Pattern CODE = Pattern.compile("(?s)```java\n(.*?)```");

  @Test
  void thePageShowsThePrograms() throws IOException {
    String page = Files.readString(DOCS.resolve("embedding.md"));
    List<String> shown =
        CODE.matcher(page).results().map((MatchResult found) -> found.group(1)).toList();
    List<String> compiled =
        List.of(
            program("Corridor"),
            program("TrainOwnEnvironment"),
            program("RunExperimentFile"),
            program("ActWithPolicy"));
    assertEquals(compiled, shown);
  }

  @ParameterizedTest
  @CsvSource({"TrainOwnEnvironment, 25", "ActWithPolicy, 8"})
  void aProgramIsShort(String name, int most) throws IOException {
    long lines = program(name).lines().count();
    assertTrue(lines <= most, name + " has " + lines + " lines, at most " + most);
  }

  private static String program(String name) throws IOException {
    return Files.readString(PROGRAMS.resolve(name + ".java"));
  }
}
