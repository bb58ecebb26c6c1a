package org.jarl.experiments.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jarl.experiments.base.BuildVersion;
import org.jarl.experiments.base.UserErrorException;

/// A new Maven project that brings one environment, ready to build, as `jarl envs new` writes it.
///
/// @param family first part of the id
/// @param name second part of the id, without version
record PluginProject(String family, String name) {
  private static final Pattern PART = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

  /// Reads `name` or `family/name`.
  ///
  /// @throws UserErrorException if a part is no name for an environment
  static PluginProject named(String text) {
    int slash = text.indexOf('/');
    String family = slash < 0 ? "my" : text.substring(0, slash);
    String name = text.substring(slash + 1);
    if (!PART.matcher(family).matches() || !PART.matcher(name).matches()) {
      throw new UserErrorException(
          "the name of an environment must be lower-case letters, digits and single hyphens, with"
              + " or without a family before it (corridor, acme/corridor), got \""
              + text
              + "\"");
    }
    return new PluginProject(family, name);
  }

  /// The id of the environment.
  String id() {
    return family + "/" + name + "-v0";
  }

  private String className() {
    return Arrays.stream(name.split("-", -1))
        .map(word -> Character.toUpperCase(word.charAt(0)) + word.substring(1))
        .collect(Collectors.joining());
  }

  /// A suffix keeps words such as `new` from becoming package names that Java refuses.
  private String packageName() {
    return family.replace("-", "") + "env." + name.replace("-", "") + "env";
  }

  /// Writes the project into a folder that is new or empty.
  ///
  /// @throws UserErrorException if something is in it
  void write(Path folder) {
    try {
      refuseContent(folder);
      for (Map.Entry<String, String> file : files().entrySet()) {
        Path path = folder.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.writeString(path, file.getValue());
      }
    } catch (IOException e) {
      throw new UserErrorException(
          "cannot write " + folder + ": " + e.getClass().getSimpleName() + " " + e.getMessage(), e);
    }
  }

  private static void refuseContent(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new UserErrorException(folder + " is a file; name a new folder with --dir");
    }
    try (Stream<Path> content = Files.list(folder)) {
      if (content.findAny().isPresent()) {
        throw new UserErrorException(folder + " is not empty; name a new folder with --dir");
      }
    }
  }

  /// Texts by their path in the project.
  private Map<String, String> files() {
    String sources = packageName().replace('.', '/') + "/" + className();
    Map<String, String> files = new LinkedHashMap<>();
    files.put("pom.xml", filled("pom.xml"));
    files.put("README.md", filled("README.md"));
    files.put(".gitignore", "target/\n");
    files.put("src/main/java/" + sources + ".java", filled("Environment.java"));
    files.put("src/main/java/" + sources + "Provider.java", filled("Provider.java"));
    files.put("src/test/java/" + sources + "Test.java", filled("Test.java"));
    files.put(
        "src/main/resources/META-INF/services/org.jarl.env.EnvironmentProvider",
        packageName() + "." + className() + "Provider\n");
    return files;
  }

  private String filled(String template) {
    String resource = "plugin/" + template + ".txt";
    try (InputStream in = PluginProject.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing beside the classes of Jarl");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .replace("@package@", packageName())
          .replace("@Class@", className())
          .replace("@id@", id())
          .replace("@artifact@", family + "-" + name)
          .replace("@version@", BuildVersion.text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
