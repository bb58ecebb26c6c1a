package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jarl.env.check.EnvironmentChecker;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class EnvironmentsTest {
  private static final String SERVICE = "META-INF/services/org.jarl.env.EnvironmentProvider";

  /// A provider of corridors, compiled once; its ids are a file of the jar.
  private static final String PROVIDER =
      """
      package acme;

      import java.util.List;
      import java.util.Map;
      import org.jarl.env.*;

      public class A implements EnvironmentProvider {
        private final String listed;

        public A() throws java.io.IOException {
          listed = new String(A.class.getResourceAsStream("ids").readAllBytes());
          if (listed.equals("throw in constructor")) {
            throw new IllegalStateException("no licence");
          }
        }

        public List<String> ids() {
          if (listed.equals("throw in ids")) {
            throw new IllegalStateException("no list");
          }
          return List.of(listed.split(" "));
        }

        public Description describe(String id) {
          return new Description("A corridor.", "Walk right.",
              List.of(new Option("length", 10, "fields")));
        }

        public Environment create(String id, Map<String, Object> options) {
          int length = Options.of(id, options, describe(id).options()).integer("length", 2, 99);
          return new Environment() {
            private int position;

            public EnvironmentSpec spec() {
              return EnvironmentSpec.of(Space.Box.f32(1), new Space.Discrete(2)).withTimeLimit(50);
            }

            public void reset(RandomStream random, Observation out) {
              position = 0;
              out.set(0, 0f);
            }

            public void step(Action action, Step out) {
              position += action.index();
              out.observation().set(0, position);
              if (position == length) { out.terminate(1f); }
            }

            public void save(StateWriter to) { to.putInt(position); }

            public void load(StateReader from) { position = from.getInt(); }
          };
        }
      }
      """;

  @TempDir private static Path compiled;

  @TempDir private Path work;
  private Path plugins = Path.of("");

  @BeforeAll
  static void compile() throws IOException {
    Path source = compiled.resolve("A.java");
    Files.writeString(source, PROVIDER);
    int errors =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                Path.of("target", "classes").toAbsolutePath().toString(),
                "-d",
                compiled.toString(),
                source.toString());
    assertEquals(0, errors);
  }

  @BeforeEach
  void makeFolder() throws IOException {
    plugins = Files.createDirectory(work.resolve("plugins"));
  }

  /// A plug-in jar with the provider.
  ///
  /// @param ids what it lists, or what it throws
  /// @param services the service file
  private Path jar(String name, String ids, String services) throws IOException {
    Path jar = plugins.resolve(name);
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> classes = Files.list(compiled.resolve("acme"))) {
      put(out, SERVICE, services.getBytes(StandardCharsets.UTF_8));
      put(out, "acme/ids", ids.getBytes(StandardCharsets.UTF_8));
      for (Path file : classes.sorted().toList()) {
        put(out, "acme/" + file.getFileName(), Files.readAllBytes(file));
      }
    }
    return jar;
  }

  private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(content);
    out.closeEntry();
  }

  private Path good(String name, String ids) throws IOException {
    return jar(name, ids, "acme.A\n");
  }

  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  private List<String> problems() {
    try (Environments environments = Environments.discover(List.of(plugins))) {
      List<String> problems = new ArrayList<>();
      environments.problems().forEach(p -> problems.add(p.toString()));
      return problems;
    }
  }

  @Test
  void aJarInThePluginFolderAddsItsEnvironments() throws IOException {
    Path jar = good("acme.jar", "acme/hall-v0 acme/corridor-v1");
    try (Environments environments = Environments.discover(List.of(plugins))) {
      assertEquals(List.of(), environments.problems());
      assertEquals(List.of("acme/corridor-v1", "acme/hall-v0"), environments.ids());
      assertEquals(jar.toString(), environments.source("acme/hall-v0"));
      assertEquals("A corridor.", environments.describe("acme/hall-v0").summary());
      assertNotEquals(
          EnvironmentProvider.class.getClassLoader(),
          environments.provider("acme/hall-v0").getClass().getClassLoader());
      assertEquals(
          List.of(),
          EnvironmentChecker.errors(EnvironmentChecker.check(environments, "acme/corridor-v1")));
    }
  }

  @Test
  void optionsReachTheProviderAndTheTimeLimitIsOurs() throws IOException {
    good("acme.jar", "acme/hall-v0");
    try (Environments environments = Environments.discover(List.of(plugins));
        VectorEnvironment vector =
            environments.createVector("acme/hall-v0", Map.of("length", 2, "timeLimit", 7), 3, 2)) {
      assertEquals(7, vector.spec().timeLimit());
      StepBatch batch = vector.reset(1);
      ActionBatch right = new ActionBatch(vector.spec().actionSpace(), 3);
      right.indices()[1] = 1;
      vector.step(right);
      vector.step(right);
      assertTrue(batch.terminated()[1]);
      try (Environment single = environments.create("acme/hall-v0", Map.of())) {
        assertEquals(50, single.spec().timeLimit());
      }
      assertRefused(
          "unknown option \"lenght\" of \"acme/hall-v0\". Did you mean \"length\"?"
              + " Options: [length, timeLimit].",
          () -> environments.create("acme/hall-v0", Map.of("lenght", 3)));
      assertRefused(
          "option \"length\" of \"acme/hall-v0\" must be in 2 .. 99, got 1",
          () -> environments.create("acme/hall-v0", Map.of("length", 1)));
      assertRefused(
          "option \"timeLimit\" of \"acme/hall-v0\": a time limit must be in 1 .. 50,"
              + " the environment's own, got 51",
          () -> environments.createVector("acme/hall-v0", Map.of("timeLimit", 51), 2, 1));
      assertRefused(
          "count and threads must be at least 1, got 0 and 1",
          () -> environments.createVector("acme/hall-v0", Map.of(), 0, 1));
    }
  }

  @Test
  void pluginsDoNotSeeEachOther() throws IOException {
    good("a.jar", "acme/a-v0");
    good("b.jar", "acme/b-v0");
    try (Environments environments = Environments.discover(List.of(plugins))) {
      assertEquals(List.of("acme/a-v0", "acme/b-v0"), environments.ids());
      assertNotEquals(
          environments.provider("acme/a-v0").getClass(),
          environments.provider("acme/b-v0").getClass());
    }
  }

  @Test
  void anUnknownIdGetsTheNearestOne() throws IOException {
    good("acme.jar", "acme/maze-v0 acme/maze-v2 acme/pong-v5");
    String rest =
        " Registered: [acme/maze-v0, acme/maze-v2, acme/pong-v5]."
            + " A plug-in jar must list its EnvironmentProvider in META-INF/services.";
    try (Environments environments = Environments.discover(List.of(plugins))) {
      assertRefused(
          "Unknown environment \"acm/pong-v5\". Did you mean \"acme/pong-v5\"?" + rest,
          () -> environments.create("acm/pong-v5", Map.of()));
      assertRefused(
          "Unknown environment \"acme/maze-v7\". Did you mean \"acme/maze-v2\"?" + rest,
          () -> environments.describe("acme/maze-v7"));
      assertRefused(
          "Unknown environment \"Pong-v5\". Did you mean \"acme/pong-v5\"?" + rest,
          () -> environments.source("Pong-v5"));
      assertRefused("Unknown environment \"chess\"." + rest, () -> environments.provider("chess"));
    }
  }

  @Test
  void brokenJarsAreNamedAndDoNotStopOthers() throws IOException {
    Path noJar = plugins.resolve("1-text.jar");
    Files.writeString(noJar, "not a jar");
    Path empty = plugins.resolve("2-empty.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(empty))) {
      put(out, "readme.txt", new byte[0]);
    }
    Path missing = jar("3-missing.jar", "acme/a-v0", "acme.Missing\nacme.A\n");
    Path stranger = jar("4-stranger.jar", "acme/b-v0", "acme.A$1\n");
    Path throwing = good("5-throwing.jar", "throw in constructor");
    Path ids = good("6-ids.jar", "throw in ids");
    Path format = good("7-format.jar", "Maze-v0 acme/e-v0");
    Path comment = jar("8-comment.jar", "acme/c-v0", "# acme.A");
    Path twice = good("8-twice.jar", "acme/a-v0 acme/f-v0");
    good("9-good.jar", "acme/g-v0");
    assertEquals(
        List.of(
            noJar + ": it is not a jar (zip END header not found)",
            empty + ": it has no " + SERVICE + ", which must list its EnvironmentProvider classes",
            missing + ": org.jarl.env.EnvironmentProvider: Provider acme.Missing not found",
            stranger + ": org.jarl.env.EnvironmentProvider: acme.A$1 not a subtype",
            throwing
                + ": org.jarl.env.EnvironmentProvider: Provider acme.A could not be instantiated:"
                + " java.lang.IllegalStateException: no licence",
            ids + ": acme.A.ids() threw java.lang.IllegalStateException: no list",
            format
                + ": acme.A: an id must be family/name-vN in lower case, like gridworld/maze-v0,"
                + " got \"Maze-v0\"",
            comment + ": its " + SERVICE + " lists no class of the jar",
            twice
                + ": acme.A: environment \"acme/a-v0\" is already there, from acme.A of "
                + missing
                + "; this one is not used"),
        problems());
    try (Environments environments = Environments.discover(List.of(plugins))) {
      assertEquals(List.of("acme/a-v0", "acme/e-v0", "acme/f-v0", "acme/g-v0"), environments.ids());
    }
  }

  @Test
  void aFolderThatIsMissingIsNamed() {
    Path missing = work.resolve("none");
    try (Environments environments = Environments.discover(List.of(missing))) {
      assertEquals(
          missing + ": there is no such plug-in folder",
          environments.problems().getFirst().toString());
      assertEquals(List.of(), environments.ids());
    }
  }
}
