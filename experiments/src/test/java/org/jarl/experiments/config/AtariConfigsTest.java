package org.jarl.experiments.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.config.ConfigBinder.Effective;
import org.jarl.experiments.environment.EnvironmentRegistry;
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

  /// Each table is of one algorithm: a head of two lines, keys, and the files in the last row.
  @Test
  void theTablesOfLearnersHaveTheValuesOfTheShippedFiles() throws IOException {
    List<List<List<String>>> tables = tables();
    assertFalse(tables.isEmpty());
    for (List<List<String>> rows : tables) {
      assertTrue(rows.size() > 15, rows.toString());
      for (int column = 1; column < rows.getFirst().size(); column++) {
        String protocol = code(rows.getFirst().get(column));
        String file = code(rows.getLast().get(column));
        Map<String, String> values = values(CONFIGS.resolve(file));
        assertEquals(protocol, values.get("environment.options.protocol"), file);
        for (List<String> row : rows.subList(2, rows.size() - 1)) {
          String key = code(row.getFirst());
          String written = row.get(column).replaceAll(" \\[.*\\]|,", "");
          assertEquals(values.get(key), written, file + ", " + key);
        }
      }
    }
  }

  private static List<List<List<String>>> tables() throws IOException {
    List<List<List<String>>> tables = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(TABLES)) {
      if (line.startsWith("| config key")) {
        tables.add(new ArrayList<>());
      }
      inside = line.startsWith("| config key") || inside && line.startsWith("|");
      if (inside) {
        String[] cells = line.split("\\|", -1);
        tables.getLast().add(Arrays.stream(cells, 1, cells.length - 1).map(String::strip).toList());
      }
    }
    return tables;
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
