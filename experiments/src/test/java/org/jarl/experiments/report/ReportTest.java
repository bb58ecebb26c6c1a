package org.jarl.experiments.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.run.ReturnStatistics;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
  @TempDir private Path folder;

  private Path run(String name, String environment, double rate, int seed, double score)
      throws IOException {
    Path run = unfinished(name + "-s" + seed + "-1", environment, rate, seed);
    Files.writeString(
        run.resolve("summary.json"),
        """
        {"agentSteps": 1000, "episodes": 50, "agentStepsPerSecond": 99.5, "returnMean100": 7.25,
         "evaluation": {"episodes": 10, "mean": %s, "std": 1.0, "iqm": %s}}
        """
            .formatted(score, score));
    return run;
  }

  private Path unfinished(String name, String environment, double rate, int seed)
      throws IOException {
    Path run = Files.createDirectory(folder.resolve(name));
    Files.writeString(
        run.resolve("config.yaml"),
        """
        environment:
          id: %s
        agent:
          type: tabular
          learningRate: %s
        training:
          agentSteps: 1000
        seed: %d
        device: cpu
        """
            .formatted(environment, rate, seed));
    var lines = new StringBuilder();
    for (int steps = 100; steps <= 1000; steps += 100) {
      lines.append("{\"agentSteps\":").append(steps);
      lines.append(",\"name\":\"returnMean100\",\"value\":").append(steps + seed).append("}\n");
    }
    Files.writeString(run.resolve("metrics.jsonl"), lines);
    return run;
  }

  private static Report report(List<Path> runs) {
    return Report.of(runs, message -> fail(message));
  }

  @Test
  void runsThatDifferInTheSeedAloneAreOneCurveWithTheIntervalOverSeeds() throws IOException {
    Report report =
        report(
            List.of(
                run("slow", "toy/a", 0.1, 2, 20),
                run("slow", "toy/a", 0.1, 1, 10),
                run("slow", "toy/a", 0.1, 3, 60),
                run("fast", "toy/a", 0.5, 1, 90),
                run("slow-b", "toy/b", 0.1, 1, 5)));
    assertEquals(
        List.of("toy/a", "toy/b"), report.tasks().stream().map(t -> t.environment()).toList());
    Report.Group slow = report.tasks().getFirst().groups().getFirst();
    assertEquals("slow", slow.name());
    assertEquals(List.of(1L, 2L, 3L), slow.runs().stream().map(r -> r.record().seed()).toList());
    LearningCurve curve = slow.curves().get("returnMean100");
    assertNotNull(curve);
    assertEquals(10, curve.steps().length);
    assertEquals(102, curve.mean()[0], 1e-9);
    // 101, 102, 103: a standard deviation of 1, Student's 4.303 with two degrees of freedom.
    assertEquals(4.303 / Math.sqrt(3), curve.halfWidth()[0], 1e-9);
    double[] scores = slow.scores().values();
    assertEquals("[10.0, 20.0, 60.0]", Arrays.toString(scores));
    assertEquals(
        ReturnStatistics.interval(List.of(scores), ReturnStatistics::iqm),
        slow.scores().interval());
    Report.Group fast = report.tasks().getFirst().groups().get(1);
    assertNull(fast.scores().interval());
    assertEquals(90, report.best().summary("evaluation", "mean"));
  }

  @Test
  void anUnfinishedRunScoresWhatItHasReached() throws IOException {
    Report report = report(List.of(unfinished("early-s1-1", "toy/a", 0.1, 1)));
    Report.Scores scores = report.tasks().getFirst().groups().getFirst().scores();
    assertEquals("mean return of the last 100 training episodes", scores.measure());
    assertEquals(1001, scores.values()[0]);
    assertTrue(ReportPage.html(report, null).contains("1,000 of 1,000"));
  }

  @Test
  void experimentsOfOneNameAreToldApart() throws IOException {
    Report report = report(List.of(run("x", "toy/a", 0.1, 1, 1), run("x", "toy/a", 0.2, 2, 1)));
    assertEquals(
        List.of("x", "x (2)"),
        report.tasks().getFirst().groups().stream().map(Report.Group::name).toList());
  }

  @Test
  void theFileHoldsAllItNeedsAndForbidsTheRest() throws IOException {
    String html = ReportPage.html(report(List.of(run("x", "toy/a", 0.1, 1, 1))), null);
    assertFalse(html.contains("{{"), "every blank is filled");
    String markup = html.replaceAll("(?s)<script>.*?</script>", "");
    assertFalse(
        Pattern.compile("\\b(src|href|action)=(?!\"data:)").matcher(markup).find(), "no address");
    assertTrue(html.contains("Permission is hereby granted"), "the licence goes along");
    String policy = group(html, "Content-Security-Policy\" content=\"([^\"]*)\"");
    assertTrue(policy.startsWith("default-src 'none'; img-src data:;"), policy);
    assertFalse(policy.contains("unsafe"), policy);
    assertEquals(3, policy.split("'sha256-", -1).length - 1);
    JsonNode data = JsonMapper.shared().readTree(group(html, "id=\"data\">([^<]*)<"));
    assertEquals(
        "[101.0,201.0,301.0,401.0,501.0,601.0,701.0,801.0,901.0,1001.0]",
        data.get(0).path("metrics").path("returnMean100").get(0).path("mean").toString());
  }

  private static String group(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    assertTrue(matcher.find(), pattern);
    return matcher.group(1);
  }

  @Test
  void theSameRunsGiveTheSameFile() throws IOException {
    List<Path> runs = List.of(run("x", "toy/a", 0.1, 1, 1), run("x", "toy/a", 0.1, 2, 3));
    assertEquals(ReportPage.html(report(runs), null), ReportPage.html(report(runs), null));
  }

  @Test
  void whatComesFromARunFolderIsNeverMarkup() throws IOException {
    String evil = "<script>alert(1)</script>\"'&{{data}}";
    Path run = Files.createDirectory(folder.resolve("evil <b>{{film}}&-s1-1"));
    String yaml = "'" + evil.replace("'", "''") + "'";
    Files.writeString(
        run.resolve("config.yaml"),
        "environment: {id: " + yaml + "}\nagent: {type: " + yaml + "}\nseed: 1\n");
    Files.writeString(
        run.resolve("metrics.jsonl"),
        "{\"agentSteps\":1,\"name\":\"</script><script>alert(2)</script>\",\"value\":1}\n");
    Files.writeString(
        run.resolve("receipt.json"), "{\"cpu\": \"</dd><img src=x onerror=alert(3)>\"}");
    String html = ReportPage.html(report(List.of(run)), null);
    assertFalse(html.contains("alert(1)</script>"), "config");
    assertFalse(html.contains("alert(2)</script>"), "metrics");
    assertFalse(html.contains("<img"), "receipt");
    assertFalse(html.contains("evil <b>"), "name");
    assertTrue(html.contains("evil &lt;b&gt;{{film}}&amp;-s1-1"), "the name is shown as it is");
    assertTrue(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;{{data}}"),
        "and so is the environment");
  }

  @Test
  void aFilmBecomesPartOfTheFile() throws IOException {
    Path run = run("x", "toy/a", 0.1, 1, 1);
    byte[] film = {1, 2, 3, 4};
    String data = "data:image/apng;base64," + Base64.getEncoder().encodeToString(film);
    Path given = Files.write(folder.resolve("best.apng"), film);
    Report report = report(List.of(run));
    assertFalse(ReportPage.html(report, null).contains("<figure>"));
    assertTrue(ReportPage.html(report, given).contains("src=\"" + data + "\""));
    Files.write(run.resolve("film.apng"), film);
    assertTrue(ReportPage.html(report, null).contains("src=\"" + data + "\""));
    Path text = Files.write(folder.resolve("best.txt"), film);
    var refused = assertThrows(UserErrorException.class, () -> ReportPage.html(report, text));
    assertEquals(
        "--film must end in .apng, .png, .gif, .webm or .mp4, got " + text, refused.getMessage());
    Path inside = Files.createDirectory(folder.resolve("film.gif"));
    assertEquals(
        "cannot read " + inside + ": it is a folder",
        assertThrows(UserErrorException.class, () -> ReportPage.html(report, inside)).getMessage());
    Path absent = folder.resolve("absent.gif");
    refused = assertThrows(UserErrorException.class, () -> ReportPage.html(report, absent));
    assertTrue(String.valueOf(refused.getMessage()).startsWith("cannot read " + absent));
  }

  @Test
  void whatCannotBeReportedIsSaid() throws IOException {
    Path run = run("x", "toy/a", 0.1, 1, 1);
    assertRefused(run + " is given twice; a run counts once", run, run);
    Path absent = folder.resolve("absent");
    assertRefused(absent + " is not a run folder: there is no such folder", absent);
    Files.writeString(run.resolve("metrics.jsonl"), "");
    assertRefused(run + " has no metrics yet; leave it out, or first: jarl resume " + run, run);
    Files.writeString(run.resolve("summary.json"), "{");
    var refused = assertThrows(UserErrorException.class, () -> report(List.of(run)));
    assertTrue(
        String.valueOf(refused.getMessage())
            .startsWith(run.resolve("summary.json") + " is not JSON"));
  }

  private static void assertRefused(String message, Path... runs) {
    var refused = assertThrows(UserErrorException.class, () -> report(List.of(runs)));
    assertEquals(message, refused.getMessage());
  }
}
