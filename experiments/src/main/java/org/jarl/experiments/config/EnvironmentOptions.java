package org.jarl.experiments.config;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jarl.env.EnvironmentProvider.Option;
import org.jarl.env.Environments;
import org.jarl.env.Nearest;
import org.jarl.experiments.config.ConfigBinder.Effective;
import org.jarl.experiments.config.ConfigNode.Block;
import org.jarl.experiments.config.ConfigNode.Entry;
import org.jarl.experiments.config.ConfigNode.Scalar;
import org.jspecify.annotations.Nullable;

/// Reads the `environment` block for [ConfigBinder]: its id must be one of the catalogue, and its
/// options are those of that environment.
final class EnvironmentOptions {
  private final ConfigBinder binder;
  private final ConfigTypes types;
  private final EnvironmentCatalog environments;

  EnvironmentOptions(ConfigBinder binder, ConfigTypes types, EnvironmentCatalog environments) {
    this.binder = binder;
    this.types = types;
    this.environments = environments;
  }

  /// Whether a component holds the options of an environment.
  static boolean isOptions(RecordComponent component) {
    return component.getDeclaringRecord() == EnvironmentConfig.class
        && component.getName().equals("options");
  }

  /// The value of one component of the block.
  ///
  /// @param key where the component's key stands
  /// @param path key with the keys around it
  /// @param block the whole `environment` block, whose id says which options there are
  /// @return null when a problem was found
  @Nullable Object value(
      RecordComponent component, ConfigNode node, ConfigOrigin key, String path, Block block) {
    if (isOptions(component)) {
      Entry id = block.entries().get("id");
      String name = id != null && id.value() instanceof Scalar scalar ? scalar.text() : "";
      return node instanceof Block options
          ? options(name, options, path)
          : binder.wrong(node, path, "must be a block of keys");
    }
    Object value = binder.value(component.getGenericType(), node, key, path);
    List<String> ids = environments.ids();
    if (component.getName().equals("id") && value != null && !ids.contains(value)) {
      String near = Nearest.to(value.toString(), ids);
      String hint = ConfigKeys.didYouMean(near, "; list what is there with: jarl envs");
      return binder.problem(node.origin(), "unknown environment \"" + value + "\"" + hint);
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
            String hint = names.isEmpty() ? "; it has none" : ConfigKeys.hint(name, names);
            binder.problem(entry.keyOrigin(), "unknown option \"" + name + "\" of " + id + hint);
          }
        });
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (Option option : options) {
      Entry entry = given.entries().get(option.name());
      if (entry != null) {
        Class<?> type = option.defaultValue().getClass();
        values.put(
            option.name(), binder.scalar(type, entry.value(), path + "." + option.name(), ""));
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
      binder.problem(given.origin(), String.valueOf(e.getMessage()));
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
      binder.note(new Effective(at, ConfigWriter.flow(value, types), option.meaning(), origin));
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
}
