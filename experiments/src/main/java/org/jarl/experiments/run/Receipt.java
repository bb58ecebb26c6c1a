package org.jarl.experiments.run;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.Device;
import org.jarl.nn.Engine;
import org.jarl.nn.Precision;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What computed a run, and what came out: `receipt.json`. With `config.yaml` it is all that `jarl
/// verify` needs.
///
/// @param version of Jarl
/// @param gitCommit of the sources next to the running classes; `unknown` outside a checkout
/// @param os name, version and architecture
/// @param cpu model name, as far as the system tells
/// @param device that the run used
/// @param deviceDescription hardware and libraries in one line
/// @param configHash SHA-256 of `config.yaml`
/// @param agentSteps taken when the run ended; 0 before
/// @param stateHash of the final state; null before the run has ended
public record Receipt(
    String version,
    String gitCommit,
    String jdk,
    String os,
    String cpu,
    Device device,
    String deviceDescription,
    String configHash,
    long agentSteps,
    @Nullable String stateHash) {
  private static final List<String> KEYS =
      List.of(
          "version",
          "gitCommit",
          "jdk",
          "os",
          "cpu",
          "device",
          "precision",
          "deviceDescription",
          "threads",
          "configHash",
          "agentSteps",
          "stateHash");

  /// The receipt of a run that begins on this machine.
  static Receipt begin(Engine engine, String configHash) {
    return new Receipt(
        Machine.version(),
        Machine.gitCommit(),
        System.getProperty("java.vm.name") + " " + Runtime.version(),
        Stream.of("os.name", "os.version", "os.arch")
            .map(key -> System.getProperty(key, "unknown"))
            .reduce((a, b) -> a + " " + b)
            .orElseThrow(),
        Machine.cpu(),
        new Device(engine.device(), engine.precision(), engine.threads(), ""),
        engine.description(),
        configHash,
        0,
        null);
  }

  /// The same for a run that has ended.
  Receipt ended(long steps, String hash) {
    return new Receipt(
        version, gitCommit, jdk, os, cpu, device, deviceDescription, configHash, steps, hash);
  }

  /// Writes the file, whole or not at all.
  void write(Path file) {
    ObjectNode out = Json.object();
    out.put("version", version).put("gitCommit", gitCommit).put("jdk", jdk).put("os", os);
    out.put("cpu", cpu).put("device", device.name()).put("precision", device.precision().key());
    out.put("deviceDescription", deviceDescription).put("threads", device.threads());
    out.put("configHash", configHash).put("agentSteps", agentSteps);
    if (stateHash == null) {
      out.putNull("stateHash");
    } else {
      out.put("stateHash", stateHash);
    }
    Json.write(file, out);
  }

  /// Reads the file.
  ///
  /// @throws UserErrorException if it is missing or not a receipt, naming what is wrong
  public static Receipt read(Path file) {
    JsonNode in = Json.read(file);
    Json.onlyKeys(in, file, KEYS);
    boolean ended = !Json.need(in, file, "stateHash").isNull();
    return new Receipt(
        Json.text(in, file, "version"),
        Json.text(in, file, "gitCommit"),
        Json.text(in, file, "jdk"),
        Json.text(in, file, "os"),
        Json.text(in, file, "cpu"),
        new Device(
            Json.text(in, file, "device"),
            precision(in, file),
            (int) Json.integer(in, file, "threads"),
            ""),
        Json.text(in, file, "deviceDescription"),
        Json.text(in, file, "configHash"),
        Json.integer(in, file, "agentSteps"),
        ended ? Json.text(in, file, "stateHash") : null);
  }

  private static Precision precision(JsonNode in, Path file) {
    String key = Json.text(in, file, "precision");
    return Stream.of(Precision.values())
        .filter(value -> value.key().equals(key))
        .findFirst()
        .orElseThrow(() ->
            new UserErrorException(
                file + ": precision must be fp32, tf32 or bf16, got \"" + key + "\""));
  }
}
