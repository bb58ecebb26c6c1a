package org.jarl.experiments.hostile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/// Plug-in jars whose one environment, `hostile/guest-v0`, misbehaves in one call.
final class HostilePlugins {
  static final String ID = "hostile/guest-v0";

  /// Calls that list and describe; they also may not answer at all.
  static final List<String> LISTING =
      List.of("construct", "ids", "describe", "missing", "resolve", "health");

  /// Calls of the environment itself.
  static final List<String> PLAYING =
      List.of("create", "spec", "reset", "step", "late", "save", "close");

  /// What a call does instead of its work.
  static final List<String> DEEDS =
      List.of(
          "throw", "error", "mute", "memory", "stack", "exit", "halt", "null", "checked", "long");

  private static final String SOURCE =
      """
      package guest;

      import java.util.*;
      import org.jarl.env.*;

      public class Guest implements EnvironmentProvider {
        private static String call = "";
        private static String deed = "";
        private static int steps;

        public Guest() throws Exception {
          String[] kind =
              new String(Guest.class.getResourceAsStream("kind").readAllBytes()).split(":");
          call = kind[0];
          deed = kind[1];
          at("construct");
        }

        static class Mute extends RuntimeException {
          public String toString() { throw new IllegalStateException("no words"); }
          public String getMessage() { throw new IllegalStateException("no words"); }
        }

        @SuppressWarnings("unchecked")
        static <E extends Throwable> void sneak(Throwable t) throws E { throw (E) t; }

        static int deep(int n) { return deep(n + 1) + deep(n + 2); }

        /// Whether null is to be returned.
        static boolean at(String here) {
          if (!call.equals(here)) { return false; }
          switch (deed) {
            case "throw": throw new IllegalStateException("\\u001b[31mred\\u0007 " + here);
            case "error": throw new AssertionError("assert " + here);
            case "mute": throw new Mute();
            case "memory": throw new OutOfMemoryError("Java heap space");
            case "stack": deep(0); return false;
            case "exit": System.exit(0); return false;
            case "halt": Runtime.getRuntime().halt(0); return false;
            case "checked": Guest.<RuntimeException>sneak(new java.io.IOException("no disk")); return false;
            case "long": throw new RuntimeException("x".repeat(200_000));
            case "hang":
              while (true) {
                try { Thread.sleep(1000); } catch (InterruptedException e) { return false; }
              }
            default: return true;
          }
        }

        public List<String> ids() { return at("ids") ? null : List.of("hostile/guest-v0"); }

        public Description describe(String id) {
          return at("describe")
              ? null
              : new Description("A guest.\\u001b[2J", "It misbehaves.", List.of(new Option("n", 1, "number")));
        }

        public String missing(String id) { at("missing"); return null; }

        public Map<String, Object> resolve(String id, Map<String, Object> options) {
          return at("resolve") ? null : EnvironmentProvider.super.resolve(id, options);
        }

        public List<Health> health() { return at("health") ? null : List.of(); }

        public Environment create(String id, Map<String, Object> options) {
          if (at("create")) { return null; }
          return new Environment() {
            private int position;

            public EnvironmentSpec spec() {
              return at("spec")
                  ? null
                  : EnvironmentSpec.of(Space.Box.bounded(0f, 50f, 1), new Space.Discrete(2)).withTimeLimit(20);
            }

            public void reset(RandomStream random, Observation out) {
              at("reset");
              position = 0;
              out.set(0, 0f);
            }

            public void step(Action action, Step out) {
              at("step");
              if (++steps > 700) { at("late"); }
              position += action.index();
              out.observation().set(0, position);
              out.reward(action.index());
            }

            public void save(StateWriter to) { at("save"); to.putInt(position); }

            public void load(StateReader from) { position = from.getInt(); }

            public void close() { at("close"); }
          };
        }
      }
      """;

  private final Path classes;

  /// Compiles the provider once.
  HostilePlugins(Path work) {
    try {
      classes = Files.createDirectories(work.resolve("classes"));
      Path source = Files.writeString(work.resolve("Guest.java"), SOURCE);
      int code =
          ToolProvider.getSystemJavaCompiler()
              .run(
                  null,
                  System.err,
                  System.err,
                  "-nowarn",
                  "-proc:none",
                  "-cp",
                  System.getProperty("java.class.path"),
                  "-d",
                  classes.toString(),
                  source.toString());
      if (code != 0) {
        throw new IllegalStateException("the guest does not compile");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Every kind, `call:deed`.
  static List<String> kinds() {
    List<String> kinds = new ArrayList<>();
    for (String call : LISTING) {
      DEEDS.forEach(deed -> kinds.add(call + ":" + deed));
      kinds.add(call + ":hang");
    }
    for (String call : PLAYING) {
      DEEDS.forEach(deed -> kinds.add(call + ":" + deed));
    }
    return kinds;
  }

  /// A folder with the jar of a kind.
  Path folder(Path parent, String kind) throws IOException {
    Path folder = Files.createDirectories(parent.resolve(kind.replace(':', '-')));
    jar(folder.resolve("guest.jar"), kind);
    return folder;
  }

  /// Writes the jar of a kind.
  void jar(Path file, String kind) throws IOException {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file));
        Stream<Path> all = Files.list(classes.resolve("guest"))) {
      put(
          out,
          "META-INF/services/org.jarl.env.EnvironmentProvider",
          "guest.Guest\n".getBytes(StandardCharsets.UTF_8));
      put(out, "guest/kind", kind.getBytes(StandardCharsets.UTF_8));
      for (Path each : all.toList()) {
        put(out, "guest/" + each.getFileName(), Files.readAllBytes(each));
      }
    }
  }

  private static void put(JarOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(content);
    out.closeEntry();
  }
}
