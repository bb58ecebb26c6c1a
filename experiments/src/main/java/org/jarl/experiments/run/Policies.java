package org.jarl.experiments.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import org.jarl.agents.Agent;
import org.jarl.agents.Policy;
import org.jarl.agents.Task;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Printable;
import org.jarl.env.Space;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.ConfigTypes;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
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
///       hash          SHA-256 that binds both files: of the weights, then of the text above
///
/// Both files are data: nothing in them names a class or runs code. They are exchanged one after the
/// other, the new `policy.json` lying beside the old as `policy.json.tmp` meanwhile: whoever reads
/// takes the one whose hash fits the weights.
public final class Policies {
  private static final int FORMAT = 1;
  private static final String WEIGHTS = "weights.safetensors";
  private static final String JSON = "policy.json";
  private static final String HASH = "hash";
  private static final String TEMPORARY = ".tmp";
  private static final List<String> KEYS =
      List.of("format", "agentSteps", "experiment", "spec", "normalizers", HASH);

  /// A policy that is exchanged at this moment is whole a moment later.
  private static final int TRIES = 20;

  private static final long PAUSE_MILLIS = 25;

  private Policies() {}

  /// A policy as it lies in its folder.
  ///
  /// @param spec as JSON, to be compared with that of an environment
  /// @param normalizers what wrappers had gathered, an array for each, the innermost first
  /// @param weightsHash SHA-256 of the file of weights when it was read
  public record Saved(
      Path folder,
      Experiment experiment,
      long agentSteps,
      JsonNode spec,
      List<double[]> normalizers,
      String weightsHash) {

    /// The same, acting otherwise.
    ///
    /// @throws IllegalArgumentException if the agent gives no probabilities to draw by
    public Saved withActions(Policy.Choice choice) {
      return new Saved(
          folder, experiment.withActions(choice), agentSteps, spec, normalizers, weightsHash);
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
        Policy policy =
            experiment
                .agent()
                .loadPolicy(
                    new Task(now, environment.vector().count(), engine, experiment.seed()),
                    folder.resolve(WEIGHTS),
                    experiment.evaluation().actions());
        if (!Policies.weightsHash(folder).equals(weightsHash)) {
          policy.close();
          throw new UserErrorException(
              "the policy in " + folder + " was replaced while it was read; try again");
        }
        return policy;
      } catch (IllegalArgumentException | UncheckedIOException e) {
        throw new UserErrorException(
            "cannot load the policy in " + folder + ": " + e.getMessage(), e);
      }
    }
  }

  /// Writes the folder's files, both or neither.
  ///
  /// @throws UnavailableException if the disk refuses
  static void save(
      Path folder,
      ExperimentFile files,
      Experiment experiment,
      TrainingEnvironment environment,
      Agent agent) {
    Path weights = folder.resolve(WEIGHTS);
    Path newWeights = folder.resolve(WEIGHTS + TEMPORARY);
    Path description = folder.resolve(JSON);
    try {
      Files.createDirectories(folder);
      agent.state().saveWeights(newWeights);
      ObjectNode out = Json.object();
      out.put("format", FORMAT).put("agentSteps", agent.state().agentSteps());
      out.set("experiment", ExperimentFile.json("the experiment", files.write(experiment)));
      out.set("spec", specJson(environment.vector().spec()));
      ArrayNode normalizers = out.putArray("normalizers");
      for (double[] statistics : environment.statistics().get()) {
        ArrayNode numbers = normalizers.addArray();
        for (double number : statistics) {
          numbers.add(number);
        }
      }
      out.put(HASH, hash(StateHash.of(newWeights), out));
      Path newDescription = folder.resolve(JSON + TEMPORARY);
      Disk.force(newDescription, Json.text(out).getBytes(StandardCharsets.UTF_8));
      Files.move(newWeights, weights, StandardCopyOption.ATOMIC_MOVE);
      Files.move(newDescription, description, StandardCopyOption.ATOMIC_MOVE);
      Disk.syncFolder(folder);
    } catch (IOException | UncheckedIOException e) {
      throw new UnavailableException(
          "cannot write the policy in "
              + folder
              + ": "
              + Disk.reason(e)
              + "; make room and try again",
          e);
    }
  }

  /// What binds weights to what gives them a meaning.
  ///
  /// @param description all of it but the hash
  private static String hash(String weightsHash, ObjectNode description) {
    String text = weightsHash + "\n" + description;
    return StateHash.of(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String weightsHash(Path folder) {
    Path weights = folder.resolve(WEIGHTS);
    try {
      Disk.requireRegular(weights);
      return StateHash.of(weights);
    } catch (IOException e) {
      throw new UserErrorException("cannot read " + weights + ": " + Disk.reason(e), e);
    }
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
    Path file = folder.resolve(JSON);
    Bound bound = bound(folder);
    ObjectNode in = bound.description;
    String experiment = Json.need(in, file, "experiment").toString();
    return new Saved(
        folder,
        files.parse(file.toString(), experiment),
        Json.integer(in, file, "agentSteps"),
        Json.need(in, file, "spec"),
        normalizers(Json.need(in, file, "normalizers"), file),
        bound.weightsHash);
  }

  /// A description and the weights that it belongs to.
  private record Bound(ObjectNode description, String weightsHash) {}

  private static Bound bound(Path folder) {
    for (int i = 1; ; i++) {
      ObjectNode description = open(folder);
      String weights = weightsHash(folder);
      JsonNode hash = description.get(HASH);
      // Before 0.1 nothing bound the two.
      if (hash == null || fits(description, weights)) {
        return new Bound(description, weights);
      }
      ObjectNode next = next(folder);
      if (next != null && fits(next, weights)) {
        return new Bound(next, weights);
      }
      if (i == TRIES) {
        throw new UserErrorException(
            "%s and %s in %s do not belong together, or one was changed: their hash is %s, %s says %s; take both from one run, or for a file that you have changed on purpose delete its key \"%s\""
                .formatted(
                    WEIGHTS,
                    JSON,
                    folder,
                    hash(weights, without(description)),
                    JSON,
                    Printable.line(hash.asString("?")),
                    HASH));
      }
      pause();
    }
  }

  /// The description that is about to replace the present one; null where there is none.
  private static @Nullable ObjectNode next(Path folder) {
    Path file = folder.resolve(JSON + TEMPORARY);
    try {
      return Files.isRegularFile(file) ? Json.read(file) : null;
    } catch (UserErrorException _) {
      return null; // It is being written, or was when its writer was killed.
    }
  }

  private static boolean fits(ObjectNode description, String weightsHash) {
    JsonNode hash = description.get(HASH);
    return hash != null
        && hash.isString()
        && hash.stringValue().equals(hash(weightsHash, without(description)));
  }

  private static ObjectNode without(ObjectNode description) {
    ObjectNode rest = description.deepCopy();
    rest.remove(HASH);
    return rest;
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The description in a folder that holds a policy of the format that is read here.
  private static ObjectNode open(Path folder) {
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
    ObjectNode in = Json.read(file);
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
    Json.onlyKeys(in, file, KEYS);
    return in;
  }

  private static List<double[]> normalizers(JsonNode in, Path file) {
    List<double[]> all = new ArrayList<>();
    for (JsonNode numbers : in) {
      double[] statistics = new double[numbers.size()];
      for (int i = 0; i < statistics.length; i++) {
        if (!numbers.get(i).isNumber()) {
          throw new UserErrorException(
              file
                  + ": \"normalizers\" must hold lists of numbers, got "
                  + Printable.line(numbers.get(i).toString()));
        }
        statistics[i] = numbers.get(i).doubleValue();
      }
      all.add(statistics);
    }
    return all;
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
