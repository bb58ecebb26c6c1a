package org.jarl.experiments.config;

import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Option;

/// A folder for experiment files, with a toy agent and two environments to name in them.
final class ConfigFixture {
  static final EnvironmentCatalog ENVIRONMENTS =
      new EnvironmentCatalog() {
        @Override
        public List<String> ids() {
          return List.of("classic/cartpole-v1", "gridworld/empty-v0");
        }

        @Override
        public List<Option> options(String id) {
          return id.startsWith("classic")
              ? List.of()
              : List.of(
                  new Option("size", 5, "cells per side; at least 3"),
                  new Option("slip", 0.1, "chance to slip; 0 to 1"),
                  new Option("map", "open", "name of the map"),
                  new Option("walls", true, "whether there are walls"));
        }
      };

  static final ExperimentFile FILES =
      new ExperimentFile(Map.of("toy", ToyAgentConfig.class), ENVIRONMENTS);

  static final String SMALL =
      """
      environment: {id: classic/cartpole-v1}
      agent: {type: toy}
      training: {agentSteps: 500_000}
      """;

  private final Path folder;

  ConfigFixture(Path folder) {
    this.folder = folder;
  }

  Path write(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Experiment read(String text, String... overrides) {
    return FILES.read(write("x.yaml", text), List.of(overrides)).experiment();
  }

  /// What a user sees of a refused file `x.yaml`, its folder left out.
  String refusal(String text, String... overrides) {
    return refusal(write("x.yaml", text), overrides);
  }

  String refusal(Path file, String... overrides) {
    var refused = assertThrows(ConfigException.class, () -> FILES.read(file, List.of(overrides)));
    return String.valueOf(refused.getMessage()).replace(folder + "/", "");
  }
}
