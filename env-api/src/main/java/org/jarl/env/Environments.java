package org.jarl.env;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jarl.env.EnvironmentProvider.Description;
import org.jarl.env.EnvironmentProvider.Health;
import org.jarl.env.EnvironmentProvider.Option;
import org.jspecify.annotations.Nullable;

/// Every environment that can be created here: those on the class path, and those of plug-in jars.
///
/// A plug-in that is broken is listed in [#problems] and does not stop the others. Closing this
/// closes the class loaders of the plug-ins: close what was created from it before. Not
/// thread-safe.
public final class Environments implements AutoCloseable {
  /// The option that every environment has: steps after which its episodes are cut, at most its own
  /// limit. Where an environment declares an option of this name itself, that one is meant.
  public static final String TIME_LIMIT = "timeLimit";

  private static final Pattern ID =
      Pattern.compile("([a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*)-v([0-9]{1,6})");

  /// A `ServiceLoader` that made no progress after this many errors never will.
  private static final int MAX_ERRORS = 1_000;

  private final Map<String, Entry> entries = new TreeMap<>();
  private final List<Problem> problems = new ArrayList<>();
  private final List<Plugin> plugins = new ArrayList<>();

  /// @param plugin the jar that it comes from; null for the class path and for programs
  private record Entry(EnvironmentProvider provider, String source, @Nullable Plugin plugin) {

    /// Makes a call that must be cheap; see [#done].
    <T> @Nullable T asked(String id, String method, Supplier<@Nullable T> call) {
      return called(id, method, call, plugin != null);
    }

    /// Makes a call that must be cheap and answer something; see [#done].
    <T> T answered(String id, String method, Supplier<@Nullable T> call) {
      T answer = asked(id, method, call);
      if (answer == null) {
        throw failed(id, method + " returned null", null);
      }
      return answer;
    }

    /// Makes a call that may take its time. What the provider says of options and of what is
    /// missing passes, everything else is its fault.
    <T> @Nullable T done(String id, String method, Supplier<@Nullable T> call) {
      return called(id, method, call, false);
    }

    private <T> @Nullable T called(
        String id, String method, Supplier<@Nullable T> call, boolean inTime) {
      try {
        return inTime ? Plugin.inTime(call) : call.get();
      } catch (IllegalArgumentException | EnvironmentUnavailableException e) {
        throw e;
      } catch (Throwable e) {
        throw failed(id, method + " threw " + Printable.of(e), e);
      }
    }

    IllegalStateException failed(String id, String problem, @Nullable Throwable cause) {
      String from = plugin == null ? "" : " of " + source;
      return new IllegalStateException(
          "the provider of \"%s\"%s failed: %s".formatted(id, from, problem), cause);
    }
  }

  /// Something that could not be used.
  ///
  /// @param source the jar, folder or part of the class path
  /// @param message what is wrong with it
  public record Problem(String source, String message) {
    @Override
    public String toString() {
      return source + ": " + message;
    }
  }

  private Environments() {}

  /// Looks through the class path, then through the jars of each folder by name.
  ///
  /// @param pluginFolders folders that must exist; jars in folders below them are not looked at
  public static Environments discover(List<Path> pluginFolders) {
    Environments found = new Environments();
    ClassLoader ours = EnvironmentProvider.class.getClassLoader();
    found.registerAll("class path", ours, null);
    for (Path folder : pluginFolders) {
      for (Path jar : found.jarsIn(folder)) {
        try {
          Plugin plugin = Plugin.open(jar, ours);
          found.plugins.add(plugin);
          found.registerAll(plugin);
        } catch (IOException e) {
          found.problem(jar.toString(), String.valueOf(e.getMessage()));
        }
      }
    }
    return found;
  }

  private List<Path> jarsIn(Path folder) {
    if (!Files.isDirectory(folder)) {
      problem(folder.toString(), "there is no such plug-in folder");
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
      files.forEach(found::add);
    } catch (IOException e) {
      problem(folder.toString(), "the plug-in folder cannot be read: " + e.getMessage());
    }
    Collections.sort(found);
    return found;
  }

  private void problem(String source, String message) {
    problems.add(new Problem(Printable.line(source), Printable.lines(message)));
  }

  /// Takes what a jar offers; nothing of it where it takes too long to say so.
  private void registerAll(Plugin plugin) {
    String source = plugin.jar().toString();
    Environments offered = new Environments();
    try {
      Plugin.inTime(() -> {
        offered.registerAll(source, plugin.loader(), plugin);
        return null;
      });
    } catch (Throwable e) {
      problem(source, "its EnvironmentProvider cannot be loaded: " + Printable.of(e));
      return;
    }
    problems.addAll(offered.problems);
    offered.entries.forEach((id, entry) -> register(id, entry));
  }

  private void registerAll(String source, ClassLoader loader, @Nullable Plugin plugin) {
    Iterator<ServiceLoader.Provider<EnvironmentProvider>> providers =
        ServiceLoader.load(EnvironmentProvider.class, loader).stream().iterator();
    int found = 0;
    int errors = 0;
    while (errors < MAX_ERRORS) {
      try {
        if (!providers.hasNext()) {
          break;
        }
        EnvironmentProvider provider = providers.next().get();
        register(plugin == null ? locationOf(provider) : source, provider, plugin);
        found++;
      } catch (ServiceConfigurationError e) {
        errors++;
        Throwable cause = e.getCause();
        problem(source, e.getMessage() + (cause == null ? "" : ": " + Printable.of(cause)));
      } catch (Throwable e) {
        errors++;
        problem(source, "its EnvironmentProvider cannot be loaded: " + Printable.of(e));
      }
    }
    if (plugin != null && found + errors == 0) {
      problem(source, "its " + Plugin.SERVICE_FILE + " lists no class of the jar");
    }
  }

  private static String locationOf(EnvironmentProvider provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    return source == null || source.getLocation() == null
        ? "class path"
        : source.getLocation().getPath();
  }

  private void register(String source, EnvironmentProvider provider, @Nullable Plugin plugin) {
    String name = provider.getClass().getName();
    List<String> ids;
    try {
      ids = List.copyOf(provider.ids());
    } catch (Throwable e) {
      problem(source, name + ".ids() threw " + Printable.of(e));
      return;
    }
    for (String id : ids) {
      if (isId(id)) {
        register(id, new Entry(provider, source, plugin));
      } else {
        problem(source, name + ": " + idRule(id));
      }
    }
  }

  private void register(String id, Entry entry) {
    Entry present = entries.putIfAbsent(id, entry);
    if (present != null) {
      problem(
          entry.source(),
          "%s: environment \"%s\" is already there, from %s of %s; this one is not used"
              .formatted(
                  entry.provider().getClass().getName(),
                  id,
                  present.provider().getClass().getName(),
                  present.source()));
    }
  }

  /// Whether a text has the form of an id; see [#idRule].
  public static boolean isId(String id) {
    return ID.matcher(id).matches();
  }

  /// The rule for ids as a sentence that ends with the given text, for messages.
  public static String idRule(String id) {
    return "an id must be family/name-vN in lower case, like gridworld/maze-v0, got \""
        + Printable.line(id)
        + "\"";
  }

  /// Adds the environments of a provider that a program makes itself.
  ///
  /// @throws IllegalArgumentException if an id is not one, or is there already; none is added then
  public void add(EnvironmentProvider provider) {
    for (String id : provider.ids()) {
      Entry present = entries.get(id);
      if (!isId(id)) {
        throw new IllegalArgumentException(idRule(id));
      }
      if (present != null) {
        throw new IllegalArgumentException(
            "environment \"%s\" is already there, from %s; give another id"
                .formatted(id, present.source()));
      }
    }
    provider.ids().forEach(id -> entries.put(id, new Entry(provider, "this program", null)));
  }

  /// What could not be used, in the order found; empty when all is well.
  public List<Problem> problems() {
    return Collections.unmodifiableList(problems);
  }

  /// Every id, sorted.
  public List<String> ids() {
    return List.copyOf(entries.keySet());
  }

  /// The jar or part of the class path that an environment comes from.
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  public String source(String id) {
    return entry(id).source();
  }

  /// The plug-in jar that an environment comes from; null for one that no jar of plug-ins brings.
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  public @Nullable Path jar(String id) {
    Plugin plugin = entry(id).plugin();
    return plugin == null ? null : plugin.jar();
  }

  /// What an environment is and which options it has.
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  /// @throws IllegalStateException if the provider fails
  public Description describe(String id) {
    Entry entry = entry(id);
    Description said = entry.answered(id, "describe", () -> entry.provider().describe(id));
    List<Option> options = new ArrayList<>();
    for (Option option : said.options()) {
      if (option.name() == null || option.defaultValue() == null) {
        throw entry.failed(id, "describe returned an option without a name or a default", null);
      }
      if (!isOptionValue(option.defaultValue())) {
        throw entry.failed(
            id,
            "describe returned option \"%s\" with a default of %s; it must be a number, a boolean, a text or an enum"
                .formatted(
                    Printable.line(option.name()), option.defaultValue().getClass().getName()),
            null);
      }
      Object value =
          option.defaultValue() instanceof String text
              ? Printable.line(text)
              : option.defaultValue();
      options.add(
          new Option(Printable.line(option.name()), value, Printable.line(option.meaning())));
    }
    return new Description(
        Printable.line(said.summary()), Printable.lines(said.details()), options);
  }

  private static boolean isOptionValue(Object value) {
    return value instanceof Integer
        || value instanceof Long
        || value instanceof Float
        || value instanceof Double
        || value instanceof Boolean
        || value instanceof String
        || value instanceof Enum<?>;
  }

  /// Every option of an environment with the value that it will have; see
  /// [EnvironmentProvider#resolve].
  ///
  /// @throws IllegalArgumentException if there is no such environment, or an option is wrong
  /// @throws IllegalStateException if the provider fails
  public Map<String, Object> resolve(String id, Map<String, Object> options) {
    Entry entry = entry(id);
    Map<String, Object> all =
        entry.answered(id, "resolve", () -> entry.provider().resolve(id, options));
    for (Option option : describe(id).options()) {
      Object value = all.get(option.name());
      if (value == null || value.getClass() != option.defaultValue().getClass()) {
        throw entry.failed(
            id,
            "resolve gave %s for option \"%s\", whose default is %s"
                .formatted(Printable.of(value), option.name(), option.defaultValue()),
            null);
      }
    }
    return all;
  }

  /// What the user must bring before an environment can be created here; null when nothing is
  /// missing. See [EnvironmentProvider#missing].
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  public @Nullable String missing(String id) {
    Entry entry = entry(id);
    String missing = entry.asked(id, "missing", () -> entry.provider().missing(id));
    return missing == null ? null : Printable.lines(missing);
  }

  /// How people watch and play an environment; see [EnvironmentProvider#controls].
  ///
  /// @param options as for [#create]
  /// @param actions of the environment, which the provider's word must fit
  /// @throws IllegalArgumentException if there is no such environment, or an option is wrong
  /// @throws IllegalStateException if the provider fails, or says what does not fit its actions
  public Controls controls(String id, Map<String, Object> options, Space actions) {
    Entry entry = entry(id);
    EnvironmentProvider provider = entry.provider();
    Map<String, Object> own = new LinkedHashMap<>(options);
    int _ = takeTimeLimit(id, own);
    Controls controls =
        entry.asked(id, "controls", () -> provider.controls(id, provider.resolve(id, own)));
    if (controls == null) {
      return Controls.unknown(actions);
    }
    if (!controls.fits(actions)) {
      throw new IllegalStateException(
          "the controls of \"%s\" do not fit its actions %s: %s".formatted(id, actions, controls));
    }
    return controls;
  }

  /// What every family needs of this machine.
  public List<Health> health() {
    Map<EnvironmentProvider, Entry> providers = new LinkedHashMap<>();
    entries.values().forEach(entry -> providers.putIfAbsent(entry.provider(), entry));
    List<Health> all = new ArrayList<>();
    for (Entry entry : providers.values()) {
      String name = entry.provider().getClass().getSimpleName();
      try {
        List<Health> own =
            entry.plugin() == null
                ? entry.provider().health()
                : Plugin.inTime(() -> entry.provider().health());
        for (Health health : List.copyOf(own)) {
          String remedy = health.remedy();
          all.add(
              new Health(
                  Printable.line(health.name()),
                  Printable.line(health.text()),
                  remedy == null ? null : Printable.line(remedy),
                  health.optional()));
        }
      } catch (Throwable e) {
        all.add(new Health(name, "health() threw " + Printable.of(e), "fix the plug-in", false));
      }
    }
    return all;
  }

  /// Creates one copy.
  ///
  /// @param options values by name; what is absent takes its default. See [#TIME_LIMIT]
  /// @throws IllegalArgumentException if there is no such environment, or an option is wrong
  /// @throws IllegalStateException if the provider fails
  /// @throws EnvironmentUnavailableException if something is missing here that the user must bring
  public Environment create(String id, Map<String, Object> options) {
    Entry entry = available(id);
    Map<String, Object> own = new LinkedHashMap<>(options);
    int limit = takeTimeLimit(id, own);
    return createChecked(id, entry, own, limit);
  }

  private Environment createChecked(String id, Entry entry, Map<String, Object> own, int limit) {
    Environment environment = entry.done(id, "create", () -> entry.provider().create(id, own));
    if (environment == null) {
      throw entry.failed(id, "create returned null", null);
    }
    if (limit == 0) {
      return environment;
    }
    try {
      return new TimeLimit(environment, limit);
    } catch (IllegalArgumentException e) {
      environment.close();
      throw new IllegalArgumentException(
          "option \"" + TIME_LIMIT + "\" of \"" + id + "\": " + e.getMessage(), e);
    }
  }

  /// Creates `count` copies to step together: as the provider's own batch where it has one, else
  /// single simulators on threads. Results do not depend on which, nor on `threads`.
  ///
  /// @param options values by name; what is absent takes its default. See [#TIME_LIMIT]
  /// @param threads at most this many step, the caller included
  /// @throws IllegalArgumentException if there is no such environment, an option is wrong, or a
  ///   number is not positive
  /// @throws IllegalStateException if the provider fails
  /// @throws EnvironmentUnavailableException if something is missing here that the user must bring
  public VectorEnvironment createVector(
      String id, Map<String, Object> options, int count, int threads) {
    Entry entry = available(id);
    Map<String, Object> own = new LinkedHashMap<>(options);
    int limit = takeTimeLimit(id, own);
    if (count < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "count and threads must be at least 1, got %d and %d".formatted(count, threads));
    }
    // A batch resets its copies by itself, so only single simulators can be cut earlier.
    VectorEnvironment batch = limit == 0 ? createBatch(id, entry, own, count) : null;
    return batch != null
        ? batch
        : new ThreadedVectorEnvironment(
            id, () -> createChecked(id, entry, own, limit), count, threads);
  }

  private static @Nullable VectorEnvironment createBatch(
      String id, Entry entry, Map<String, Object> own, int count) {
    return entry.done(
        id,
        "createBatch",
        () -> {
          VectorEnvironment batch = entry.provider().createBatch(id, own, count);
          return batch == null || entry.plugin() == null
              ? batch
              : new Plugin.Batch(id, batch, count);
        });
  }

  /// Checks all options, takes the one that is ours and leaves those that are the provider's.
  private int takeTimeLimit(String id, Map<String, Object> options) {
    List<Option> declared = describe(id).options();
    boolean theirs = declared.stream().anyMatch(option -> option.name().equals(TIME_LIMIT));
    List<Option> all = new ArrayList<>(declared);
    if (!theirs) {
      all.add(new Option(TIME_LIMIT, 0, "steps after which episodes are cut"));
    }
    Options checked = Options.of(id, options, all);
    boolean given = !theirs && options.remove(TIME_LIMIT) != null;
    return given ? checked.integer(TIME_LIMIT, 1, Integer.MAX_VALUE) : 0;
  }

  /// Who creates an environment.
  ///
  /// @throws IllegalArgumentException if there is no such environment, naming the nearest
  public EnvironmentProvider provider(String id) {
    return entry(id).provider();
  }

  private Entry available(String id) {
    String missing = missing(id);
    if (missing != null) {
      throw new EnvironmentUnavailableException(missing);
    }
    return entry(id);
  }

  private Entry entry(String id) {
    Entry entry = entries.get(id);
    if (entry == null) {
      throw new IllegalArgumentException(unknown(id));
    }
    return entry;
  }

  /// Whether nothing is missing of an environment, as far as its provider can say it.
  private boolean isHere(String id) {
    try {
      return missing(id) == null;
    } catch (IllegalArgumentException | IllegalStateException | EnvironmentUnavailableException _) {
      return false;
    }
  }

  private String unknown(String id) {
    String suggestion = suggestion(id);
    StringBuilder text = new StringBuilder("Unknown environment \"" + Printable.line(id) + "\".");
    if (suggestion != null) {
      text.append(" Did you mean \"").append(suggestion).append("\"?");
    }
    text.append(" Registered: ").append(entries.keySet().stream().filter(this::isHere).toList());
    text.append(". A plug-in jar must list its EnvironmentProvider in META-INF/services.");
    for (Problem problem : problems) {
      text.append("\nNot loaded: ").append(problem);
    }
    return text.toString();
  }

  /// The newest version of the same name, else the nearest id, else the nearest name of any family.
  private @Nullable String suggestion(String id) {
    Matcher asked = ID.matcher(id);
    if (asked.matches()) {
      String newest = null;
      int newestVersion = -1;
      for (String candidate : entries.keySet()) {
        Matcher matcher = ID.matcher(candidate);
        if (matcher.matches()
            && asked.group(1).equals(matcher.group(1))
            && Integer.parseInt(matcher.group(2)) > newestVersion) {
          newest = candidate;
          newestVersion = Integer.parseInt(matcher.group(2));
        }
      }
      if (newest != null) {
        return newest;
      }
    }
    String nearest = Nearest.to(id, entries.keySet());
    if (nearest != null) {
      return nearest;
    }
    Map<String, String> byName = new TreeMap<>();
    entries.keySet().forEach(full -> byName.putIfAbsent(nameOf(full), full));
    String name = Nearest.to(nameOf(id), byName.keySet());
    return name == null ? null : byName.get(name);
  }

  private static String nameOf(String id) {
    return id.substring(id.indexOf('/') + 1);
  }

  /// Closes the class loaders of the plug-ins.
  @Override
  public void close() {
    for (Plugin plugin : plugins) {
      try {
        plugin.close();
      } catch (IOException e) {
        problem(plugin.jar().toString(), "cannot be closed: " + e.getMessage());
      }
    }
    plugins.clear();
  }

  /// Takes the place of `System.exit` in the code of plug-ins; of no other use.
  ///
  /// @throws IllegalStateException always
  @SuppressWarnings("DoNotCallSuggester") // only rewritten code calls it
  public static void refuseExit(int status) {
    throw new IllegalStateException(
        "a plug-in must not end the JVM, it called exit or halt with " + status);
  }

  /// Takes the place of `Runtime.exit` and `Runtime.halt` in the code of plug-ins; of no other use.
  ///
  /// @throws IllegalStateException always
  @SuppressWarnings("DoNotCallSuggester") // only rewritten code calls it
  public static void refuseExit(Runtime runtime, int status) {
    refuseExit(status);
  }
}
