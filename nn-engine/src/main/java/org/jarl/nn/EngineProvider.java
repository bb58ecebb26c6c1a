package org.jarl.nn;

import java.util.Optional;

/// A back end that a jar brings: found through `ServiceLoader`. Listing providers loads no native
/// library.
public interface EngineProvider {

  /// Name to choose it by, for example `nd4j`.
  String device();

  /// Why the device cannot be used on this machine, in one line; empty where it can, as far as can
  /// be told without opening it.
  ///
  /// @param precision that is wanted
  default Optional<String> problem(Precision precision) {
    return precision.problem(device());
  }

  /// Opens the device.
  ///
  /// @param threads for the part that runs on the processor
  /// @param precision of products
  /// @throws UnsupportedOperationException if it cannot be used here, or not with that precision,
  ///   saying why
  Engine open(int threads, Precision precision);
}
