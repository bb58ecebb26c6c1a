package org.jarl.env;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A family of environments that a jar brings: the SPI found through `ServiceLoader`.
///
/// Must be cheap to construct and to list: natives are touched by [#create] and [#health] alone.
public interface EnvironmentProvider {

  /// Ids that this provider creates, each `family/name-vN`.
  List<String> ids();

  /// What the environment is: the task, the observation, the actions, the reward, the end.
  ///
  /// @param id one of [#ids]
  Description describe(String id);

  /// Creates one copy.
  ///
  /// @param id one of [#ids]
  /// @param options values by name; what is absent takes its default
  /// @throws IllegalArgumentException if an option is unknown or its value impossible, naming it
  Environment create(String id, Map<String, Object> options);

  /// Every option with the value that it will have, for records of what was run. Providers whose
  /// defaults depend on other options, such as a named protocol, override this.
  ///
  /// @param id one of [#ids]
  /// @param options values by name, names and types already checked
  /// @return a value for every option of [#describe], in its order
  default Map<String, Object> resolve(String id, Map<String, Object> options) {
    Map<String, Object> all = new LinkedHashMap<>();
    for (Option option : describe(id).options()) {
      all.put(option.name(), options.getOrDefault(option.name(), option.defaultValue()));
    }
    return all;
  }

  /// What the user must bring before this environment can be created here, such as a game's ROM,
  /// and how. Must be cheap.
  ///
  /// @param id one of [#ids]
  /// @return null when nothing is missing
  default @org.jspecify.annotations.Nullable String missing(String id) {
    return null;
  }

  /// Looks at what this family needs of the machine, for `jarl doctor`. May load natives.
  default List<Health> health() {
    return List.of();
  }

  /// How people watch and play an environment. Must be cheap.
  ///
  /// @param id one of [#ids]
  /// @param options a value for every option, as [#resolve] gives them
  /// @return null to say nothing: choices then go by digits
  default @org.jspecify.annotations.Nullable Controls controls(
      String id, Map<String, Object> options) {
    return null;
  }

  /// Creates `count` copies that are stepped as one, where the provider has something faster than
  /// `count` single ones. It must agree with them bit for bit.
  ///
  /// @return null when there is nothing faster
  default @org.jspecify.annotations.Nullable VectorEnvironment createBatch(
      String id, Map<String, Object> options, int count) {
    return null;
  }

  /// What a user sees of an environment.
  ///
  /// @param summary one sentence
  /// @param details the task, observation, actions, reward and end, in plain text lines
  /// @param options what can be set, in the order to show it
  record Description(String summary, String details, List<Option> options) {
    public Description {
      options = List.copyOf(options);
    }
  }

  /// One thing that a family of environments needs of the machine.
  ///
  /// @param name what was looked at, one or two words
  /// @param text what was found
  /// @param remedy how to fix it; null when all is well
  /// @param optional whether the family works without
  record Health(
      String name,
      String text,
      @org.jspecify.annotations.Nullable String remedy,
      boolean optional) {}

  /// One setting of an environment.
  ///
  /// @param name key under `environment.options` in a config
  /// @param defaultValue a Boolean, Integer, Double or String; its class is the option's type
  /// @param meaning one line, with unit and range
  record Option(String name, Object defaultValue, String meaning) {}
}
