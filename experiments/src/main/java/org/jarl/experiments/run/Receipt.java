package org.jarl.experiments.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.env.Printable;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.environment.EnvironmentFactory.PluginSource;
import org.jarl.nn.Engine;
import org.jarl.nn.Precision;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
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
/// @param plugin that the environment comes from; null for one that no jar of plug-ins brings
/// @param earlier what computed the run before, where that was another Jarl, JDK or machine; in
///   order
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
    @Nullable String stateHash,
    @Nullable PluginSource plugin,
    List<Part> earlier) {
  /// What computed one part of a run.
  ///
  /// @param agentSteps where the next part took over
  public record Part(
      String version,
      String gitCommit,
      String jdk,
      String os,
      String cpu,
      String deviceDescription,
      @Nullable PluginSource plugin,
      long agentSteps) {
    static Part of(Receipt receipt, long steps) {
      return new Part(
          receipt.version,
          receipt.gitCommit,
          receipt.jdk,
          receipt.os,
          receipt.cpu,
          receipt.deviceDescription,
          receipt.plugin,
          steps);
    }
  }

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
          "stateHash",
          "plugin",
          "earlier");
  private static final int MOST_THREADS = 4096;

  /// The receipt of a run that begins on this machine.
  static Receipt begin(Engine engine, String configHash, @Nullable PluginSource plugin) {
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
        null,
        plugin,
        List.of());
  }

  /// The same for a run that has ended.
  Receipt ended(long steps, String hash) {
    return with(steps, hash, earlier);
  }

  /// The same for a run that goes on from a checkpoint.
  ///
  /// @param before the receipt so far
  /// @param steps agent steps at the checkpoint
  Receipt after(Receipt before, long steps) {
    List<Part> all = new ArrayList<>(before.earlier);
    Part last = Part.of(before, steps);
    if (steps > 0 && !last.equals(Part.of(this, steps))) {
      all.add(last);
    }
    return with(agentSteps, stateHash, all);
  }

  private Receipt with(long steps, @Nullable String hash, List<Part> parts) {
    return new Receipt(
        version,
        gitCommit,
        jdk,
        os,
        cpu,
        device,
        deviceDescription,
        configHash,
        steps,
        hash,
        plugin,
        List.copyOf(parts));
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
    put(plugin, out);
    if (!earlier.isEmpty()) {
      ArrayNode parts = out.putArray("earlier");
      for (Part part : earlier) {
        ObjectNode node = parts.addObject();
        node.put("version", part.version).put("gitCommit", part.gitCommit).put("jdk", part.jdk);
        node.put("os", part.os).put("cpu", part.cpu);
        node.put("deviceDescription", part.deviceDescription).put("agentSteps", part.agentSteps);
        put(part.plugin, node);
      }
    }
    Json.write(file, out);
  }

  private static void put(@Nullable PluginSource plugin, ObjectNode out) {
    if (plugin != null) {
      out.putObject("plugin").put("jar", plugin.jar()).put("hash", plugin.hash());
    }
  }

  /// How the environment comes from another plug-in now, as the beginning of a sentence; null when
  /// it does not.
  public @Nullable String otherPlugin(@Nullable PluginSource now) {
    String thenHash = plugin == null ? "" : plugin.hash();
    return thenHash.equals(now == null ? "" : now.hash())
        ? null
        : "the environment is not from the plug-in of receipt.json: it was of "
            + (plugin == null ? "none" : plugin)
            + ", it is of "
            + (now == null ? "none" : now);
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
            Json.integer(in, file, "threads", 1, MOST_THREADS),
            ""),
        Json.text(in, file, "deviceDescription"),
        Json.text(in, file, "configHash"),
        Json.integer(in, file, "agentSteps"),
        ended ? Json.text(in, file, "stateHash") : null,
        plugin(in.get("plugin"), file),
        earlier(in.get("earlier"), file));
  }

  private static @Nullable PluginSource plugin(@Nullable JsonNode in, Path file) {
    return in == null
        ? null
        : new PluginSource(Json.text(in, file, "jar"), Json.text(in, file, "hash"));
  }

  private static List<Part> earlier(@Nullable JsonNode in, Path file) {
    List<Part> parts = new ArrayList<>();
    if (in != null) {
      for (JsonNode part : in) {
        parts.add(
            new Part(
                Json.text(part, file, "version"),
                Json.text(part, file, "gitCommit"),
                Json.text(part, file, "jdk"),
                Json.text(part, file, "os"),
                Json.text(part, file, "cpu"),
                Json.text(part, file, "deviceDescription"),
                plugin(part.get("plugin"), file),
                Json.integer(part, file, "agentSteps")));
      }
    }
    return List.copyOf(parts);
  }

  private static Precision precision(JsonNode in, Path file) {
    String key = Json.text(in, file, "precision");
    return Stream.of(Precision.values())
        .filter(value -> value.key().equals(key))
        .findFirst()
        .orElseThrow(() ->
            new UserErrorException(
                file
                    + ": precision must be fp32, tf32 or bf16, got \""
                    + Printable.line(key)
                    + "\""));
  }
}
