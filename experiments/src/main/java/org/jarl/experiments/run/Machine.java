package org.jarl.experiments.run;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.stream.Stream;

/// What is running here, for receipts.
public final class Machine {
  private Machine() {}

  /// Version of Jarl; `development` outside a jar.
  static String version() {
    String version = Machine.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /// Name of this machine, as far as the system tells; `HOST` otherwise. Asks no name server.
  public static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException _) {
      return "HOST"; // only a hint is less exact
    }
  }

  /// Model name of the processor, as far as the system tells.
  static String cpu() {
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        return lines
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.substring(line.indexOf(':') + 1).strip())
            .findFirst()
            .orElse(System.getProperty("os.arch"));
      } catch (IOException _) {
        return System.getProperty("os.arch"); // only a description is lost
      }
    }
    String identifier = System.getenv("PROCESSOR_IDENTIFIER");
    return identifier == null ? System.getProperty("os.arch") : identifier;
  }

  /// The commit that the running classes lie in; `unknown` outside a checkout. Reads the files of
  /// git itself, so that nothing needs to be installed.
  static String gitCommit() {
    CodeSource source = Machine.class.getProtectionDomain().getCodeSource();
    try {
      Path at = source == null ? null : Path.of(source.getLocation().toURI());
      while (at != null && !Files.exists(at.resolve(".git"))) {
        at = at.getParent();
      }
      return at == null ? "unknown" : head(at.resolve(".git"));
    } catch (IOException | URISyntaxException _) {
      return "unknown"; // only a description is lost
    }
  }

  private static String head(Path git) throws IOException {
    Path own = git;
    if (Files.isRegularFile(git)) {
      own = git.resolveSibling(Files.readString(git).replaceFirst("^gitdir:", "").strip());
    }
    String head = Files.readString(own.resolve("HEAD")).strip();
    if (!head.startsWith("ref:")) {
      return head;
    }
    String ref = head.substring("ref:".length()).strip();
    Path commonDir = own.resolve("commondir");
    Path common = Files.exists(commonDir) ? own.resolve(Files.readString(commonDir).strip()) : own;
    if (Files.exists(common.resolve(ref))) {
      return Files.readString(common.resolve(ref)).strip();
    }
    try (Stream<String> packed = Files.lines(common.resolve("packed-refs"))) {
      return packed
          .filter(line -> line.endsWith(" " + ref))
          .map(line -> line.substring(0, line.indexOf(' ')))
          .findFirst()
          .orElse("unknown");
    }
  }
}
