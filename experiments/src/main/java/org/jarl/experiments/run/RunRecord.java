package org.jarl.experiments.run;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.ExperimentFile;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What the folder of a run says about it. Reading takes nothing and needs neither the environment
/// nor the agent: runs of other versions and of plug-ins that are gone can be looked at too.
///
/// @param text `config.yaml` as it stands
/// @param config the same as a tree
/// @param summary of a finished run; null before
/// @param receipt what computed it; null before anything began
public record RunRecord(
    Path folder,
    String text,
    JsonNode config,
    @Nullable JsonNode summary,
    @Nullable JsonNode receipt) {

  /// Reads the folder.
  ///
  /// @throws UserErrorException if it is no run folder, or a file in it is damaged
  public static RunRecord read(Path folder) {
    RunFolder.requireRun(folder);
    Path file = folder.resolve("config.yaml");
    String text = ExperimentFile.text(file);
    return new RunRecord(
        folder,
        text,
        ExperimentFile.json(file.toString(), text),
        optional(folder.resolve("summary.json")),
        optional(folder.resolve("receipt.json")));
  }

  private static @Nullable JsonNode optional(Path file) {
    return Files.isRegularFile(file) ? Json.read(file) : null;
  }

  /// Name of the folder.
  public String name() {
    Path name = folder.toAbsolutePath().normalize().getFileName();
    return name == null ? folder.toString() : name.toString();
  }

  /// Name of the experiment, as `jarl train` has put it into the folder's name.
  public String experiment() {
    return name().replaceFirst("-s-?\\d+(-\\d+)?$", "");
  }

  /// Id of the environment.
  public String environment() {
    return config.path("environment").path("id").asString("?");
  }

  /// Type of the agent.
  public String agent() {
    return config.path("agent").path("type").asString("?");
  }

  /// Seed of the run.
  public long seed() {
    return config.path("seed").asLong(0);
  }

  /// Agent steps at the end, or updates where they are the goal.
  public long goal() {
    JsonNode training = config.path("training");
    return Math.max(training.path("agentSteps").asLong(0), training.path("updates").asLong(0));
  }

  /// The config without its seed, which is what runs of one experiment have in common.
  public String seedless() {
    return text.replaceFirst("(?m)^seed:.*\\R?", "");
  }

  /// Hash of [#seedless].
  public String experimentHash() {
    return StateHash.of(seedless().getBytes(StandardCharsets.UTF_8));
  }
}
