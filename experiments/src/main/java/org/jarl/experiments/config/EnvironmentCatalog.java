package org.jarl.experiments.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentProvider.Option;

/// What the checker of experiment files must know of the environments that are there.
public interface EnvironmentCatalog {

  /// Every id, sorted.
  List<String> ids();

  /// The options of one environment, in the order to show them.
  ///
  /// @param id one of [#ids]
  List<Option> options(String id);

  /// Every option of an environment with the value that it will have.
  ///
  /// @param id one of [#ids]
  /// @param given values by name, names and types already checked
  default Map<String, Object> resolve(String id, Map<String, Object> given) {
    Map<String, Object> all = new LinkedHashMap<>();
    options(id).forEach(o -> all.put(o.name(), given.getOrDefault(o.name(), o.defaultValue())));
    return all;
  }
}
