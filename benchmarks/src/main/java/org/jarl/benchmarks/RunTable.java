package org.jarl.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// How many steps per second an agent takes in whole runs, as `./jarl train` reports them in
/// `summary.json`: everything of the training loop, the compilers' first seconds too.
final class RunTable {
  /// Of `scripts/bench`: where the launcher and the experiments are.
  private static final String ROOT = "jarl.root";

  private RunTable() {}

  /// An experiment of ours, without its evaluation.
  ///
  /// @param config file among the experiments
  /// @param steps agent steps of a run
  /// @param quickSteps of a run that is a look, not a measurement
  /// @param goal agent steps per second
  record Case(String name, String config, int threads, int steps, int quickSteps, int goal) {}

  /// Every case.
  static List<Case> cases() {
    return List.of(
        new Case("run-cartpole-ppo", "cartpole-ppo.yaml", 1, 500_000, 51_200, 130_000),
        new Case("run-wallball-ppo", "atari-wallball-ppo.yaml", 2, 10_240, 2_048, 450));
  }

  /// What a run left.
  ///
  /// @param rate agent steps per second
  /// @param stateHash of all that was learned
  record Outcome(double rate, String stateHash) {
    /// Reads `summary.json`.
    static Outcome parse(String summary) {
      return new Outcome(
          Double.parseDouble(value(summary, "agentStepsPerSecond")), value(summary, "stateHash"));
    }

    private static String value(String summary, String key) {
      Matcher matcher = Pattern.compile('"' + key + "\"\\s*:\\s*\"?([^\",}\\s]+)").matcher(summary);
      if (!matcher.find()) {
        throw new IllegalStateException("summary.json must have " + key + ", got\n" + summary);
      }
      return matcher.group(1);
    }
  }

  /// Runs every case `rounds` times, in turns.
  ///
  /// @throws IllegalStateException if a run fails, or does not repeat the one before it
  static void run(List<Case> cases, int rounds, boolean quick, PrintStream out)
      throws IOException, InterruptedException {
    List<List<Outcome>> outcomes = new ArrayList<>();
    cases.forEach(_ -> outcomes.add(new ArrayList<>()));
    for (int round = 1; round <= rounds; round++) {
      for (int i = 0; i < cases.size(); i++) {
        System.err.printf(Locale.ROOT, "round %d of %d: %s%n", round, rounds, cases.get(i).name());
        outcomes.get(i).add(train(cases.get(i), quick));
      }
    }
    out.printf(
        Locale.ROOT,
        "%nWhole runs: agent steps per second, rounds: %d%n%n%-20s%8s%10s%12s%24s%12s   %s%n",
        rounds,
        "run",
        "threads",
        "steps",
        "median",
        "least - most",
        "goal",
        "state hash");
    for (int i = 0; i < cases.size(); i++) {
      print(cases.get(i), outcomes.get(i), quick, out);
    }
  }

  private static Outcome train(Case wanted, boolean quick)
      throws IOException, InterruptedException {
    Path root = Path.of(System.getProperty(ROOT, ""));
    Path folder = Files.createTempDirectory("jarl-bench");
    Path log = folder.resolve("log");
    Path run = folder.resolve("run");
    try {
      List<String> command =
          List.of(
              root.resolve("jarl").toAbsolutePath().toString(),
              "train",
              root.resolve("experiments/configs").resolve(wanted.config()).toString(),
              "--threads",
              Integer.toString(wanted.threads()),
              "--set",
              "training.agentSteps=" + (quick ? wanted.quickSteps() : wanted.steps()),
              "--set",
              "evaluation.episodes=0",
              "--out",
              run.toString());
      int exit =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start()
              .waitFor();
      if (exit != 0) {
        throw new IllegalStateException(
            "%s ended with exit status %d; it said%n%s"
                .formatted(String.join(" ", command), exit, Files.readString(log)));
      }
      return Outcome.parse(Files.readString(run.resolve("summary.json")));
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void print(Case ran, List<Outcome> outcomes, boolean quick, PrintStream out) {
    List<String> hashes = outcomes.stream().map(Outcome::stateHash).distinct().toList();
    if (hashes.size() > 1) {
      throw new IllegalStateException(
          ran.name() + " must end in the same state every time, got " + hashes);
    }
    double[] rates = outcomes.stream().mapToDouble(Outcome::rate).sorted().toArray();
    out.printf(
        Locale.ROOT,
        "%-20s%8d%,10d%,12.0f%24s%,12d   %s%n",
        ran.name(),
        ran.threads(),
        quick ? ran.quickSteps() : ran.steps(),
        rates[rates.length / 2],
        String.format(Locale.ROOT, "%,.0f - %,.0f", rates[0], rates[rates.length - 1]),
        ran.goal(),
        hashes.getFirst().replaceFirst("(:.{12}).*", "$1"));
  }
}
