package org.jarl.experiments;

import java.util.List;
import org.jarl.env.EnvironmentProvider.Option;

/// What the checker of experiment files must know of the environments that are there.
interface EnvironmentCatalog {

  /// Every id, sorted.
  List<String> ids();

  /// The options of one environment, in the order to show them.
  ///
  /// @param id one of [#ids]
  List<Option> options(String id);
}
