package org.jarl.nn.cuda;

import java.util.Optional;
import org.jarl.nn.Engine;
import org.jarl.nn.EngineProvider;
import org.jarl.nn.Precision;

/// Offers the device `cuda`. Nothing native is loaded before [#open].
public final class CudaProvider implements EngineProvider {

  /// Called by `ServiceLoader`.
  public CudaProvider() {}

  @Override
  public String device() {
    return "cuda";
  }

  @Override
  public Optional<String> problem(Precision precision) {
    try {
      Precision _ = Gpu.find().choose(precision);
      return Optional.empty();
    } catch (UnsupportedOperationException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Engine open(int threads, Precision precision) {
    return new CudaEngine(threads, precision);
  }
}
