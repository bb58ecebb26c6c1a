package org.jarl.experiments.run;

import org.jarl.nn.Engine;
import org.jarl.nn.Precision;

/// Opens the device that an experiment names.
public interface EngineFactory {

  /// A new engine.
  ///
  /// @param device `cpu`, `cuda` or `nd4j`
  /// @param threads that programs may use, at least 1; results do not depend on it
  /// @param precision of products
  /// @throws UnavailableException if this machine has no such device
  Engine open(String device, int threads, Precision precision);
}
