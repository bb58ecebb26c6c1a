package org.jarl.experiments.hostile;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jarl.experiments.hostile.HostileCommands.Outcome;
import org.jarl.experiments.report.PageServer;

/// Gives the command line what a user may bring, changed at random by a seed: experiment files,
/// every file of a run, weights, ROM folders, plug-ins and requests of pages. Prints what was
/// answered wrongly, one finding after another, and ends with 1 then. A process of its own, with
/// the folder to work in, the seed and the number of inputs.
@SuppressWarnings({
  "RefactorSwitch",
  "StringConcatToTextBlock"
}) // requests end their lines otherwise
public final class HostileInputs {
  private static final List<String> TOKENS =
      List.of(
          "*a",
          "&a [*a]",
          "!!java.lang.Object",
          "!t x",
          "[[[[[[[[",
          "{{{{{{{{",
          "? [a]\n: 1",
          "---",
          "...",
          "2000000000",
          "-1",
          "0",
          "1e999",
          "9".repeat(400),
          ".nan",
          "-.inf",
          "null",
          "~",
          "''",
          "\"\\u0000\"",
          "\u0000",
          "\ufeff",
          "\u202e",
          "\t",
          "# ",
          "<<: *a",
          "x".repeat(5_000),
          "%",
          "@",
          "|",
          ">",
          "true",
          "1.5",
          "0x10",
          "9223372036854775807",
          "-9223372036854775808",
          "é",
          "\ud83e\udd16",
          ":",
          ", ",
          "}",
          "]");

  private static final List<String> NUMBERS =
      List.of(
          "0",
          "1",
          "2",
          "3",
          "7",
          "64",
          "99",
          "1000000",
          "2000000000",
          "2147483647",
          "0.5",
          "1e-9",
          "1.0e30",
          "-1");

  private static final List<String> CONFIGS =
      List.of(
          """
          environment: {id: classic/cartpole-v1, count: 2}
          agent:
            type: dqn
            optimizer: {type: adam, learningRate: 1.0e-3}
            network: {type: mlp, hiddenSizes: [16, 16]}
            bufferCapacity: 500
            learningStarts: 40
            batchSize: 8
            updatePeriod: 2
          training: {agentSteps: 300, checkpointPeriod: 100, metricsPeriod: 50}
          evaluation: {episodes: 2, count: 1, period: 150}
          seed: 3
          device: cpu
          """,
          """
          environment:
            id: classic/pendulum-v1
            count: 2
            wrappers: [{type: normalize-observation}, {type: time-limit, steps: 50}]
          agent: {type: ppo, horizon: 64, epochs: 2, minibatches: 2}
          training: {agentSteps: 512, checkpointPeriod: 128}
          evaluation: {episodes: 1, count: 1}
          device: cpu
          """,
          """
          environment: {id: gridworld/four-rooms-v0, options: {}}
          agent: {type: a2c}
          training: {agentSteps: 200}
          evaluation: {episodes: 1, count: 1}
          device: cpu
          """);

  private final Path folder;
  private final SplittableRandom random;
  private final HostilePlugins plugins;
  private final List<String> findings = new ArrayList<>();

  /// How often each command has ended with each code.
  private final Map<String, Integer> tally = new TreeMap<>();

  private int inputs;

  private HostileInputs(Path folder, long seed) {
    this.folder = folder;
    this.random = new SplittableRandom(seed);
    this.plugins = new HostilePlugins(folder);
  }

  public static void main(String[] arguments) throws Exception {
    HostileInputs all = new HostileInputs(Path.of(arguments[0]), Long.parseLong(arguments[1]));
    int count = Integer.parseInt(arguments[2]);
    all.configs(count * 7 / 20);
    all.runs(count * 8 / 20);
    all.roms(count / 20);
    all.pages(count * 3 / 20);
    all.plugins(count / 20);
    all.findings.forEach(System.out::println);
    System.out.println(all.tally);
    System.out.println("inputs " + all.inputs + ", findings " + all.findings.size());
    System.exit(all.findings.isEmpty() ? 0 : 1);
  }

  private void run(String what, String... arguments) throws InterruptedException {
    inputs++;
    Outcome outcome = HostileCommands.run(arguments);
    tally.merge(arguments[0] + " " + outcome.code(), 1, Integer::sum);
    if (!outcome.fault().isEmpty()) {
      findings.add(what + " | " + String.join(" ", arguments) + " | " + outcome.fault());
    }
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  // ---- experiment files

  private String changed(String text) {
    StringBuilder out = new StringBuilder(text);
    int changes = 1 + random.nextInt(5) / 3;
    for (int i = 0; i < changes && !out.isEmpty(); i++) {
      int at = random.nextInt(out.length());
      int end = Math.min(out.length(), at + 1 + random.nextInt(30));
      switch (random.nextInt(12)) {
        case 0 -> out.delete(at, end);
        case 1 -> out.insert(at, out.substring(at, end));
        case 2 -> out.insert(at, any(TOKENS));
        case 3 -> out.setCharAt(at, (char) random.nextInt(32, 127));
        default -> value(out);
      }
    }
    return out.toString();
  }

  /// Puts something else in place of one value.
  private void value(StringBuilder text) {
    int at = random.nextInt(text.length());
    int colon = text.indexOf(": ", at);
    if (colon >= 0) {
      int end = colon + 2;
      while (end < text.length() && ",}]\n".indexOf(text.charAt(end)) < 0) {
        end++;
      }
      boolean number = Character.isDigit(text.charAt(Math.min(colon + 2, text.length() - 1)));
      text.replace(colon + 2, end, any(number && random.nextInt(4) > 0 ? NUMBERS : TOKENS));
    }
  }

  private void configs(int count) throws Exception {
    Path file = folder.resolve("config.yaml");
    for (int i = 0; i < count; i++) {
      String text = changed(any(CONFIGS));
      Files.writeString(file, text);
      String what = "config " + i + ":\n" + text + "\n";
      switch (random.nextInt(8)) {
        case 0, 1 -> run(what, "config", "explain", file.toString());
        case 2 -> run(what, "plan", file.toString());
        case 3, 4 -> {
          Path out = folder.resolve("run-of-config");
          run(
              what,
              "train",
              file.toString(),
              "--threads",
              "1",
              "--out",
              out.toString(),
              "--set",
              "training.agentSteps=" + (1 + random.nextInt(200)),
              "--set",
              "evaluation.episodes=1");
          delete(out);
        }
        default -> run(what, "config", "check", file.toString());
      }
    }
    for (String device :
        List.of("/dev/zero", "/dev/null", "/proc/self/mem", "/proc/self/environ")) {
      run(device, "config", "check", device);
    }
    Path pipe = folder.resolve("pipe.yaml");
    pipe(pipe);
    run("pipe", "config", "check", pipe.toString());
  }

  // ---- run folders

  private Path trained(String name, String config, boolean finished) throws Exception {
    Path file = Files.writeString(folder.resolve(name + ".yaml"), config);
    Path run = folder.resolve(name);
    run("base", "train", file.toString(), "--threads", "1", "--out", run.toString());
    if (!finished) {
      Files.delete(run.resolve("summary.json"));
    }
    return run;
  }

  private void runs(int count) throws Exception {
    List<Path> bases =
        List.of(
            trained("dqn", CONFIGS.get(0), false),
            trained("ppo", CONFIGS.get(1), false),
            trained("done", CONFIGS.get(0), true));
    Path copy = folder.resolve("copy");
    for (int i = 0; i < count; i++) {
      copy(any(bases), copy);
      String what = "run " + i + ": " + damage(copy);
      switch (random.nextInt(6)) {
        case 0, 1 -> run(what, "resume", copy.toString());
        case 2 -> run(what, "eval", copy.toString(), "--episodes", "1", "--threads", "1");
        case 3 ->
            run(what, "report", copy.toString(), "--out", folder.resolve("report.html").toString());
        case 4 -> run(what, "verify", copy.toString());
        default -> {
          run(what, "resume", copy.toString(), "--threads", "1");
          run(what, "eval", copy.toString(), "--episodes", "1", "--threads", "1");
        }
      }
      delete(copy);
    }
  }

  /// Changes one file of a folder.
  private String damage(Path run) throws Exception {
    List<Path> files;
    try (Stream<Path> all = Files.walk(run)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    Path file = any(files);
    byte[] bytes = Files.readAllBytes(file);
    int at = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
    String name = run.relativize(file).toString();
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> {
        for (int k = 0; k <= random.nextInt(4) && bytes.length > 0; k++) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        Files.write(file, bytes);
        return name + " flipped";
      }
      case 3 -> {
        Files.write(file, Arrays.copyOf(bytes, at));
        return name + " cut at " + at;
      }
      case 4 -> {
        byte[] more = new byte[1 + random.nextInt(5_000)];
        random.nextBytes(more);
        Files.write(file, more, StandardOpenOption.APPEND);
        return name + " with more";
      }
      case 5 -> {
        Files.delete(file);
        Files.createDirectories(random.nextBoolean() ? file : file.resolve("inside"));
        return name + " a folder";
      }
      case 6 -> {
        Files.delete(file);
        Path to = random.nextBoolean() ? Path.of("nowhere") : file.getFileName();
        Files.createSymbolicLink(file, to);
        return name + " a link to " + to;
      }
      case 7 -> {
        Files.delete(file);
        pipe(file);
        return name + " a pipe";
      }
      case 8 -> {
        Files.copy(any(files), file, StandardCopyOption.REPLACE_EXISTING);
        return name + " another file";
      }
      case 9 -> {
        Files.write(file, new byte[0]);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
          channel.write(ByteBuffer.wrap(new byte[] {'x'}), 250_000_000);
        }
        return name + " large and empty";
      }
      case 10 -> {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Files.write(file, changed(text).getBytes(StandardCharsets.UTF_8));
        return name + " changed as text";
      }
      default -> {
        Files.delete(file);
        return name + " gone";
      }
    }
  }

  private static void pipe(Path file) throws Exception {
    new ProcessBuilder("mkfifo", file.toString()).start().waitFor();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Files.copy(each, to.resolve(from.relativize(each).toString()));
      }
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.notExists(path)) {
      return;
    }
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, java.io.IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  // ---- ROM folders

  private void roms(int count) throws Exception {
    System.setProperty("jarl.roms", folder.resolve("roms").toString());
    for (int i = 0; i < count; i++) {
      Path from = Files.createDirectories(folder.resolve("rom-source"));
      int files = 1 + random.nextInt(4);
      for (int k = 0; k < files; k++) {
        Path file = from.resolve(any(List.of("pong.bin", "breakout.a26", "x.zip", "tetris.bin")));
        byte[] bytes = new byte[any(List.of(0, 1, 2048, 4096, 8192, 70_000))];
        random.nextBytes(bytes);
        switch (random.nextInt(5)) {
          case 0 -> Files.createDirectories(file.resolveSibling("d" + k));
          case 1 -> {
            Files.deleteIfExists(file);
            Files.createSymbolicLink(file, file.getFileName());
          }
          case 2 -> {
            Files.deleteIfExists(file);
            pipe(file);
          }
          default -> {
            Files.deleteIfExists(file);
            Files.write(file, bytes);
          }
        }
      }
      run("roms " + i, "roms", "import", from.toString());
      run("roms " + i, "roms", "list");
      inputs--;
      delete(from);
    }
  }

  // ---- requests of pages

  private void pages(int count) throws Exception {
    Path runs = Files.createDirectories(folder.resolve("page-runs"));
    copy(folder.resolve("done"), runs.resolve("done"));
    Files.writeString(runs.resolve("done/config.yaml"), "x: &a [*a]\n");
    copy(folder.resolve("done"), runs.resolve("whole"));
    try (PageServer server = PageServer.bind(0)) {
      server.show(runs, null, null);
      for (int i = 0; i < count; i++) {
        String request =
            changed(
                any(
                    List.of(
                        "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                        "GET /run?name=done HTTP/1.1\r\nHost: localhost\r\n"
                            + "Connection: close\r\n\r\n",
                        "GET /events?run=whole&run=done HTTP/1.1\r\nHost: localhost\r\n\r\n")));
        inputs++;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
          socket.setSoTimeout(5);
          socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
          int _ = socket.getInputStream().read();
        } catch (IOException _) {
          // Whatever happens to a wrong request: the next right one must be answered.
        }
        if (i % 50 == 49) {
          answered(server, request);
        }
      }
    }
  }

  private void answered(PageServer server, String before) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(5_000);
      socket
          .getOutputStream()
          .write(
              "GET /run?name=whole HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!answer.startsWith("HTTP/1.1 200 ")) {
        findings.add("page after " + before + " | " + answer);
      }
    } catch (IOException e) {
      findings.add("page after " + before + " | " + e);
    }
  }

  // ---- plug-ins

  private void plugins(int count) throws Exception {
    Path config =
        Files.writeString(
            folder.resolve("guest.yaml"),
            """
            environment: {id: hostile/guest-v0, count: 2}
            agent: {type: dqn, bufferCapacity: 500, learningStarts: 50, batchSize: 8}
            training: {agentSteps: 800, checkpointPeriod: 200}
            evaluation: {episodes: 2, count: 1}
            device: cpu
            """);
    List<String> kinds =
        HostilePlugins.kinds().stream().filter(kind -> !kind.endsWith(":hang")).toList();
    for (int i = 0; i < count; i++) {
      String kind = kinds.get(i % kinds.size());
      Path jars = plugins.folder(folder, kind);
      String option = jars.toString();
      Path out = folder.resolve("guest-run");
      switch (random.nextInt(7)) {
        case 0 -> run(kind, "envs", "--plugins", option);
        case 1 -> run(kind, "envs", "check", HostilePlugins.ID, "--plugins", option);
        case 2 -> run(kind, "envs", "describe", HostilePlugins.ID, "--plugins", option);
        case 3 -> run(kind, "plan", config.toString(), "--plugins", option);
        case 4 -> run(kind, "doctor", "--plugins", option);
        default ->
            run(
                kind,
                "train",
                config.toString(),
                "--threads",
                "1",
                "--out",
                out.toString(),
                "--plugins",
                option);
      }
      delete(out);
      delete(jars);
    }
  }
}
