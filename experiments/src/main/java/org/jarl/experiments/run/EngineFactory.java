package org.jarl.experiments.run;

import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.Device;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Precision;

/// Opens the device that an experiment names.
public interface EngineFactory {

  /// The devices whose back ends are on the class path.
  EngineFactory INSTALLED = EngineFactory::openInstalled;

  /// A new engine.
  ///
  /// @param device `cpu`, `cuda` or `nd4j`
  /// @param threads that programs may use, at least 1; results do not depend on it
  /// @param precision of products
  /// @throws UnavailableException if this machine has no such device
  Engine open(String device, int threads, Precision precision);

  private static Engine openInstalled(String device, int threads, Precision precision) {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new UnavailableException(
          "Jarl computes with the JVM's vector module, and this JVM was started without it; start"
              + " it with: java --add-modules jdk.incubator.vector"
              + " --enable-native-access=ALL-UNNAMED");
    }
    try {
      return Engines.open(device, threads, precision);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()), e);
    } catch (UnsupportedOperationException | LinkageError e) {
      throw new UnavailableException(Device.unusable(device, String.valueOf(e.getMessage())), e);
    }
  }
}
