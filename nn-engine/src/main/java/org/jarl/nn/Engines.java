package org.jarl.nn;

import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jarl.nn.cpu.CpuEngine;

/// Opens engines by device name.
public final class Engines {
  private Engines() {}

  /// Devices that can be asked for; not all need to work on this machine.
  public static List<String> devices() {
    SortedMap<String, EngineProvider> providers = providers();
    return List.copyOf(providers.keySet());
  }

  /// Opens a device with its default precision.
  ///
  /// @see #open(String, int, Precision)
  public static Engine open(String device, int threads) {
    return open(device, threads, Precision.AUTO);
  }

  /// Opens a device.
  ///
  /// @param device a name of [#devices], or `auto` for the best that works here
  /// @param precision of products; all but `cuda` know [Precision#FP32] alone
  /// @throws IllegalArgumentException if there is no such device, naming those there are
  /// @throws UnsupportedOperationException if it cannot be used here, saying why
  public static Engine open(String device, int threads, Precision precision) {
    if (device.equals("auto")) {
      return open("cpu", threads, precision);
    }
    SortedMap<String, EngineProvider> providers = providers();
    EngineProvider provider = providers.get(device);
    if (provider == null) {
      throw new IllegalArgumentException(
          "device must be auto or one of "
              + providers.keySet()
              + ", got \""
              + device
              + "\""
              + (device.equals("nd4j")
                  ? "; its jars are not on the class path: jarl fetches them when it is given"
                      + " --device nd4j"
                  : ""));
    }
    return provider.open(threads, precision);
  }

  /// Why a device cannot be used on this machine, in one line; empty where it can, and for devices
  /// that are not known.
  public static Optional<String> problem(String device) {
    return problem(device, Precision.AUTO);
  }

  /// Why a device cannot be used on this machine with a precision; see [#problem(String)].
  public static Optional<String> problem(String device, Precision precision) {
    EngineProvider provider = providers().get(device);
    return provider == null ? Optional.empty() : provider.problem(precision);
  }

  private static SortedMap<String, EngineProvider> providers() {
    SortedMap<String, EngineProvider> providers = new TreeMap<>();
    providers.put("cpu", new CpuProvider());
    for (EngineProvider provider : ServiceLoader.load(EngineProvider.class)) {
      providers.put(provider.device(), provider);
    }
    return providers;
  }

  private static final class CpuProvider implements EngineProvider {
    @Override
    public String device() {
      return "cpu";
    }

    @Override
    public Engine open(int threads, Precision precision) {
      precision.requireFp32("cpu");
      return new CpuEngine(threads);
    }
  }
}
