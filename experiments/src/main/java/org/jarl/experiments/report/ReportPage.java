package org.jarl.experiments.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jarl.experiments.base.BuildVersion;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.run.ReturnStatistics;
import org.jarl.experiments.run.RunRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a report as one HTML file: `report.html` with its blanks filled in.
///
/// All that comes from run folders is data to the browser: texts are escaped, numbers lie in a JSON
/// island without `<`, and the file's own policy allows no script and no style but those inside it,
/// by their hashes, and no address but `data:`.
public final class ReportPage {
  private static final Pattern BLANK = Pattern.compile("\\{\\{(\\w+)}}");
  private static final long MOST_FILM_BYTES = 64L << 20;

  private static final Map<String, String> FILMS =
      Map.of(
          "apng", "image/apng",
          "png", "image/png",
          "gif", "image/gif",
          "webm", "video/webm",
          "mp4", "video/mp4");

  private final Report report;

  private ReportPage(Report report) {
    this.report = report;
  }

  /// The whole file.
  ///
  /// @param film to embed; null for the one in the folder of the best run, if there is one
  /// @throws UserErrorException if the film cannot be embedded
  public static String html(Report report, @Nullable Path film) {
    var page = new ReportPage(report);
    Map<String, String> blanks = new LinkedHashMap<>();
    blanks.put("title", escape(page.title()));
    blanks.put("version", escape(BuildVersion.text()));
    blanks.put("film", page.film(film));
    blanks.put("tasks", page.tasks());
    blanks.put("runs", page.runs());
    blanks.put("configs", page.configs());
    blanks.put("receipts", page.receipts());
    blanks.put("licence", escape(WebFiles.chartLicence()));
    blanks.put("data", page.data().toString().replace("<", "\\u003c"));
    blanks.put("style", WebFiles.own("page.css"));
    blanks.put("chart", WebFiles.chart());
    blanks.put("script", WebFiles.own("charts.js") + WebFiles.own("report.js"));
    blanks.put(
        "policy",
        "default-src 'none'; img-src data:; media-src data:; base-uri 'none'; form-action 'none';"
            + " style-src "
            + hash(blanks, "style")
            + "; script-src "
            + hash(blanks, "chart")
            + " "
            + hash(blanks, "script"));
    // In one pass, so that what is filled in is never taken for a blank.
    return BLANK
        .matcher(WebFiles.own("report.html"))
        .replaceAll(blank -> {
          String text = blanks.get(blank.group(1));
          if (text == null) {
            throw new IllegalStateException("report.html has the blank " + blank.group());
          }
          return Matcher.quoteReplacement(text);
        });
  }

  private static String hash(Map<String, String> blanks, String name) {
    try {
      byte[] text = blanks.getOrDefault(name, "").getBytes(StandardCharsets.UTF_8);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text);
      return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// Text as HTML shows it, also inside quotes.
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  private String title() {
    return report.tasks().stream().map(Report.Task::environment).collect(Collectors.joining(", "));
  }

  private String film(@Nullable Path given) {
    Path file = given == null ? filmOfBest() : given;
    if (file == null) {
      return "";
    }
    String name = String.valueOf(file.getFileName());
    String type = FILMS.get(name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT));
    if (type == null) {
      throw new UserErrorException(
          "--film must end in .apng, .png, .gif, .webm or .mp4, got " + file);
    }
    String data;
    try {
      Disk.requireRegular(file);
      if (Files.size(file) > MOST_FILM_BYTES) {
        throw new UserErrorException(
            "--film must have at most 64 MiB, since it becomes part of the page, got "
                + (Files.size(file) >> 20)
                + " MiB; record a shorter one");
      }
      data =
          "data:"
              + type
              + ";base64,"
              + Base64.getEncoder().encodeToString(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UserErrorException("cannot read " + file + ": " + Disk.reason(e), e);
    }
    String caption = given == null ? "The policy of " + report.best().record().name() : name;
    String shown =
        type.startsWith("video")
            ? "<video controls loop muted playsinline src=\"" + data + "\"></video>"
            : "<img class=\"film\" alt=\"" + escape(caption) + "\" src=\"" + data + "\">";
    return "<section aria-labelledby=\"film\"><h2 id=\"film\">Film</h2><figure>"
        + shown
        + "<figcaption>"
        + escape(caption)
        + "</figcaption></figure></section>";
  }

  private @Nullable Path filmOfBest() {
    for (String ending : List.of("apng", "gif", "webm", "mp4")) {
      Path film = report.best().record().folder().resolve("film." + ending);
      if (Files.isRegularFile(film)) {
        return film;
      }
    }
    return null;
  }

  private String tasks() {
    var html = new StringBuilder();
    for (int t = 0; t < report.tasks().size(); t++) {
      Report.Task task = report.tasks().get(t);
      html.append("<section aria-labelledby=\"task-").append(t).append("\">\n<h2 id=\"task-");
      html.append(t).append("\">").append(escape(task.environment())).append("</h2>\n");
      html.append("<div class=\"plot\" data-task=\"").append(t).append("\"></div>\n");
      html.append(
          "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Final scores\">");
      html.append("<table><caption>Final scores</caption><thead><tr>");
      html.append("<th scope=\"col\">experiment</th>");
      for (String head : List.of("seeds", "IQM", "95 % interval", "mean", "std", "min", "max")) {
        html.append("<th scope=\"col\" class=\"number\">").append(head).append("</th>");
      }
      html.append("<th scope=\"col\">score</th>");
      html.append("</tr></thead><tbody>\n");
      task.groups().forEach(group -> html.append(scores(group)));
      html.append("</tbody></table></div>\n</section>\n");
    }
    return html.toString();
  }

  private static String scores(Report.Group group) {
    double[] values = group.scores().values();
    ReturnStatistics.Interval interval = group.scores().interval();
    double[] ends = values.clone();
    Arrays.sort(ends);
    return "<tr><th scope=\"row\">"
        + escape(group.name())
        + "</th>"
        + cell(String.valueOf(values.length))
        + cell(number(ReturnStatistics.iqm(values)))
        + cell(
            interval == null
                ? "one run"
                : number(interval.low()) + " to " + number(interval.high()))
        + cell(number(ReturnStatistics.mean(values)))
        + cell(number(ReturnStatistics.std(values)))
        + cell(number(ends[0]))
        + cell(number(ends[ends.length - 1]))
        + "<td>"
        + escape(group.scores().measure())
        + "</td></tr>\n";
  }

  private static String cell(String text) {
    return "<td class=\"number\">" + escape(text) + "</td>";
  }

  /// `-` for NaN.
  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,.2f", value);
  }

  private static String count(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,.0f", value);
  }

  private String runs() {
    var html = new StringBuilder();
    for (Report.Task task : report.tasks()) {
      for (Report.Group group : task.groups()) {
        for (Report.Run run : group.runs()) {
          RunRecord record = run.record();
          double done = run.summary("agentSteps");
          boolean finished = !Double.isNaN(done);
          html.append("<tr><th scope=\"row\">").append(escape(record.name())).append("</th><td>");
          html.append(escape(record.environment())).append("</td><td>");
          html.append(escape(record.agent())).append("</td>");
          html.append(cell(String.valueOf(record.seed())));
          html.append(
              cell(
                  finished
                      ? count(done)
                      : count(run.agentSteps()) + " of " + count((double) record.goal())));
          html.append(cell(count(finished ? run.summary("episodes") : run.last("episodes"))));
          html.append(
              cell(
                  count(
                      finished
                          ? run.summary("agentStepsPerSecond")
                          : run.last("agentStepsPerSecond"))));
          html.append(
              cell(number(finished ? run.summary("returnMean100") : run.last("returnMean100"))));
          html.append(cell(number(run.summary("evaluation", "mean"))));
          html.append(cell(number(run.summary("evaluation", "iqm")))).append("</tr>\n");
        }
      }
    }
    return html.toString();
  }

  private String configs() {
    var html = new StringBuilder();
    for (Report.Task task : report.tasks()) {
      for (Report.Group group : task.groups()) {
        String seeds =
            group.runs().stream()
                .map(run -> String.valueOf(run.record().seed()))
                .collect(Collectors.joining(", "));
        html.append("<details><summary>").append(escape(group.name())).append(", seeds ");
        html.append(escape(seeds)).append("</summary><pre>");
        html.append(escape(group.runs().getFirst().record().seedless()));
        html.append("</pre></details>\n");
      }
    }
    return html.toString();
  }

  private String receipts() {
    var html = new StringBuilder();
    for (Report.Task task : report.tasks()) {
      for (Report.Group group : task.groups()) {
        for (Report.Run run : group.runs()) {
          JsonNode receipt = run.record().receipt();
          html.append("<details><summary>").append(escape(run.record().name()));
          html.append("</summary><dl class=\"pairs\">");
          for (String key : receipt == null ? Set.<String>of() : receipt.propertyNames()) {
            JsonNode value = receipt == null ? null : receipt.get(key);
            html.append("<dt>").append(escape(key)).append("</dt><dd>");
            html.append(escape(value == null ? "" : value.asString("-"))).append("</dd>");
          }
          html.append("</dl></details>\n");
        }
      }
    }
    return html.toString();
  }

  /// The numbers that are drawn: `[{metrics: {name: [{name, steps, mean, low, high, runs}]}}]`.
  private ArrayNode data() {
    ArrayNode all = Json.object().putArray("tasks");
    for (Report.Task task : report.tasks()) {
      Set<String> names = new TreeSet<>();
      task.groups().forEach(group -> names.addAll(group.curves().keySet()));
      ObjectNode metrics = all.addObject().putObject("metrics");
      for (String name : names) {
        ArrayNode curves = metrics.putArray(name);
        for (int g = 0; g < task.groups().size(); g++) {
          LearningCurve curve = task.groups().get(g).curves().get(name);
          if (curve != null) {
            write(
                curve, curves.addObject().put("name", task.groups().get(g).name()).put("color", g));
          }
        }
      }
    }
    return all;
  }

  private static void write(LearningCurve curve, ObjectNode out) {
    int points = curve.steps().length;
    double[] low = new double[points];
    double[] high = new double[points];
    for (int t = 0; t < points; t++) {
      low[t] = curve.mean()[t] - curve.halfWidth()[t];
      high[t] = curve.mean()[t] + curve.halfWidth()[t];
    }
    ArrayNode steps = out.putArray("steps");
    for (double step : curve.steps()) {
      steps.add(Math.round(step));
    }
    numbers(out.putArray("mean"), curve.mean());
    if (curve.runs().length > 1) {
      numbers(out.putArray("low"), low);
      numbers(out.putArray("high"), high);
    }
    ArrayNode runs = out.putArray("runs");
    for (double[] run : curve.runs()) {
      numbers(runs.addArray(), run);
    }
  }

  private static void numbers(ArrayNode out, double[] values) {
    for (double value : values) {
      out.add((float) value);
    }
  }
}
