package org.jarl.experiments.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jarl.agents.Setting;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.Environments;
import org.jarl.env.Nearest;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jarl.experiments.config.ConfigNode.Refused;
import org.jarl.experiments.config.ConfigNode.Scalar;
import org.jarl.experiments.config.ConfigNode.Sequence;
import org.jspecify.annotations.Nullable;

/// Makes records of what a file says, and finds all that is wrong with it in one pass.
///
/// A record is built only when all its components are right, so its constructor, which checks the
/// values, never sees a stand-in. What the constructor refuses is located by the key that its
/// message begins with.
public final class ConfigBinder {

  /// One value that an experiment ends up with.
  ///
  /// @param path key with the keys around it, `agent.gamma`
  /// @param value as YAML
  /// @param meaning from the record's [Setting]
  public record Effective(String path, String value, String meaning, ConfigOrigin origin) {}

  private final ConfigTypes types;
  private final EnvironmentCatalog environments;
  private final List<ConfigProblem> problems;
  private final List<Effective> effective = new ArrayList<>();

  ConfigBinder(ConfigTypes types, EnvironmentCatalog environments, List<ConfigProblem> problems) {
    this.types = types;
    this.environments = environments;
    this.problems = problems;
  }

  /// Every value in the order of the records.
  List<Effective> effective() {
    return List.copyOf(effective);
  }

  /// The experiment, or null when problems were found.
  @Nullable Experiment bind(Block root) {
    return (Experiment) record(Experiment.class, root, root.origin(), "");
  }

  private @Nullable Object value(Type type, ConfigNode node, ConfigOrigin key, String path) {
    if (node instanceof Refused) {
      return null;
    }
    if (!types.choices(type).isEmpty()) {
      return choice(type, node, key, path);
    }
    if (type instanceof ParameterizedType list && list.getRawType() == List.class) {
      return list(list.getActualTypeArguments()[0], node, path);
    }
    Class<?> raw = type instanceof Class<?> known ? known : Map.class;
    if (raw.isRecord()) {
      return node instanceof Block block
          ? record(raw, block, key, path)
          : wrong(node, path, "must be a block of keys");
    }
    if (!ConfigScalars.knows(raw)) {
      throw new IllegalStateException(path + " has the type " + type + ", which no file can give");
    }
    return scalar(raw, node, path, "");
  }

  /// @param hint what a refusal ends with
  private @Nullable Object scalar(Class<?> type, ConfigNode node, String path, String hint) {
    if (!(node instanceof Scalar scalar)) {
      return wrong(node, path, "must be " + ConfigScalars.noun(type), hint);
    }
    try {
      return ConfigScalars.read(type, scalar);
    } catch (ConfigScalars.Refusal refusal) {
      return problem(node.origin(), path + " " + refusal.getMessage() + hint);
    }
  }

  private @Nullable Object list(Type item, ConfigNode node, String path) {
    if (!(node instanceof Sequence sequence)) {
      return wrong(node, path, "must be a list such as [ ]");
    }
    List<@Nullable Object> values = new ArrayList<>();
    for (int i = 0; i < sequence.items().size(); i++) {
      ConfigNode entry = sequence.items().get(i);
      values.add(value(item, entry, entry.origin(), path + "[" + i + "]"));
    }
    return values.contains(null) ? null : values;
  }

  private @Nullable Object choice(Type type, ConfigNode node, ConfigOrigin key, String path) {
    Map<String, Class<?>> choices = types.choices(type);
    String known = String.join(", ", choices.keySet());
    if (!(node instanceof Block block)) {
      String needed = "a block with a type (" + known + ")";
      Optional<Class<?>> shorthand = types.shorthand(type);
      return shorthand.isPresent()
          ? alone(shorthand.get(), node, key, path, "; or give " + needed)
          : wrong(node, path, "must be " + needed);
    }
    Entry named = block.entries().get("type");
    if (named == null) {
      return problem(key, "missing key \"type\" in " + path + "; known: " + known);
    }
    String name = named.value() instanceof Scalar scalar ? scalar.text() : named.value().shown();
    Class<?> chosen = choices.get(name);
    if (chosen == null) {
      String hint = hint(name, choices.keySet());
      return problem(named.value().origin(), path + ".type \"" + name + "\" is unknown" + hint);
    }
    effective.add(new Effective(path + ".type", name, "one of: " + known, named.value().origin()));
    return record(chosen, block, key, path);
  }

  /// The record that a value stands for.
  private @Nullable Object alone(
      Class<?> type, ConfigNode node, ConfigOrigin key, String path, String hint) {
    RecordComponent only = type.getRecordComponents()[0];
    Object value = scalar(only.getType(), node, path, hint);
    Block block = new Block(Map.of(only.getName(), new Entry(key, node)), node.origin());
    return value == null ? null : construct(type, new Object[] {value}, block, key);
  }

  private @Nullable Object record(Class<?> type, Block block, ConfigOrigin key, String path) {
    RecordComponent[] components = type.getRecordComponents();
    Set<String> meant = refuseUnknownKeys(components, types.nameOf(type).isPresent(), block, path);
    @Nullable Object[] values = new @Nullable Object[components.length];
    for (int i = 0; i < components.length; i++) {
      boolean misspelt =
          meant.contains(components[i].getName())
              && !block.entries().containsKey(components[i].getName());
      values[i] = misspelt ? null : component(components[i], block, key, path);
    }
    if (Arrays.asList(values).contains(null)) {
      return null;
    }
    return construct(type, values, block, key);
  }

  /// Names that the unknown keys were probably meant to be: those are not missing as well.
  private Set<String> refuseUnknownKeys(
      RecordComponent[] components, boolean typed, Block block, String path) {
    Set<String> known = new LinkedHashSet<>();
    if (typed) {
      known.add("type");
    }
    Arrays.stream(components).map(RecordComponent::getName).forEach(known::add);
    if (path.isEmpty()) {
      known.add("base");
    }
    Set<String> meant = new LinkedHashSet<>();
    block
        .entries()
        .forEach((name, entry) -> {
          if (!known.contains(name)) {
            String near = Nearest.to(name, known);
            if (near != null) {
              meant.add(near);
            }
            String hint = hint(name, known);
            problem(entry.keyOrigin(), "unknown key \"" + name + "\"" + within(path) + hint);
          }
        });
    return meant;
  }

  /// `; did you mean "gamma"?`, or the known names where nothing is near.
  private static String hint(String wrong, Collection<String> known) {
    return didYouMean(Nearest.to(wrong, known), "; known: " + String.join(", ", known));
  }

  private static String didYouMean(@Nullable String near, String otherwise) {
    return near == null ? otherwise : "; did you mean \"" + near + "\"?";
  }

  private static String within(String path) {
    return path.isEmpty() ? "" : " in " + path;
  }

  private @Nullable Object component(
      RecordComponent component, Block block, ConfigOrigin key, String path) {
    Setting setting = setting(component);
    String name = component.getName();
    String at = path.isEmpty() ? name : path + "." + name;
    Entry entry = block.entries().get(name);
    if (entry == null && setting.defaultValue().isEmpty()) {
      return problem(key, "missing key \"" + name + "\"" + within(path) + ": " + setting.meaning());
    }
    ConfigNode node = entry == null ? ConfigText.ofDefault(setting.defaultValue()) : entry.value();
    if (node instanceof Scalar scalar && scalar.isNull()) {
      String rest =
          setting.defaultValue().isEmpty()
              ? "give one"
              : "give one, or delete the key for the default " + setting.defaultValue();
      return problem(node.origin(), at + " has no value; " + rest);
    }
    Object value =
        component.getDeclaringRecord() == EnvironmentConfig.class
            ? environmentValue(component, node, at, block)
            : value(component.getGenericType(), node, origin(entry, node), at);
    if (value != null && isLeaf(component, value, node)) {
      effective.add(
          new Effective(at, ConfigWriter.flow(value, types), setting.meaning(), node.origin()));
    }
    return value == null ? null : allowed(setting, value, node, at);
  }

  private static ConfigOrigin origin(@Nullable Entry entry, ConfigNode node) {
    return entry == null ? node.origin() : entry.keyOrigin();
  }

  private static boolean isLeaf(RecordComponent component, Object value, ConfigNode node) {
    boolean options =
        component.getDeclaringRecord() == EnvironmentConfig.class
            && component.getName().equals("options");
    return !options && (!value.getClass().isRecord() || node instanceof Scalar);
  }

  private @Nullable Object allowed(Setting setting, Object value, ConfigNode node, String path) {
    List<String> names = List.of(setting.oneOf());
    if (names.isEmpty() || names.contains(value.toString())) {
      return value;
    }
    String meant = didYouMean(Nearest.to(value.toString(), names), "");
    return problem(node.origin(), path + " must be one of " + names + ", got " + value + meant);
  }

  /// What is said about a component.
  ///
  /// @throws IllegalStateException if nothing is, a fault of the record
  static Setting setting(RecordComponent component) {
    Setting setting = component.getAnnotation(Setting.class);
    if (setting == null) {
      throw new IllegalStateException(
          component.getDeclaringRecord().getName()
              + "."
              + component.getName()
              + " has no @Setting: say what it means");
    }
    return setting;
  }

  private @Nullable Object construct(
      Class<?> type, @Nullable Object[] values, Block block, ConfigOrigin key) {
    RecordComponent[] components = type.getRecordComponents();
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (!(e.getCause() instanceof IllegalArgumentException refusal)) {
        throw new IllegalStateException("building " + type.getName() + " failed", e.getCause());
      }
      String message = Objects.requireNonNullElse(refusal.getMessage(), "not possible");
      return problem(placeOf(message.split(" ", 2)[0], block, key), message);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be built", e);
    }
  }

  /// The value of the key that a message begins with, as in `dqn.batchSize must be ...` or, where
  /// blocks do not fit each other, `evaluation.actions must be ...`.
  ///
  /// @param path the key; its first name may be that of the block itself
  /// @param otherwise the place of the block, where it has no such key
  private static ConfigOrigin placeOf(String path, Block block, ConfigOrigin otherwise) {
    String[] names = path.split("\\.", 2);
    Entry entry = block.entries().get(names[0]);
    if (entry == null) {
      return names.length == 1 ? otherwise : placeOf(names[1], block, otherwise);
    }
    return names.length == 2 && entry.value() instanceof Block inner
        ? placeOf(names[1], inner, otherwise)
        : entry.value().origin();
  }

  private @Nullable Object environmentValue(
      RecordComponent component, ConfigNode node, String path, Block block) {
    if (component.getName().equals("options")) {
      Entry id = block.entries().get("id");
      String name = id != null && id.value() instanceof Scalar scalar ? scalar.text() : "";
      return node instanceof Block options
          ? options(name, options, path)
          : wrong(node, path, "must be a block of keys");
    }
    Object value =
        value(
            component.getGenericType(),
            node,
            origin(block.entries().get(component.getName()), node),
            path);
    List<String> ids = environments.ids();
    if (component.getName().equals("id") && value != null && !ids.contains(value)) {
      String near = Nearest.to(value.toString(), ids);
      String hint = didYouMean(near, "; list what is there with: jarl envs");
      return problem(node.origin(), "unknown environment \"" + value + "\"" + hint);
    }
    return value;
  }

  /// A value for every option of the environment; an unknown environment has a problem already.
  private @Nullable Map<String, Object> options(String id, Block given, String path) {
    if (!environments.ids().contains(id)) {
      return Map.of();
    }
    List<Option> options = options(id, given);
    List<String> names = options.stream().map(Option::name).toList();
    given
        .entries()
        .forEach((name, entry) -> {
          if (!names.contains(name)) {
            String hint = names.isEmpty() ? "; it has none" : hint(name, names);
            problem(entry.keyOrigin(), "unknown option \"" + name + "\" of " + id + hint);
          }
        });
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Option option : options) {
      Entry entry = given.entries().get(option.name());
      if (entry != null) {
        Class<?> type = option.defaultValue().getClass();
        values.put(option.name(), scalar(type, entry.value(), path + "." + option.name(), ""));
      }
    }
    if (values.containsValue(null)) {
      return null;
    }
    Map<String, Object> all = resolve(id, nonNull(values), given);
    options.forEach(option -> note(option, all, given, path));
    return all;
  }

  /// The values given, and those that follow from them; a value that the environment refuses is a
  /// problem of its place.
  private Map<String, Object> resolve(String id, Map<String, Object> values, Block given) {
    try {
      Map<String, Object> all = new LinkedHashMap<>(environments.resolve(id, values));
      values.forEach(all::putIfAbsent);
      return all;
    } catch (IllegalArgumentException e) {
      problem(given.origin(), String.valueOf(e.getMessage()));
      return values;
    }
  }

  private void note(Option option, Map<String, Object> values, Block given, String path) {
    Object value = values.get(option.name());
    if (value != null) {
      Entry entry = given.entries().get(option.name());
      ConfigOrigin origin =
          entry == null
              ? new ConfigOrigin(ConfigOrigin.Kind.DEFAULT, "environment", 1, 1, "")
              : entry.value().origin();
      String at = path + "." + option.name();
      effective.add(new Effective(at, ConfigWriter.flow(value, types), option.meaning(), origin));
    }
  }

  /// Those of the environment, and the one that every environment has where the file gives it.
  private List<Option> options(String id, Block given) {
    List<Option> options = new ArrayList<>(environments.options(id));
    boolean theirs = options.stream().anyMatch(o -> o.name().equals(Environments.TIME_LIMIT));
    if (!theirs && given.entries().containsKey(Environments.TIME_LIMIT)) {
      options.add(
          new Option(Environments.TIME_LIMIT, 0, "agent steps after which episodes are cut"));
    }
    return options;
  }

  private static Map<String, Object> nonNull(Map<String, @Nullable Object> values) {
    Map<String, Object> all = new LinkedHashMap<>();
    values.forEach((name, value) -> all.put(name, Objects.requireNonNull(value)));
    return all;
  }

  private @Nullable Object wrong(ConfigNode node, String path, String rule) {
    return wrong(node, path, rule, "");
  }

  private @Nullable Object wrong(ConfigNode node, String path, String rule, String hint) {
    return problem(node.origin(), path + " " + rule + ", got " + node.shown() + hint);
  }

  /// Notes a problem; the null says that there is no value.
  private @Nullable Object problem(ConfigOrigin origin, String message) {
    problems.add(new ConfigProblem(origin, message));
    return null;
  }
}
