package org.jarl.benchmarks;

import java.io.PrintStream;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/// Runs the JMH benchmarks of this module and prints one line for each.
final class JmhTable {
  private static final List<Class<?>> BENCHMARKS =
      List.of(EnvironmentBenchmark.class, ReplayBenchmark.class);

  private JmhTable() {}

  /// What one operation of a benchmark is: marks the methods that the table shows.
  @Target(ElementType.METHOD)
  @Retention(RetentionPolicy.RUNTIME)
  @interface Counts {
    /// In the plural.
    String value();
  }

  /// One line of the table.
  ///
  /// @param name `Class.method`
  /// @param unit of what is counted
  record Case(String name, String unit) {}

  /// Every benchmark.
  static List<Case> cases() {
    return BENCHMARKS.stream()
        .flatMap(type -> Arrays.stream(type.getMethods()))
        .filter(method -> method.isAnnotationPresent(Counts.class))
        .map(method ->
            new Case(
                method.getDeclaringClass().getSimpleName() + "." + method.getName(),
                method.getAnnotation(Counts.class).value()))
        .toList();
  }

  /// Measures in processes of JMH's own; progress goes to the error stream.
  static void run(List<Case> cases, boolean quick, PrintStream out) throws RunnerException {
    int forks = quick ? 1 : 3;
    out.printf(Locale.ROOT, "%nJMH: throughput of one thread, forks: %d%n%n", forks);
    out.printf(Locale.ROOT, "%-44s%16s  %-16s%s%n", "benchmark", "per second", "of", "+- 99.9 %");
    for (Case wanted : cases) {
      System.err.println("JMH: " + wanted.name());
      for (RunResult result : new Runner(options(wanted, forks, quick ? 300 : 800)).run()) {
        Result<?> score = result.getPrimaryResult();
        out.printf(
            Locale.ROOT,
            "%-44s%,16.0f  %-16s%.1f %%%n",
            wanted.name(),
            score.getScore(),
            wanted.unit(),
            100 * score.getScoreError() / score.getScore());
      }
    }
  }

  private static Options options(Case wanted, int forks, long millis) {
    return new OptionsBuilder()
        .include("\\." + wanted.name().replace(".", "\\.") + "$")
        .verbosity(VerboseMode.SILENT)
        .forks(forks)
        .warmupIterations(4)
        .warmupTime(TimeValue.milliseconds(millis))
        .measurementIterations(4)
        .measurementTime(TimeValue.milliseconds(millis))
        .jvmArgs(
            "-XX:+UseSerialGC",
            "-XX:MaxDirectMemorySize=2g",
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector")
        .build();
  }
}
