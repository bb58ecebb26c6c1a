package org.jarl.nn;

import java.util.List;
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

  /// Opens a device.
  ///
  /// @param device a name of [#devices], or `auto` for the best that works here
  /// @throws IllegalArgumentException if there is no such device, naming those there are
  /// @throws UnsupportedOperationException if it cannot be used here, saying why
  public static Engine open(String device, int threads) {
    if (device.equals("auto")) {
      return new CpuEngine(threads);
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
    return provider.open(threads);
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
    public Engine open(int threads) {
      return new CpuEngine(threads);
    }
  }
}
