package org.jarl.env;

import java.util.List;
import java.util.Map;

/// A family of environments that a jar brings: the SPI found through `ServiceLoader`.
///
/// Must be cheap to construct and to list: natives and files are touched by [#create] alone.
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

  /// One setting of an environment.
  ///
  /// @param name key under `environment.options` in a config
  /// @param defaultValue a Boolean, Integer, Double or String; its class is the option's type
  /// @param meaning one line, with unit and range
  record Option(String name, Object defaultValue, String meaning) {}
}
