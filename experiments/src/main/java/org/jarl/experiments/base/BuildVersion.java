package org.jarl.experiments.base;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// Versions, as the build wrote them beside the classes.
public final class BuildVersion {
  private BuildVersion() {}

  /// The version of Jarl, for example `0.1.0-SNAPSHOT`.
  public static String text() {
    return property("version");
  }

  /// The version of Chart.js, which is in the path of its files.
  public static String chart() {
    return property("chart");
  }

  private static String property(String key) {
    Properties properties = new Properties();
    try (InputStream in = BuildVersion.class.getResourceAsStream("build.properties")) {
      if (in == null) {
        throw new IllegalStateException("build.properties is missing beside the classes of Jarl");
      }
      properties.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return properties.getProperty(key);
  }
}
