package org.jarl.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Everything that is measured, from one command; see the module's README and `scripts/bench`.
public final class Bench {
  private static final String USAGE =
      """
      usage: scripts/bench [options] [case ...]
        case             only cases whose name contains this word; see --list
        --quick          one short round: a look, not a measurement
        --threads N      threads of every engine (1)
        --rounds N       rounds of all engines and of whole runs, one process each (3)
        --engines A,B    of cpu, libtorch, nd4j; ours first (all of them)
        --cpu-time       time on a core instead of time that passes: for a busy machine, 1 thread
        --list           names the cases
        --help           prints this
      """;

  private Bench() {}

  /// What the command line asked for.
  private record Options(
      boolean quick,
      boolean list,
      Timing.Clock clock,
      int threads,
      int rounds,
      List<String> engines,
      List<String> words) {

    static Options parse(String[] arguments) {
      boolean quick = false;
      boolean list = false;
      Timing.Clock clock = Timing.Clock.WALL;
      int threads = 1;
      int rounds = 0;
      List<String> engines = List.of("cpu", "libtorch", "nd4j");
      List<String> words = new ArrayList<>();
      for (int i = 0; i < arguments.length; i++) {
        switch (arguments[i]) {
          case "--quick" -> quick = true;
          case "--list" -> list = true;
          case "--cpu-time" -> clock = Timing.Clock.CPU;
          case "--threads" -> threads = count(arguments, ++i);
          case "--rounds" -> rounds = count(arguments, ++i);
          case "--engines" -> engines = List.of(value(arguments, ++i).split(",", -1));
          default -> {
            if (arguments[i].startsWith("-")) {
              throw new IllegalArgumentException("unknown option " + arguments[i]);
            }
            words.add(arguments[i]);
          }
        }
      }
      if (clock == Timing.Clock.CPU && threads > 1) {
        throw new IllegalArgumentException(
            "--cpu-time sees one thread only, got --threads " + threads);
      }
      return new Options(
          quick, list, clock, threads, rounds > 0 ? rounds : quick ? 1 : 3, engines, words);
    }

    private static String value(String[] arguments, int at) {
      if (at == arguments.length) {
        throw new IllegalArgumentException(arguments[at - 1] + " needs a value");
      }
      return arguments[at];
    }

    private static int count(String[] arguments, int at) {
      String text = value(arguments, at);
      if (!text.matches("[1-9][0-9]{0,5}")) {
        throw new IllegalArgumentException(
            arguments[at - 1] + " must be a number of at least 1, got " + text);
      }
      return Integer.parseInt(text);
    }

    boolean wanted(String name) {
      return words.isEmpty() || words.stream().anyMatch(name::contains);
    }
  }

  /// Measures and prints the tables.
  ///
  /// @param arguments see [#USAGE]
  public static void main(String[] arguments) throws Exception {
    if (List.of(arguments).contains("--help")) {
      System.out.print(USAGE);
      return;
    }
    Options options;
    try {
      options = Options.parse(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(USAGE);
      System.exit(2);
      return;
    }
    List<Workload> workloads =
        Arrays.stream(Workload.values()).filter(w -> options.wanted(w.id())).toList();
    List<JmhTable.Case> others =
        JmhTable.cases().stream().filter(c -> options.wanted(c.name())).toList();
    List<String> atari =
        Stream.of(AtariTable.ONE, AtariTable.MANY).filter(options::wanted).toList();
    List<RunTable.Case> runs =
        RunTable.cases().stream().filter(c -> options.wanted(c.name())).toList();
    if (options.list()) {
      workloads.stream().map(Workload::id).forEach(System.out::println);
      others.stream().map(JmhTable.Case::name).forEach(System.out::println);
      atari.forEach(System.out::println);
      runs.stream().map(RunTable.Case::name).forEach(System.out::println);
      return;
    }
    if (workloads.isEmpty() && others.isEmpty() && atari.isEmpty() && runs.isEmpty()) {
      System.err.println("bench: no case is named like " + options.words() + "; see --list");
      System.exit(2);
    }
    Machine.print(System.out);
    for (List<Workload> some : byEngines(workloads, options.engines())) {
      compare(some, options);
    }
    if (!others.isEmpty()) {
      JmhTable.run(others, options.quick(), System.out);
    }
    if (!atari.isEmpty()) {
      AtariTable.Effort effort =
          options.quick() ? AtariTable.Effort.QUICK : AtariTable.Effort.USUAL;
      AtariTable.run(atari, effort, System.out);
    }
    if (!runs.isEmpty()) {
      RunTable.run(runs, options.rounds(), options.quick(), System.out);
    }
  }

  /// Workloads that all wanted engines run, and those that one of them does not.
  private static Collection<List<Workload>> byEngines(
      List<Workload> workloads, List<String> engines) {
    return workloads.stream()
        .collect(Collectors.partitioningBy(w -> !engines.stream().allMatch(w::runsOn)))
        .values()
        .stream()
        .filter(some -> !some.isEmpty())
        .toList();
  }

  private static void compare(List<Workload> workloads, Options options)
      throws IOException, InterruptedException {
    List<String> engines =
        options.engines().stream()
            .filter(engine -> workloads.stream().allMatch(w -> w.runsOn(engine)))
            .toList();
    if (engines.isEmpty()) {
      return;
    }
    PeerTable table =
        new PeerTable(
            new PeerTable.Settings(
                engines,
                workloads,
                options.threads(),
                options.clock(),
                options.rounds(),
                options.quick() ? 0.7 : 2,
                options.quick() ? 0.4 : 1.5));
    table.measure();
    table.print(System.out);
  }
}
