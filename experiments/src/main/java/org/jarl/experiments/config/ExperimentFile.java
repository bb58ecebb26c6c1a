package org.jarl.experiments.config;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jarl.agents.AgentConfig;
import org.jarl.experiments.config.ConfigBinder.Effective;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jarl.experiments.config.ConfigNode.Refused;
import org.jarl.experiments.config.ConfigNode.Scalar;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Experiments as YAML files: reads them with every problem named by place, and writes them fully
/// resolved.
///
///     base file --\
///     file ---------> one tree of nodes with origins --ConfigBinder--> Experiment or problems
///     --set ------/              (defaults fill what is absent)
///
/// Nothing in a file is ever constructed by name, and no native library is touched.
public final class ExperimentFile {
  /// Bytes of the longest file that is read.
  public static final long MAX_BYTES = 1_000_000;

  private final ConfigTypes types;
  private final EnvironmentCatalog environments;
  private final Set<ConfigProblem> said = new HashSet<>();

  /// A reader and writer of experiments.
  ///
  /// @param agents config records of the agents by their `type`
  /// @param environments ids that a file may name, with their options
  public ExperimentFile(
      Map<String, Class<? extends AgentConfig>> agents, EnvironmentCatalog environments) {
    this.types = new ConfigTypes(agents);
    this.environments = environments;
  }

  /// An experiment with all its values, also those that no file gives.
  ///
  /// @param values in the order of the records
  public record Resolved(Experiment experiment, List<Effective> values) {}

  /// Reads and checks a file.
  ///
  /// @param overrides texts `key=value`, each laid over the file
  /// @throws ConfigException with all problems at once
  public Resolved read(Path file, List<String> overrides) {
    List<ConfigProblem> problems = new ArrayList<>();
    Block root = tree(file, problems);
    for (String flag : overrides) {
      root = override(root, flag, problems);
    }
    return bind(root, file.toString(), problems);
  }

  private Resolved bind(Block root, String source, List<ConfigProblem> problems) {
    ConfigBinder binder = new ConfigBinder(types, environments, problems);
    Experiment experiment = binder.bind(root);
    if (experiment == null || !problems.isEmpty()) {
      problems.sort(
          Comparator.comparing((ConfigProblem p) -> p.origin().kind())
              .thenComparing(p -> !p.origin().source().equals(source))
              .thenComparing(p -> p.origin().source())
              .thenComparingInt(p -> p.origin().line())
              .thenComparingInt(p -> p.origin().column()));
      throw new ConfigException(problems);
    }
    binder.notes().forEach(this::say);
    return new Resolved(experiment, binder.effective());
  }

  /// Logs a note, once however often its file is read.
  private void say(ConfigProblem note) {
    if (said.add(note)) {
      System.getLogger(ExperimentFile.class.getName()).log(Level.WARNING, note.toString());
    }
  }

  /// Reads and checks the text of an experiment that lies in another file; JSON is YAML too.
  ///
  /// @param source names that file in messages
  /// @throws ConfigException with all problems at once
  public Experiment parse(String source, String text) {
    List<ConfigProblem> problems = new ArrayList<>();
    Block root = mapping(source, text, problems);
    return bind(root, source, problems).experiment();
  }

  /// An experiment that no file holds.
  ///
  /// @param source names it in messages
  /// @param settings texts `key=value`, as those laid over a file
  /// @throws ConfigException with all problems at once
  public Experiment of(String source, List<String> settings) {
    List<ConfigProblem> problems = new ArrayList<>();
    Block root = new Block(Map.of(), ConfigOrigin.ofFile(source));
    for (String setting : settings) {
      root = override(root, setting, problems);
    }
    return bind(root, source, problems).experiment();
  }

  /// The `agent.type` of settings.
  public String typeOf(AgentConfig agent) {
    return types.nameOf(agent.getClass()).orElseThrow();
  }

  /// The whole experiment as YAML; reading it gives an equal one.
  public String write(Experiment experiment) {
    return ConfigWriter.document(experiment, types);
  }

  /// The text of a file, without byte order mark.
  ///
  /// @throws ConfigException if it cannot be that of an experiment
  public static String text(Path file) {
    return ConfigSource.text(file);
  }

  /// The text of a file as a tree, read by the rules of experiments but not held to what an
  /// experiment needs: runs of other versions and of plug-ins that are gone can be looked at too.
  ///
  /// @param source names it in messages
  /// @throws ConfigException if it is no block of keys, with all problems at once
  public static JsonNode json(String source, String text) {
    List<ConfigProblem> problems = new ArrayList<>();
    Block root = mapping(source, text, problems);
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
    return root.json();
  }

  private Block tree(Path file, List<ConfigProblem> problems) {
    Block root = mapping(file, problems);
    Entry base = root.entries().get("base");
    if (base == null) {
      return root;
    }
    Map<String, Entry> own = new LinkedHashMap<>(root.entries());
    own.remove("base");
    Block above = new Block(own, root.origin());
    Path path = basePath(file, base.value(), problems);
    if (path == null) {
      return above;
    }
    Block below = mapping(path, problems);
    Entry chained = below.entries().get("base");
    if (chained != null) {
      problems.add(
          new ConfigProblem(
              chained.keyOrigin(),
              "a base must not have a base of its own; copy its keys into " + file.getFileName()));
      Map<String, Entry> rest = new LinkedHashMap<>(below.entries());
      rest.remove("base");
      below = new Block(rest, below.origin());
    }
    return below.under(above);
  }

  private static @Nullable Path basePath(Path file, ConfigNode base, List<ConfigProblem> problems) {
    if (!(base instanceof Scalar scalar) || scalar.isNull()) {
      problems.add(
          new ConfigProblem(
              base.origin(),
              "base must be the path of a file, relative to this one, got " + base.shown()));
      return null;
    }
    Path path = file.resolveSibling(scalar.text());
    String refusal = ConfigSource.refusal(path);
    if (refusal != null) {
      problems.add(new ConfigProblem(base.origin(), "base " + refusal));
      return null;
    }
    return path;
  }

  private static Block mapping(Path file, List<ConfigProblem> problems) {
    return mapping(file.toString(), ConfigSource.text(file), problems);
  }

  private static Block mapping(String source, String text, List<ConfigProblem> problems) {
    ConfigNode root = ConfigText.ofFile(source, text, problems);
    if (root instanceof Refused) {
      throw new ConfigException(problems);
    }
    if (root == null || root instanceof Scalar scalar && scalar.isNull()) {
      throw new ConfigException(
          new ConfigProblem(
              ConfigOrigin.ofFile(source),
              "the file is empty; an experiment needs at least environment.id, agent.type and"
                  + " training.agentSteps"));
    }
    if (!(root instanceof Block block)) {
      throw new ConfigException(
          new ConfigProblem(
              root.origin(),
              "an experiment is a block of keys such as \"seed: 1\", got " + root.shown()));
    }
    return block;
  }

  private static Block override(Block root, String flag, List<ConfigProblem> problems) {
    int equals = flag.indexOf('=');
    ConfigOrigin origin = new ConfigOrigin(ConfigOrigin.Kind.FLAG, flag, 1, 1, "");
    if (equals < 1) {
      problems.add(
          new ConfigProblem(
              origin, "must have the form key=value, for example training.agentSteps=20000"));
      return root;
    }
    if (flag.startsWith("base=")) {
      problems.add(new ConfigProblem(origin, "a base can be named in the file only"));
      return root;
    }
    ConfigNode value = ConfigText.ofFlag(flag, problems);
    ConfigOrigin at = new ConfigOrigin(ConfigOrigin.Kind.FLAG, flag, 1, 1, flag);
    ConfigNode node = value == null ? new Scalar("", false, at) : value;
    String[] keys = flag.substring(0, equals).strip().split("\\.", -1);
    int column = equals;
    for (int i = keys.length - 1; i > 0; i--) {
      column -= keys[i].length();
      ConfigOrigin key = new ConfigOrigin(ConfigOrigin.Kind.FLAG, flag, 1, column + 1, flag);
      node = new Block(Map.of(keys[i], new Entry(key, node)), key);
      column--;
    }
    return root.under(new Block(Map.of(keys[0], new Entry(at, node)), root.origin()));
  }
}
