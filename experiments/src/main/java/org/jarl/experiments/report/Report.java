package org.jarl.experiments.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.run.ReturnStatistics;
import org.jarl.experiments.run.RunRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What a report says about some runs: curves over seeds, and the final scores.
///
///     runs --same environment--> [Task] --same config but for the seed--> [Group]
///
/// The same runs give the same report: nothing in it depends on the clock, and the bootstrap draws
/// by a fixed seed.
///
/// @param tasks in the order of their first runs
public record Report(List<Task> tasks) {
  private static final int MOST_POINTS = 200;
  private static final double WINDOW = 0.02;

  /// Runs of one environment, whose scores can be compared.
  record Task(String environment, List<Group> groups) {}

  /// Runs of one experiment: their configs differ in the seed alone.
  ///
  /// @param name unlike that of any other group
  /// @param curves by metric
  record Group(
      String name, List<Run> runs, SortedMap<String, LearningCurve> curves, Scores scores) {
    /// The run that scored best.
    Run best() {
      int best = 0;
      for (int i = 1; i < scores.values.length; i++) {
        best = scores.values[i] > scores.values[best] ? i : best;
      }
      return runs.get(best);
    }
  }

  /// One run with its numbers.
  record Run(RunRecord record, SortedMap<String, LearningCurve.Series> metrics) {
    /// A number of the summary; NaN where there is none.
    double summary(String... path) {
      JsonNode node = record.summary();
      for (String key : path) {
        node = node == null ? null : node.get(key);
      }
      return node != null && node.isNumber() ? node.doubleValue() : Double.NaN;
    }

    /// The last value of a metric; NaN where there is none.
    double last(String metric) {
      LearningCurve.Series series = metrics.get(metric);
      return series == null ? Double.NaN : series.values()[series.values().length - 1];
    }

    /// Agent steps that are told of.
    double agentSteps() {
      return metrics.values().stream()
          .mapToDouble(series -> series.steps()[series.steps().length - 1])
          .max()
          .orElse(0);
    }
  }

  /// The final scores of the runs of a group, one each.
  ///
  /// @param measure what a score is
  /// @param interval 95 % interval of the IQM by bootstrap over the runs; null for a single run
  record Scores(String measure, double[] values, ReturnStatistics.@Nullable Interval interval) {
    private static Scores of(List<Run> runs) {
      double[] evaluated =
          runs.stream().mapToDouble(r -> r.summary("evaluation", "mean")).toArray();
      if (complete(evaluated)) {
        return of("mean return of the final evaluation", evaluated);
      }
      double[] latest = runs.stream().mapToDouble(run -> run.last("evaluation/mean")).toArray();
      if (complete(latest)) {
        return of("mean return of the latest evaluation", latest);
      }
      return of(
          "mean return of the last 100 training episodes",
          runs.stream().mapToDouble(run -> run.last("returnMean100")).toArray());
    }

    private static boolean complete(double[] values) {
      for (double value : values) {
        if (Double.isNaN(value)) {
          return false;
        }
      }
      return true;
    }

    /// All runs of a group are of one task, so there is one stratum.
    private static Scores of(String measure, double[] values) {
      boolean any = values.length > 1 && complete(values);
      return new Scores(
          measure,
          values,
          any ? ReturnStatistics.interval(List.of(values), ReturnStatistics::iqm) : null);
    }
  }

  /// Reads the runs. Those that cannot be read are left out while others are there.
  ///
  /// @param leftOut hears why a run is left out
  /// @throws UserErrorException if a folder is given twice, or none is a run that holds something
  public static Report of(List<Path> folders, Consumer<String> leftOut) {
    Map<String, Map<String, List<Run>>> tasks = new LinkedHashMap<>();
    List<Path> seen = new ArrayList<>();
    List<UserErrorException> refused = new ArrayList<>();
    for (Path folder : folders) {
      if (seen.contains(folder.toAbsolutePath().normalize())) {
        throw new UserErrorException(folder + " is given twice; a run counts once");
      }
      seen.add(folder.toAbsolutePath().normalize());
      try {
        Run run = run(folder);
        tasks
            .computeIfAbsent(run.record.environment(), _ -> new LinkedHashMap<>())
            .computeIfAbsent(run.record.experimentHash(), _ -> new ArrayList<>())
            .add(run);
      } catch (UserErrorException e) {
        refused.add(e);
      }
    }
    if (tasks.isEmpty() && !refused.isEmpty()) {
      throw refused.getFirst();
    }
    refused.forEach(e -> leftOut.accept("run left out: " + e.getMessage()));
    List<String> names = new ArrayList<>();
    List<Task> all = new ArrayList<>();
    tasks.forEach((environment, groups) ->
        all.add(
            new Task(
                environment, groups.values().stream().map(runs -> group(runs, names)).toList())));
    return new Report(all);
  }

  private static Run run(Path folder) {
    RunRecord record = RunRecord.read(folder);
    var run = new Run(record, MetricsReader.all(folder));
    if (run.metrics.isEmpty()) {
      throw new UserErrorException(
          folder + " has no metrics yet; leave it out, or first: jarl resume " + folder);
    }
    return run;
  }

  private static Group group(List<Run> runs, List<String> names) {
    List<Run> bySeed = new ArrayList<>(runs);
    bySeed.sort(Comparator.comparingLong(run -> run.record.seed()));
    String plain = bySeed.getFirst().record.experiment();
    String name = plain;
    for (int n = 2; names.contains(name); n++) {
      name = plain + " (" + n + ")";
    }
    names.add(name);
    return new Group(name, bySeed, curves(bySeed), Scores.of(bySeed));
  }

  /// The metrics that every run of a group has reported over common steps.
  private static SortedMap<String, LearningCurve> curves(List<Run> runs) {
    SortedMap<String, LearningCurve> curves = new TreeMap<>();
    for (String metric : runs.getFirst().metrics.keySet()) {
      List<LearningCurve.Series> all = new ArrayList<>();
      int points = MOST_POINTS;
      double first = 0;
      double last = Double.POSITIVE_INFINITY;
      for (Run run : runs) {
        LearningCurve.Series series = run.metrics.get(metric);
        if (series != null) {
          all.add(series);
          points = Math.min(points, series.steps().length);
          first = Math.max(first, series.steps()[0]);
          last = Math.min(last, series.steps()[series.steps().length - 1]);
        }
      }
      if (all.size() == runs.size() && first <= last) {
        curves.put(metric, LearningCurve.of(all, points, WINDOW));
      }
    }
    return curves;
  }

  /// Runs that are reported.
  public int runs() {
    return tasks.stream()
        .flatMap(task -> task.groups.stream())
        .mapToInt(group -> group.runs.size())
        .sum();
  }

  /// The run that scored best in the first task.
  Run best() {
    Group best = tasks.getFirst().groups().getFirst();
    for (Group group : tasks.getFirst().groups()) {
      best = score(group) > score(best) ? group : best;
    }
    return best.best();
  }

  private static double score(Group group) {
    return Arrays.stream(group.scores.values).max().orElse(Double.NEGATIVE_INFINITY);
  }
}
