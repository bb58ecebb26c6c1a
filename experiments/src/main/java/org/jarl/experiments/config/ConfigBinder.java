package org.jarl.experiments.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jarl.agents.config.Setting;
import org.jarl.agents.config.SettingException;
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
/// values, never sees a stand-in. What the constructor refuses is located by the component that its
/// [SettingException] names.
public final class ConfigBinder {

  /// One value that an experiment ends up with.
  ///
  /// @param path key with the keys around it, `agent.gamma`
  /// @param value as YAML
  /// @param meaning from the record's [Setting]
  public record Effective(String path, String value, String meaning, ConfigOrigin origin) {}

  private final ConfigTypes types;
  private final EnvironmentOptions options;
  private final List<ConfigProblem> problems;
  private final ConfigKeys keys;
  private final List<Effective> effective = new ArrayList<>();

  ConfigBinder(ConfigTypes types, EnvironmentCatalog environments, List<ConfigProblem> problems) {
    this.types = types;
    this.options = new EnvironmentOptions(this, types, environments);
    this.problems = problems;
    this.keys = new ConfigKeys(problems);
  }

  /// Notes a value that the experiment ends up with.
  void note(Effective value) {
    effective.add(value);
  }

  /// Every value in the order of the records.
  List<Effective> effective() {
    return List.copyOf(effective);
  }

  /// What a reader should know although it is no problem: keys under former names.
  List<ConfigProblem> notes() {
    return keys.notes();
  }

  /// The experiment, or null when problems were found.
  @Nullable Experiment bind(Block root) {
    return (Experiment) record(Experiment.class, root, root.origin(), "");
  }

  @Nullable Object value(Type type, ConfigNode node, ConfigOrigin key, String path) {
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
  @Nullable Object scalar(Class<?> type, ConfigNode node, String path, String hint) {
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
          ? alone(shorthand.get(), node, path, "; or give " + needed)
          : wrong(node, path, "must be " + needed);
    }
    Entry named = block.entries().get("type");
    if (named == null) {
      return problem(key, "missing key \"type\" in " + path + "; known: " + known);
    }
    String name = named.value() instanceof Scalar scalar ? scalar.text() : named.value().shown();
    Class<?> chosen = choices.get(name);
    if (chosen == null) {
      String hint = ConfigKeys.hint(name, choices.keySet());
      return problem(named.value().origin(), path + ".type \"" + name + "\" is unknown" + hint);
    }
    effective.add(new Effective(path + ".type", name, "one of: " + known, named.value().origin()));
    return record(chosen, block, key, path);
  }

  /// The record that a value stands for.
  private @Nullable Object alone(Class<?> type, ConfigNode node, String path, String hint) {
    RecordComponent only = type.getRecordComponents()[0];
    Object value = scalar(only.getType(), node, path, hint);
    if (value == null) {
      return null;
    }
    try {
      return construct(type, new Object[] {value});
    } catch (SettingException e) {
      return problem(node.origin(), path + e.demand());
    }
  }

  private @Nullable Object record(Class<?> type, Block given, ConfigOrigin key, String path) {
    RecordComponent[] components = type.getRecordComponents();
    Block block = keys.withPresentNames(components, given, path);
    Set<String> meant = keys.refuseUnknown(components, types.nameOf(type).isPresent(), block, path);
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
    try {
      return construct(type, values);
    } catch (SettingException e) {
      String name = e.component();
      return problem(placeOf(name, block, key), ConfigKeys.join(path, name) + e.demand());
    } catch (IllegalArgumentException e) {
      return problem(key, String.valueOf(e.getMessage()));
    }
  }

  private @Nullable Object component(
      RecordComponent component, Block block, ConfigOrigin key, String path) {
    Setting setting = setting(component);
    String name = component.getName();
    String at = ConfigKeys.join(path, name);
    Entry entry = block.entries().get(name);
    if (entry == null && setting.defaultValue().isEmpty()) {
      return problem(
          key, "missing key \"" + name + "\"" + ConfigKeys.within(path) + ": " + setting.meaning());
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
            ? options.value(component, node, origin(entry, node), at, block)
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
    return !EnvironmentOptions.isOptions(component)
        && (!value.getClass().isRecord() || node instanceof Scalar);
  }

  private @Nullable Object allowed(Setting setting, Object value, ConfigNode node, String path) {
    List<String> names = List.of(setting.oneOf());
    if (names.isEmpty() || names.contains(value.toString())) {
      return value;
    }
    String meant = ConfigKeys.didYouMean(Nearest.to(value.toString(), names), "");
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

  /// A new record.
  ///
  /// @throws IllegalArgumentException as its constructor does
  private static Object construct(Class<?> type, @Nullable Object[] values) {
    RecordComponent[] components = type.getRecordComponents();
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refusal) {
        throw refusal;
      }
      throw new IllegalStateException("building " + type.getName() + " failed", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be built", e);
    }
  }

  /// The value of a component, or of one in a block inside where blocks do not fit each other, as
  /// in `evaluation.actions`.
  ///
  /// @param otherwise the place of the block, where it has no such key
  private static ConfigOrigin placeOf(String component, Block block, ConfigOrigin otherwise) {
    String[] names = component.split("\\.", 2);
    Entry entry = block.entries().get(names[0]);
    if (entry == null) {
      return otherwise;
    }
    return names.length == 2 && entry.value() instanceof Block inner
        ? placeOf(names[1], inner, entry.keyOrigin())
        : entry.value().origin();
  }

  @Nullable Object wrong(ConfigNode node, String path, String rule) {
    return wrong(node, path, rule, "");
  }

  @Nullable Object wrong(ConfigNode node, String path, String rule, String hint) {
    return problem(node.origin(), path + " " + rule + ", got " + node.shown() + hint);
  }

  /// Notes a problem; the null says that there is no value.
  @Nullable Object problem(ConfigOrigin origin, String message) {
    problems.add(new ConfigProblem(origin, message));
    return null;
  }
}
