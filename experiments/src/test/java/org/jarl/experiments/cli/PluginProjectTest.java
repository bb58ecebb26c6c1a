package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;
import org.jarl.env.Environments;
import org.jarl.env.check.EnvironmentChecker;
import org.jarl.env.check.EnvironmentChecker.Finding;
import org.jarl.env.check.EnvironmentChecker.Severity;
import org.jarl.experiments.SourceTree;
import org.jarl.experiments.base.UserErrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PluginProjectTest {
  @TempDir Path temp;

  @Test
  void theGeneratedJarIsFoundAndKeepsTheRules() throws IOException {
    Path project = temp.resolve("project");
    PluginProject.named("acme/long-corridor").write(project);
    Path plugins = Files.createDirectory(temp.resolve("plugins"));
    jar(compile(project), plugins.resolve("corridor.jar"));

    try (Environments found = Environments.discover(List.of(plugins))) {
      assertEquals(List.of(), found.problems());
      assertTrue(found.ids().contains("acme/long-corridor-v0"), () -> found.ids().toString());
      List<Finding> errors =
          EnvironmentChecker.check(found, "acme/long-corridor-v0").stream()
              .filter(finding -> finding.rule().severity() == Severity.ERROR)
              .toList();
      assertEquals(List.of(), errors);
    }
  }

  /// The classes and resources of a project, as Maven would lay them into target/classes; its test
  /// is compiled too, into a folder of its own.
  private Path compile(Path project) throws IOException {
    Path classes = Files.createDirectory(temp.resolve("classes"));
    Path testClasses = Files.createDirectory(temp.resolve("test-classes"));
    String path = System.getProperty("java.class.path");
    javac(SourceTree.filesIn(project.resolve("src/main/java"), ".java"), classes, path);
    javac(
        SourceTree.filesIn(project.resolve("src/test/java"), ".java"),
        testClasses,
        classes + System.getProperty("path.separator") + path);
    String services = "META-INF/services/org.jarl.env.EnvironmentProvider";
    Files.createDirectories(classes.resolve(services).getParent());
    Files.copy(project.resolve("src/main/resources").resolve(services), classes.resolve(services));
    return classes;
  }

  private static void javac(List<Path> sources, Path out, String classPath) throws IOException {
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-proc:none", "-Xlint:all", "-Werror", "-d", out.toString(), "-cp", classPath);
      var task =
          compiler.getTask(
              null, files, null, options, null, files.getJavaFileObjectsFromPaths(sources));
      assertTrue(task.call(), "the generated sources do not compile");
    }
  }

  private static void jar(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      for (Path entry : SourceTree.filesIn(classes, "")) {
        if (Files.isRegularFile(entry)) {
          out.putNextEntry(new JarEntry(classes.relativize(entry).toString().replace('\\', '/')));
          out.write(Files.readAllBytes(entry));
        }
      }
    }
  }

  @Test
  void aNameThatIsNoIdIsRefused() {
    var refused = assertThrows(UserErrorException.class, () -> PluginProject.named("My Maze"));
    assertEquals(
        "the name of an environment must be lower-case letters, digits and single hyphens, with or"
            + " without a family before it (corridor, acme/corridor), got \"My Maze\"",
        refused.getMessage());
  }

  @Test
  void aNameWithoutFamilyBelongsToMine() {
    assertEquals("my/corridor-v0", PluginProject.named("corridor").id());
  }

  @Test
  void aFolderWithContentIsNeverWrittenTo() throws IOException {
    Path file = Files.writeString(temp.resolve("precious.txt"), "mine");
    PluginProject project = PluginProject.named("maze");
    assertEquals(
        temp + " is not empty; name a new folder with --dir",
        assertThrows(UserErrorException.class, () -> project.write(temp)).getMessage());
    assertEquals(
        file + " is a file; name a new folder with --dir",
        assertThrows(UserErrorException.class, () -> project.write(file)).getMessage());
  }
}
