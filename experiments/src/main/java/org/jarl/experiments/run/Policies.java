package org.jarl.experiments.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jarl.agents.Agent;
import org.jarl.agents.Policy;
import org.jarl.agents.Task;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.ConfigTypes;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What was learned, in a folder of its own that can be carried elsewhere.
///
///     weights.safetensors   the numbers of the network
///     policy.json           all that gives them a meaning:
///       format        1
///       agentSteps    what it was learned from
///       experiment    the whole experiment: agent type and settings, environment, options, wrappers
///       spec          what the environment looked like
///       normalizers   what its wrappers had gathered, an array for each, the innermost first
///
/// Both files are data: nothing in them names a class or runs code.
public final class Policies {
  private static final int FORMAT = 1;
  private static final String WEIGHTS = "weights.safetensors";
  private static final String JSON = "policy.json";
  private static final List<String> KEYS =
      List.of("format", "agentSteps", "experiment", "spec", "normalizers");

  private Policies() {}

  /// A policy as it lies in its folder.
  ///
  /// @param spec as JSON, to be compared with that of an environment
  /// @param normalizers what wrappers had gathered, an array for each, the innermost first
  public record Saved(
      Path folder,
      Experiment experiment,
      long agentSteps,
      JsonNode spec,
      List<double[]> normalizers) {

    /// The same, acting otherwise.
    ///
    /// @throws IllegalArgumentException if the agent gives no probabilities to draw by
    public Saved withActions(Policy.Choice choice) {
      return new Saved(folder, experiment.withActions(choice), agentSteps, spec, normalizers);
    }

    /// Makes the policy for an environment, and gives the environment what its wrappers had
    /// gathered.
    ///
    /// @throws UserErrorException if the environment looks different than in training, or the
    ///   weights do not fit
    public Policy load(EvaluationEnvironment environment, Engine engine) {
      EnvironmentSpec now = environment.vector().spec();
      String present = specJson(now).toString();
      if (!present.equals(spec.toString())) {
        throw new UserErrorException(
            experiment.environment().id()
                + " is not what this policy was learned in: it was "
                + spec
                + ", it is "
                + present);
      }
      try {
        environment.adopt().accept(normalizers);
        return experiment
            .agent()
            .loadPolicy(
                new Task(now, environment.vector().count(), engine, experiment.seed()),
                folder.resolve(WEIGHTS),
                experiment.evaluation().actions());
      } catch (IllegalArgumentException e) {
        throw new UserErrorException(
            "cannot load the policy in " + folder + ": " + e.getMessage(), e);
      }
    }
  }

  /// Writes the folder's files, each whole or not at all.
  ///
  /// @throws UnavailableException if the disk refuses
  static void save(
      Path folder,
      ExperimentFile files,
      Experiment experiment,
      TrainingEnvironment environment,
      Agent agent) {
    Path weights = folder.resolve(WEIGHTS);
    Path temporary = folder.resolve(WEIGHTS + ".tmp");
    try {
      Files.createDirectories(folder);
      agent.state().saveWeights(temporary);
      try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(temporary, weights, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | java.io.UncheckedIOException e) {
      throw new UnavailableException(
          "cannot write " + weights + ": " + Disk.reason(e) + "; make room and try again", e);
    }
    ObjectNode out = Json.object();
    out.put("format", FORMAT).put("agentSteps", agent.state().agentSteps());
    out.set("experiment", experimentJson(files.write(experiment)));
    out.set("spec", specJson(environment.vector().spec()));
    ArrayNode normalizers = out.putArray("normalizers");
    for (double[] statistics : environment.statistics().get()) {
      ArrayNode numbers = normalizers.addArray();
      for (double number : statistics) {
        numbers.add(number);
      }
    }
    Json.write(folder.resolve(JSON), out);
  }

  /// The id of the environment that a policy was learned in.
  ///
  /// @param folder the `policy` folder of a run, wherever it lies now
  /// @throws UserErrorException if something is missing or not as [#save] writes it
  static String environmentOf(Path folder) {
    Path file = folder.resolve(JSON);
    JsonNode experiment = Json.need(open(folder), file, "experiment");
    return Json.text(Json.need(experiment, file, "environment"), file, "id");
  }

  /// Reads what describes a policy; its weights are read by [Saved#load].
  ///
  /// @param folder the `policy` folder of a run, wherever it lies now
  /// @throws UserErrorException if something is missing or not as [#save] writes it
  public static Saved read(Path folder, ExperimentFile files) {
    JsonNode in = open(folder);
    Path file = folder.resolve(JSON);
    Json.onlyKeys(in, file, KEYS);
    String experiment = Json.need(in, file, "experiment").toString();
    return new Saved(
        folder,
        files.parse(file.toString(), experiment),
        Json.integer(in, file, "agentSteps"),
        Json.need(in, file, "spec"),
        normalizers(Json.need(in, file, "normalizers"), file));
  }

  /// The description in a folder that holds a policy of the format that is read here.
  private static JsonNode open(Path folder) {
    Path file = folder.resolve(JSON);
    if (!Files.exists(file) || !Files.exists(folder.resolve(WEIGHTS))) {
      throw new UserErrorException(
          folder
              + " holds no policy: it needs "
              + JSON
              + " and "
              + WEIGHTS
              + ", which a run writes with each checkpoint");
    }
    JsonNode in = Json.read(file);
    long format = Json.integer(in, file, "format");
    if (format != FORMAT) {
      throw new UserErrorException(
          file
              + " has format "
              + format
              + ", this Jarl reads format "
              + FORMAT
              + ": load it with the Jarl that wrote it");
    }
    return in;
  }

  private static List<double[]> normalizers(JsonNode in, Path file) {
    List<double[]> all = new ArrayList<>();
    for (JsonNode numbers : in) {
      double[] statistics = new double[numbers.size()];
      for (int i = 0; i < statistics.length; i++) {
        if (!numbers.get(i).isNumber()) {
          throw new UserErrorException(
              file + ": \"normalizers\" must hold lists of numbers, got " + numbers.get(i));
        }
        statistics[i] = numbers.get(i).doubleValue();
      }
      all.add(statistics);
    }
    return all;
  }

  /// The experiment's YAML as a JSON tree: YAML's plain values only, so nothing is constructed.
  static JsonNode experimentJson(String yaml) {
    return json(new Load(LoadSettings.builder().build()).loadFromString(yaml));
  }

  private static JsonNode json(@Nullable Object value) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    return switch (value) {
      case null -> nodes.nullNode();
      case Map<?, ?> map -> {
        ObjectNode object = nodes.objectNode();
        map.forEach((key, item) -> object.set(key.toString(), json(item)));
        yield object;
      }
      case List<?> list -> {
        ArrayNode array = nodes.arrayNode();
        list.forEach(item -> array.add(json(item)));
        yield array;
      }
      case Boolean flag -> nodes.booleanNode(flag);
      case Integer number -> nodes.numberNode(number);
      case Long number -> nodes.numberNode(number);
      case Double number -> nodes.numberNode(number);
      default -> nodes.stringNode(value.toString());
    };
  }

  /// What an environment looks like, to be compared.
  public static ObjectNode specJson(EnvironmentSpec spec) {
    ObjectNode out = Json.object();
    out.set("observation", spaceJson(spec.observationSpace()));
    out.set("action", spaceJson(spec.actionSpace()));
    out.put("timeLimit", spec.timeLimit()).put("masksActions", spec.masksActions());
    if (spec.stacking().depth() > 1) {
      out.putObject("stacking")
          .put("depth", spec.stacking().depth())
          .put("padding", ConfigTypes.kebab(spec.stacking().padding().name()));
    }
    return out;
  }

  private static ObjectNode spaceJson(Space space) {
    ObjectNode out = Json.object();
    switch (space) {
      case Space.Discrete(int n) -> out.put("type", "discrete").put("n", n);
      case Space.MultiDiscrete(List<Integer> sizes) -> {
        out.put("type", "multi-discrete");
        sizes.forEach(out.putArray("sizes")::add);
      }
      case Space.Box box -> {
        out.put("type", box.type() == Space.ElementType.U8 ? "u8" : "f32");
        box.shape().forEach(out.putArray("shape")::add);
        bounds(out.putArray("low"), box.low());
        bounds(out.putArray("high"), box.high());
      }
    }
    return out;
  }

  /// Bounds as texts: JSON has no infinity, and a text survives reading and writing unchanged.
  private static void bounds(ArrayNode out, List<Float> bounds) {
    bounds.forEach(bound -> out.add(bound.toString()));
  }
}
