package org.jarl.experiments.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.report.PageServer;
import org.jarl.experiments.report.Report;
import org.jarl.experiments.report.ReportPage;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The live page and the report in a real browser: no complaint, no request to elsewhere, curves
/// that are there. Screenshots stay in `target/screens`.
///
/// Skipped where there is no Chromium, or failed with `-Djarl.forbid.skips=true`.
@Tag("slow")
@Timeout(240)
class BrowserTest {
  private static final Path SCREENS = Path.of("target/screens");

  /// Whether every canvas shows something: more than a few pixels that are not grey, as axes are.
  /// They are counted in a copy, since reading a canvas itself makes the browser complain.
  private static final String DRAWN =
      """
      (selector => [...document.querySelectorAll(selector)].every(canvas => {
        const {width, height} = canvas;
        if (width === 0 || height === 0) return false;
        const copy = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
        copy.drawImage(canvas, 0, 0);
        const bytes = copy.getImageData(0, 0, width, height).data;
        let colored = 0;
        for (let i = 0; i < bytes.length; i += 4) {
          const [r, g, b] = [bytes[i], bytes[i + 1], bytes[i + 2]];
          colored += Math.max(r, g, b) - Math.min(r, g, b) > 60 ? 1 : 0;
        }
        return colored > 20;
      }) && document.querySelectorAll(selector).length)\
      """;

  private static Chromium browser;

  @TempDir private Path folder;
  private volatile boolean hurry;

  @BeforeAll
  static void openBrowser() throws Exception {
    Path program = Chromium.find();
    if (program == null && Boolean.getBoolean("jarl.forbid.skips")) {
      throw new AssertionError("there is no chromium on the PATH; install the package chromium");
    }
    assumeTrue(program != null, "there is no chromium on the PATH");
    browser = new Chromium(program);
    browser.size(1280, 900, 1);
    browser.prefer("light");
  }

  @AfterAll
  static void closeBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @AfterEach
  void unpaced() {
    TabularAgent.onStep = steps -> {};
  }

  private static void assertContent(String prefix) {
    assertEquals(List.of(), browser.complaints());
    List<String> elsewhere = new ArrayList<>(browser.requests());
    assertFalse(elsewhere.isEmpty());
    elsewhere.removeIf(url -> url.startsWith(prefix) || url.startsWith("data:"));
    assertEquals(List.of(), elsewhere);
  }

  private static void assertDrawn(String selector) throws InterruptedException {
    browser.await(DRAWN + "('" + selector + "')");
  }

  private static void assertNoWiderThanTheWindow() {
    assertTrue(
        browser.evaluate("document.documentElement.scrollWidth <= innerWidth").asBoolean(),
        () -> "scrollWidth " + browser.evaluate("document.documentElement.scrollWidth"));
  }

  @Test
  void aRunCanBeFollowedOnThePageUntilItsEnd() throws Exception {
    ToyRuns toys = new ToyRuns();
    assertEquals(0, toys.train(ToyRuns.experiment("seed=5"), folder.resolve("before-s5-1")));
    TabularAgent.onStep = steps -> LockSupport.parkNanos(hurry ? 0 : 2_000_000);
    try (var page = new DashboardOption.Page(PageServer.bind(0));
        RunFolder run = RunFolder.create(folder.resolve("live-s1-1"));
        ExecutorService training = Executors.newSingleThreadExecutor();
        AutoCloseable _ = () -> hurry = true) {
      PageServer server = assertNotNullServer(page);
      RunTools tools = page.show(toys.tools, run.path());
      Experiment experiment =
          ToyRuns.experiment(
              "training.agentSteps=100000",
              "training.checkpointPeriod=50000",
              "evaluation.period=20000");
      Future<Integer> code =
          training.submit(() -> new RunCommands(tools).train(experiment, run, 1));
      String address = "http://127.0.0.1:" + server.port() + "/";
      browser.open(address);
      browser.await("document.querySelectorAll('#charts canvas').length >= 5");
      assertDrawn("#charts canvas");
      assertDrawn("#screen");
      assertEquals("live", browser.evaluate("connection.textContent").asString());
      String steps = "Number.parseInt(steps.textContent.replaceAll(',', ''))";
      int before = browser.evaluate(steps).asInt();
      browser.await(steps + " > " + (before + 300));
      browser.await("document.querySelectorAll('#settings tr').length > 10");
      browser.screenshot(SCREENS.resolve("live.png"));

      // By keyboard alone: the box of the other run is reached and set.
      browser.evaluate("document.activeElement.blur()");
      for (int i = 0; i < 12 && !focused("before-s5-1"); i++) {
        browser.press("Tab", 9);
      }
      assertTrue(focused("before-s5-1"), "Tab leads to every run");
      assertTrue(
          browser
              .evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
              .asBoolean(),
          "the focus is to be seen");
      browser.press(" ", 32);
      browser.await("document.querySelectorAll('#settings-head th').length === 3");
      browser.await("document.querySelectorAll('#settings tr.differs').length >= 2");
      assertTrue(focused("before-s5-1"), "the focus stays");

      browser.size(390, 844, 2);
      browser.prefer("dark");
      Thread.sleep(600); // the curves follow within a quarter of a second
      assertDrawn("#charts canvas");
      browser.screenshot(SCREENS.resolve("live-phone-dark.png"));
      assertNoWiderThanTheWindow();
      assertEquals(
          "rgb(13, 17, 23)",
          browser.evaluate("getComputedStyle(document.body).backgroundColor").asString());
      browser.evaluate("theme.click()");
      assertEquals(
          "rgb(255, 255, 255)",
          browser.evaluate("getComputedStyle(document.body).backgroundColor").asString());
      browser.evaluate("localStorage.clear()");
      hurry = true;
      assertEquals(0, code.get(120, TimeUnit.SECONDS));
      browser.await("remaining.textContent === 'finished'");
      server.close();
      browser.await("connection.textContent === 'the program has ended'");
      assertEquals(
          "", browser.evaluate("document.querySelector('#runs small').innerText").asString());
      assertContent(address);
    } finally {
      browser.size(1280, 900, 1);
      browser.prefer("light");
    }
  }

  private static PageServer assertNotNullServer(DashboardOption.Page page) {
    PageServer server = page.server();
    assertNotNull(server);
    return server;
  }

  private static boolean focused(String run) {
    return browser.evaluate("document.activeElement.value").asString("").equals(run);
  }

  @Test
  void complaintsAndRequestsToElsewhereAreNoticed() throws Exception {
    Path file = folder.resolve("page.html");
    String elsewhere = "http://127.0.0.1:9/elsewhere.png";
    Files.writeString(
        file, "<img src='" + elsewhere + "'><script>console.error('no')</script><canvas></canvas>");
    browser.open(file.toUri().toString());
    browser.await("document.images.length === 1 && document.images[0].complete");
    assertTrue(browser.requests().contains(elsewhere), browser.requests()::toString);
    assertTrue(browser.complaints().size() >= 2, browser.complaints()::toString);
    assertFalse(browser.evaluate(DRAWN + "('canvas')").asBoolean());
  }

  @Test
  void namesOfRunsAreTextOnThePage() throws Exception {
    String name = "<img src=x onerror=alert(1)>&-s1-1";
    ToyRuns toys = new ToyRuns();
    assertEquals(0, toys.train(ToyRuns.experiment(), folder.resolve(name)));
    try (PageServer server = PageServer.bind(0)) {
      server.show(folder, null, null);
      String address = "http://127.0.0.1:" + server.port() + "/";
      browser.open(address);
      browser.await("document.querySelectorAll('#charts canvas').length >= 5");
      assertEquals(
          name, browser.evaluate("document.getElementById('focus').textContent").asString());
      assertEquals(0, browser.evaluate("document.images.length").asInt());
      assertTrue(browser.evaluate("picture.hidden").asBoolean());
      assertContent(address);
      browser.open("about:blank");
    }
  }

  @Test
  void theReportOpensFromTheDiskAlone() throws Exception {
    ToyRuns toys = new ToyRuns();
    List<Path> runs = new ArrayList<>();
    for (int seed = 1; seed <= 3; seed++) {
      runs.add(folder.resolve("toy-s" + seed + "-1"));
      assertEquals(0, toys.train(ToyRuns.experiment("seed=" + seed), runs.getLast()));
    }
    runs.add(folder.resolve("longer-s1-1"));
    assertEquals(0, toys.train(ToyRuns.experiment("environment.options.length=7"), runs.getLast()));
    Path film = film();
    Path file = folder.resolve("report.html");
    String html = ReportPage.html(Report.of(runs, System.err::println), film);
    Files.write(file, html.getBytes(StandardCharsets.UTF_8));
    browser.open(file.toUri().toString());
    assertDrawn(".plot canvas");
    assertEquals(2, browser.evaluate("document.querySelectorAll('.legend li').length").asInt());
    browser.await("document.querySelector('img.film').naturalWidth === 70");
    browser.evaluate(
        """
        (select => { select.value = 'episodes'; select.dispatchEvent(new Event('change')); })(
            document.querySelector('.plot select'))\
        """);
    assertDrawn(".plot canvas");
    browser.screenshot(SCREENS.resolve("report.png"));
    browser.size(390, 844, 2);
    assertDrawn(".plot canvas");
    assertNoWiderThanTheWindow();
    browser.screenshot(SCREENS.resolve("report-phone.png"));
    browser.size(1280, 900, 1);
    assertContent(file.toUri().toString());
  }

  /// A picture of the corridor: a film of one frame.
  private Path film() throws IOException {
    var frame = new org.jarl.env.Frame();
    assertTrue(new ToyCorridor(java.util.Map.of()).render(frame));
    Path file = folder.resolve("film.apng");
    org.jarl.env.picture.Png.write(file, frame);
    return file;
  }
}
