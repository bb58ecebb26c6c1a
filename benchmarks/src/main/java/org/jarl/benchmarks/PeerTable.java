package org.jarl.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Times every engine on every workload and prints one table with ratios.
///
/// Each engine has a process of its own per network and round; the engines take turns, so that what
/// else the machine does meets all of them. Ratios are formed within a round, and the table shows
/// their median: other load moves both sides of a ratio.
final class PeerTable {
  /// Numbers may differ by this much, relative to the largest of a result.
  private static final float TOLERANCE = 1e-4f;

  private final Settings settings;

  /// One per round.
  private final Map<Cell, List<EngineProcess.Result>> results = new HashMap<>();

  private record Cell(String engine, Workload workload) {}

  /// @param engines ours first
  /// @param clock that the processes read
  /// @param rounds of all engines
  /// @param warmUpSeconds per workload
  /// @param seconds per workload that count
  record Settings(
      List<String> engines,
      Collection<Workload> workloads,
      int threads,
      Timing.Clock clock,
      int rounds,
      double warmUpSeconds,
      double seconds) {}

  PeerTable(Settings settings) {
    this.settings = settings;
  }

  /// Runs all processes; progress goes to the error stream.
  ///
  /// @throws IllegalStateException if a process fails, with what it said
  void measure() throws IOException, InterruptedException {
    for (int round = 1; round <= settings.rounds(); round++) {
      for (Network network : Network.values()) {
        List<Workload> wanted =
            settings.workloads().stream().filter(w -> w.network() == network).toList();
        if (wanted.isEmpty()) {
          continue;
        }
        for (String engine : settings.engines()) {
          System.err.printf(
              Locale.ROOT,
              "round %d of %d: %s on %s%n",
              round,
              settings.rounds(),
              network.title(),
              engine);
          for (EngineProcess.Result result : process(engine, wanted)) {
            Cell cell = new Cell(engine, result.workload());
            results.computeIfAbsent(cell, _ -> new ArrayList<>()).add(result);
          }
        }
      }
      if (round == 1) {
        checkNumbers();
      }
    }
  }

  private List<EngineProcess.Result> process(String engine, List<Workload> workloads)
      throws IOException, InterruptedException {
    List<String> output = new ArrayList<>();
    // libtorch's first start with an empty cache of unpacked libraries ends in a SIGSEGV.
    for (int attempt = 1; attempt <= 2; attempt++) {
      output.clear();
      Path log = Files.createTempFile("bench", ".log");
      try {
        Process process = start(engine, workloads, log);
        int exit = process.waitFor();
        output.addAll(Files.readAllLines(log));
        List<EngineProcess.Result> found = EngineProcess.Result.parse(output);
        if (exit == 0 && found.size() == workloads.size()) {
          return found;
        }
        output.add("exit status " + exit);
      } finally {
        Files.delete(log);
      }
    }
    throw new IllegalStateException(
        "the process of " + engine + " failed twice; it said\n" + String.join("\n", output));
  }

  private Process start(String engine, List<Workload> workloads, Path log) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // The JVM's flags are those of the launcher.
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "-cp",
            System.getProperty("java.class.path"),
            EngineProcess.class.getName(),
            engine,
            Integer.toString(settings.threads()),
            settings.clock().name(),
            Double.toString(settings.warmUpSeconds()),
            Double.toString(settings.seconds())));
    workloads.forEach(w -> command.add(w.name()));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectErrorStream(true).redirectOutput(log.toFile());
    // Both libraries would else start as many threads as there are cores, or fight over them.
    builder.environment().put("OMP_NUM_THREADS", ours(engine) ? "1" : threadText());
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    return builder.start();
  }

  /// Our engines bring threads of their own.
  private static boolean ours(String engine) {
    return engine.equals("cpu");
  }

  private String threadText() {
    return Integer.toString(settings.threads());
  }

  private void checkNumbers() {
    String first = settings.engines().getFirst();
    for (String engine : settings.engines()) {
      for (Workload workload : settings.workloads()) {
        float[] wanted = first(first, workload).numbers();
        float[] got = first(engine, workload).numbers();
        int wrong = firstDifference(wanted, got);
        if (wrong >= 0) {
          throw new IllegalStateException(
              String.format(
                  Locale.ROOT,
                  "%s: %s and %s must compute equal numbers, got %s and %s at %d of %d",
                  workload.title(),
                  first,
                  engine,
                  wanted[wrong],
                  got[wrong],
                  wrong,
                  wanted.length));
        }
      }
    }
  }

  private EngineProcess.Result first(String engine, Workload workload) {
    return rounds(engine, workload).getFirst();
  }

  private List<EngineProcess.Result> rounds(String engine, Workload workload) {
    return results.getOrDefault(new Cell(engine, workload), List.of());
  }

  /// Where two results differ by more than the tolerance, or -1.
  static int firstDifference(float[] wanted, float[] got) {
    float largest = 0;
    for (float value : wanted) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < wanted.length; i++) {
      // Written so that a NaN differs.
      if (!(Math.abs(wanted[i] - got[i]) <= TOLERANCE * largest)) {
        return i;
      }
    }
    return -1;
  }

  /// Prints medians and ratios to the first engine.
  void print(PrintStream out) {
    List<String> engines = settings.engines();
    out.printf(
        Locale.ROOT,
        "%nEngines: us per call (%s time), median of %d rounds (best), %d thread%s each;"
            + " ratio: how many times as fast cpu is%n%n",
        settings.clock().name().toLowerCase(Locale.ROOT),
        settings.rounds(),
        settings.threads(),
        settings.threads() == 1 ? "" : "s");
    StringBuilder head = new StringBuilder(String.format("%-26s", "workload"));
    engines.forEach(e -> head.append(String.format("%22s", e)));
    for (String engine : engines.subList(1, engines.size())) {
      head.append(String.format("  %24s", engine + "/" + engines.getFirst()));
      head.append(hasGoal(engine) ? "           goal" : "");
    }
    out.println(head);
    for (Workload workload : settings.workloads()) {
      out.println(row(workload));
    }
  }

  /// The goals are for one thread each.
  private boolean hasGoal(String engine) {
    return engine.equals("libtorch") && settings.threads() == 1;
  }

  private String row(Workload workload) {
    List<String> engines = settings.engines();
    StringBuilder row = new StringBuilder(String.format("%-26s", workload.title()));
    for (String engine : engines) {
      List<EngineProcess.Result> rounds = rounds(engine, workload);
      double best = rounds.stream().mapToDouble(r -> r.timing().best()).min().orElse(Double.NaN);
      String cell = microseconds(median(medians(rounds))) + " (" + microseconds(best) + ")";
      row.append(String.format("%22s", cell));
    }
    double[] ours = medians(rounds(engines.getFirst(), workload));
    for (String engine : engines.subList(1, engines.size())) {
      double[] theirs = medians(rounds(engine, workload));
      double[] ratios = new double[ours.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = theirs[i] / ours[i];
      }
      Arrays.sort(ratios);
      row.append(
          String.format(
              Locale.ROOT,
              "  %9.2fx (%.2f - %.2f)",
              median(ratios),
              ratios[0],
              ratios[ratios.length - 1]));
      if (hasGoal(engine)) {
        row.append(goal(workload, median(ratios)));
      }
    }
    return row.toString();
  }

  private static String goal(Workload workload, double ratio) {
    String word = ratio >= workload.goal() ? "ok" : "MISSED";
    return workload.goal() == 0
        ? ""
        : String.format(Locale.ROOT, "  %6.2fx %-6s", workload.goal(), word);
  }

  private static double[] medians(List<EngineProcess.Result> rounds) {
    return rounds.stream().mapToDouble(r -> r.timing().median()).toArray();
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static String microseconds(double nanos) {
    return String.format(Locale.ROOT, nanos < 100_000 ? "%.2f" : "%.0f", nanos / 1000);
  }
}
