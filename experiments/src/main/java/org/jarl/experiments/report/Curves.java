package org.jarl.experiments.report;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.jarl.experiments.base.UserErrorException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Draws the learning curve of some run folders as a PNG: the pictures of `docs/algorithms`.
///
/// Runs are seeds of one experiment, or of several with `--series NAME` before the runs of each.
/// What is drawn is described in [LearningCurve].
public final class Curves {
  private static final int POINTS = 300;

  private static final String USAGE =
      """
      usage: curves --out FILE.png [option]... RUN... [--series NAME RUN...]...

      Draws the mean of some runs over agent steps with its 95 % confidence interval.

        RUN               a run folder with metrics.jsonl
        --out FILE        where the picture goes
        --metric NAME     metric to draw (default: returnMean100)
        --title TEXT      headline (default: environment and agent of the first run)
        --ylabel TEXT     label of the upright axis (default: the metric)
        --threshold Y     draws a dashed line, for example where the task counts as solved
        --smooth SHARE    half the smoothing window as a share of all steps (default: 0.02)
        --series NAME     the runs that follow are a curve of this name
      """;

  private final Map<String, String> options = new LinkedHashMap<>();
  private final Map<String, List<Path>> series = new LinkedHashMap<>();

  private Curves() {}

  /// Draws what the arguments say; exit code 0, or 2 with a message for the user's input.
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true");
    System.exit(run(arguments, System.out, System.err));
  }

  /// [#main] without the end of the process.
  ///
  /// @return exit code: 0, or 2 when the arguments or the files cannot be used
  static int run(String[] arguments, PrintStream out, PrintStream err) {
    if (arguments.length == 0 || Arrays.asList(arguments).contains("--help")) {
      out.print(USAGE);
      return 0;
    }
    try {
      var curves = new Curves();
      curves.parse(arguments);
      out.println(curves.draw());
      return 0;
    } catch (UserErrorException e) {
      err.println("curves: " + e.getMessage());
      return 2;
    }
  }

  private void parse(String[] arguments) {
    var known = List.of("--out", "--metric", "--title", "--ylabel", "--threshold", "--smooth");
    List<Path> runs = new ArrayList<>();
    series.put("", runs);
    for (int i = 0; i < arguments.length; i++) {
      String argument = arguments[i];
      if (!argument.startsWith("--")) {
        runs.add(Path.of(argument));
        continue;
      }
      if (!known.contains(argument) && !argument.equals("--series")) {
        throw new UserErrorException(
            "unknown option " + argument + "; known: " + known + " and --series");
      }
      if (i + 1 == arguments.length) {
        throw new UserErrorException(argument + " needs a value");
      }
      String value = arguments[++i];
      if (argument.equals("--series")) {
        runs = series.computeIfAbsent(value, _ -> new ArrayList<>());
      } else {
        options.put(argument, value);
      }
    }
    series.values().removeIf(List::isEmpty);
    if (series.isEmpty()) {
      throw new UserErrorException("no run folder given; see curves --help");
    }
  }

  /// @return what was drawn, in a sentence
  private String draw() {
    String target = options.get("--out");
    if (target == null) {
      throw new UserErrorException("--out FILE is needed: where the picture goes");
    }
    String metric = options.getOrDefault("--metric", "returnMean100");
    double smooth = number("--smooth", 0.02);
    if (!(smooth >= 0 && smooth <= 0.5)) {
      throw new UserErrorException("--smooth must be between 0 and 0.5, got " + smooth);
    }
    Map<String, LearningCurve> curves = new LinkedHashMap<>();
    for (var entry : series.entrySet()) {
      List<LearningCurve.Series> runs = new ArrayList<>();
      for (Path run : entry.getValue()) {
        runs.add(read(run, metric));
      }
      Path first = entry.getValue().getFirst();
      String name = entry.getKey().isEmpty() ? summary(first, "agent", "runs") : entry.getKey();
      curves.put(name, LearningCurve.of(runs, POINTS, smooth));
    }
    Path first = series.values().iterator().next().getFirst();
    String title =
        options.getOrDefault(
            "--title",
            summary(first, "agent", "runs") + " on " + summary(first, "environment", "?"));
    var labels =
        new CurvePicture.Labels(
            title,
            "agent steps",
            options.getOrDefault("--ylabel", metric),
            number("--threshold", Double.NaN));
    write(Path.of(target), labels, curves);
    int runs = series.values().stream().mapToInt(List::size).sum();
    return "%s: %s of %d run%s".formatted(target, metric, runs, runs == 1 ? "" : "s");
  }

  private static void write(
      Path file, CurvePicture.Labels labels, Map<String, LearningCurve> curves) {
    try {
      Path folder = file.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      ImageIO.write(CurvePicture.draw(labels, curves), "png", file.toFile());
    } catch (IOException e) {
      throw new UserErrorException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private double number(String option, double absent) {
    String text = options.get(option);
    if (text == null) {
      return absent;
    }
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new UserErrorException(option + " needs a number, got \"" + text + "\"", e);
    }
  }

  private static LearningCurve.Series read(Path run, String metric) {
    Map<String, LearningCurve.Series> all = MetricsReader.all(run);
    LearningCurve.Series series = all.get(metric);
    if (series == null) {
      throw new UserErrorException(
          run.resolve("metrics.jsonl")
              + " has no metric \""
              + metric
              + "\"; it has "
              + String.join(", ", all.keySet()));
    }
    return series;
  }

  private static String summary(Path run, String key, String absent) {
    Path file = run.resolve("summary.json");
    if (!Files.exists(file)) {
      return absent;
    }
    try {
      return JsonMapper.shared().readTree(file.toFile()).path(key).asString(absent);
    } catch (JacksonException e) {
      throw new UserErrorException(file + " is not JSON: " + e.getOriginalMessage(), e);
    }
  }
}
