package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.experiments.ConfigBinder.Effective;
import org.junit.jupiter.api.Test;

/// The shipped Atari files against the documentation.
class AtariConfigsTest {
  private static final Path TABLES = SourceTree.root().resolve("docs/atari-protocols.md");
  private static final Path CONFIGS = SourceTree.root().resolve("experiments/configs");
  private static final ExperimentFile FILES =
      new ExperimentFile(AgentTypes.all(), EnvironmentRegistry.discover(null));

  private static Map<String, String> values(Path config, String... overrides) {
    Map<String, String> values = new LinkedHashMap<>();
    for (Effective value : FILES.read(config, List.of(overrides)).values()) {
      values.put(value.path(), value.value());
    }
    return values;
  }

  @Test
  void theTableOfLearnersHasTheValuesOfTheShippedFiles() throws IOException {
    List<List<String>> rows =
        Files.readAllLines(TABLES).stream()
            .dropWhile(line -> !line.startsWith("| config key"))
            .takeWhile(line -> line.startsWith("|"))
            .map(line -> Arrays.stream(line.split("\\|")).skip(1).map(String::strip).toList())
            .toList();
    List<String> keys = rows.stream().map(row -> code(row.getFirst())).toList();
    assertTrue(keys.size() > 15, keys.toString());
    for (int column = 1; column < rows.getFirst().size(); column++) {
      String protocol = code(rows.getFirst().get(column));
      String file = code(rows.getLast().get(column));
      Map<String, String> values = values(CONFIGS.resolve(file));
      assertEquals(protocol, values.get("environment.options.protocol"), file);
      // Two lines of head, one for the files.
      for (List<String> row : rows.subList(2, rows.size() - 1)) {
        String key = code(row.getFirst());
        String written = row.get(column).replaceAll(" \\[.*\\]|,", "");
        assertEquals(values.get(key), written, file + ", " + key);
      }
    }
  }

  private static String code(String cell) {
    return cell.replace("`", "");
  }

  @Test
  void anotherGameIsOneOverrideAway() {
    for (Path config : SourceTree.filesIn(CONFIGS, ".yaml")) {
      if (config.getFileName().toString().startsWith("atari-")) {
        Map<String, String> values = values(config, "environment.id=atari/battle-zone-v5");
        assertEquals("1", values.get("environment.options.mode"), config.toString());
      }
    }
  }
}
