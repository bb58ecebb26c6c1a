package org.jarl.nn.nd4j;

import org.jarl.nn.Engine;
import org.jarl.nn.EngineProvider;
import org.jarl.nn.Precision;

/// Offers the device `nd4j`. No class of ND4J is loaded before [#open].
public final class Nd4jEngineProvider implements EngineProvider {

  /// Called by `ServiceLoader`.
  public Nd4jEngineProvider() {}

  @Override
  public String device() {
    return "nd4j";
  }

  /// Opens an engine; the first one in a process loads ND4J, which takes about a second, and some
  /// ten the very first time on a machine, when its libraries are unpacked.
  ///
  /// @throws IllegalArgumentException if there would be no thread
  /// @throws UnsupportedOperationException if ND4J or its native library cannot be loaded, or for
  ///   another precision than f32
  @Override
  public Engine open(int threads, Precision precision) {
    precision.requireFp32("nd4j");
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    // ND4J reads this when it is loaded; a user who wants its reports sets it to true.
    String reports = "org.nd4j.log.initialization";
    if (System.getProperty(reports) == null) {
      System.setProperty(reports, "false");
    }
    try {
      return new Nd4jEngine();
    } catch (LinkageError | RuntimeException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      throw new UnsupportedOperationException(
          "device nd4j needs org.nd4j:nd4j-native:1.0.0-M2.1, once as it is and once with the"
              + " classifier of this machine (linux-x86_64), on the class path; loading it ended"
              + " with: "
              + cause,
          e);
    }
  }
}
