package org.jarl.experiments.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShippedConfigsTest {
  private static final Path FOLDER = SourceTree.root().resolve("experiments/configs");
  private static final ExperimentFile FILES =
      new ExperimentFile(AgentTypes.all(), EnvironmentRegistry.discover(null));

  @Test
  void everyShippedFileLoadsAndItsResolvedFormLoadsToTheSame(@TempDir Path temp)
      throws IOException {
    List<Path> configs = SourceTree.filesIn(FOLDER, ".yaml");
    assertTrue(configs.size() >= 7, () -> "only these were found: " + configs);
    for (Path config : configs) {
      Experiment read = FILES.read(config, List.of()).experiment();
      Path resolved = Files.writeString(temp.resolve("resolved.yaml"), FILES.write(read));
      assertEquals(read, FILES.read(resolved, List.of()).experiment(), config.toString());
    }
  }

  @Test
  void everyShippedFileNamesTheSchemaForEditors() throws IOException {
    for (Path config : SourceTree.filesIn(FOLDER, ".yaml")) {
      assertEquals(
          "# yaml-language-server: $schema=schema.json",
          Files.readAllLines(config).getFirst(),
          config.toString());
    }
  }

  /// `<environment>-<agent>[-quick].yaml`; names of protocols may stand for both.
  @Test
  void aFileNamedAfterAnAgentIsOfThatAgent() {
    for (Path config : SourceTree.filesIn(FOLDER, ".yaml")) {
      String name = config.getFileName().toString().replaceFirst("(-quick)?\\.yaml$", "");
      String agent = FILES.typeOf(FILES.read(config, List.of()).experiment().agent());
      boolean other =
          AgentTypes.all().keySet().stream()
              .anyMatch(type -> !type.equals(agent) && name.endsWith("-" + type));
      assertFalse(other, () -> config + " is of " + agent);
    }
  }

  @Test
  void theSchemaIsThatOfTheRecords() throws IOException {
    assertEquals(
        ConfigSchema.of(AgentTypes.all()),
        Files.readString(FOLDER.resolve("schema.json")),
        "write it anew: ./jarl config schema --out experiments/configs/schema.json");
  }

  @Test
  void theSchemaSaysTypesMeaningsDefaultsAndWhatIsRequired() {
    String schema = ConfigSchema.of(AgentTypes.all());
    for (String part :
        List.of(
            "\"const\" : \"dqn\"",
            "\"const\" : \"frame-stack\"",
            "\"anyOf\" : [ {\n              \"type\" : \"number\"\n            }, {",
            "\"enum\" : [ \"huber\", \"mse\" ]",
            "\"description\" : \"discount per agent step\",\n",
            "\"default\" : 0.99",
            "\"required\" : [ \"environment\", \"agent\", \"training\" ]",
            "\"required\" : [ \"base\" ]",
            "\"additionalProperties\" : false")) {
      assertTrue(schema.contains(part), () -> part + " is not in\n" + schema);
    }
  }
}
