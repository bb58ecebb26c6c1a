package org.jarl.experiments.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jarl.experiments.base.BuildVersion;
import org.jspecify.annotations.Nullable;

/// The files of the page and the report: our own lie beside the classes, Chart.js lies in its
/// WebJar.
final class WebFiles {
  private static final String CHART =
      "/META-INF/resources/webjars/chart.js/" + BuildVersion.chart() + "/";

  private WebFiles() {}

  /// One of our own, for example `page.js`.
  static String own(String name) {
    return text(WebFiles.class.getResourceAsStream("web/" + name), name);
  }

  /// Chart.js, minified, without the line that points to a map of its sources: no browser shall
  /// look for a file that is not there.
  static String chart() {
    return text(WebFiles.class.getResourceAsStream(CHART + "dist/chart.umd.js"), "Chart.js")
        .replaceFirst("\\R//# sourceMappingURL=\\S*\\s*$", "\n");
  }

  /// The licence of Chart.js, which goes wherever Chart.js goes.
  static String chartLicence() {
    return text(WebFiles.class.getResourceAsStream(CHART + "LICENSE.md"), "Chart.js's licence");
  }

  private static String text(@Nullable InputStream resource, String name) {
    try (InputStream in = resource) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
