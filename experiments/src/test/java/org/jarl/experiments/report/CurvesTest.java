package org.jarl.experiments.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurvesTest {
  @TempDir Path folder = Path.of("");

  private String said = "";

  @BeforeAll
  static void needsNoDisplay() {
    System.setProperty("java.awt.headless", "true");
  }

  /// A run that learns like CartPole: returns rise from 20 to 500 with noise.
  private Path run(int seed) throws IOException {
    Path run = Files.createDirectory(folder.resolve("run-s" + seed));
    var random = new SplittableRandom(seed);
    List<String> lines = new ArrayList<>();
    double middle = 12_000 + 5_000 * random.nextDouble();
    int step = 0;
    while (true) {
      double expected = 20 + 480 / (1 + Math.exp(-(step - middle) / 3_000));
      double value = Math.clamp(expected * (1 + 0.3 * random.nextGaussian()), 8, 500);
      step += (int) value;
      if (step > 50_000) {
        break;
      }
      lines.add(event(step, "returnMean100", value));
      lines.add(event(step, "loss", random.nextDouble()));
    }
    Files.write(run.resolve("metrics.jsonl"), lines);
    Files.writeString(
        run.resolve("summary.json"),
        "{\"environment\":\"classic/cartpole-v1\",\"agent\":\"dqn\",\"seed\":" + seed + "}");
    return run;
  }

  private static String event(int step, String name, double value) {
    return String.format(
        Locale.ROOT, "{\"agentSteps\":%d,\"name\":\"%s\",\"value\":%s}", step, name, value);
  }

  private int curves(Object... arguments) {
    var bytes = new ByteArrayOutputStream();
    var stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    int code = Curves.run(texts, stream, stream);
    said = bytes.toString(StandardCharsets.UTF_8);
    return code;
  }

  @Test
  void drawsThePictureOfFiveSeeds() throws IOException {
    Path out = folder.resolve("images/cartpole.png");
    Object[] arguments = {"--out", out, "--threshold", 475, run(1), run(2), run(3), run(4), run(5)};
    assertEquals(0, curves(arguments), said);
    assertEquals(out + ": returnMean100 of 5 runs\n", said);
    BufferedImage image = ImageIO.read(out.toFile());
    assertEquals(1600, image.getWidth());
    assertEquals(1000, image.getHeight());
    assertEquals(0xffffff, image.getRGB(4, 4) & 0xffffff);
    assertTrue(count(image, 0x0072b2) > 1000, "the mean is drawn");
    assertTrue(count(image, 0x8a4b08) > 1000, "the threshold is drawn");
    assertTrue(count(image, 0x24292f) > 200, "the labels are drawn");
  }

  @Test
  void theSameRunsGiveTheSamePicture() throws IOException {
    Path run = run(1);
    assertEquals(0, curves("--out", folder.resolve("a.png"), run), said);
    assertEquals(0, curves("--out", folder.resolve("b.png"), run), said);
    assertEquals(-1, Files.mismatch(folder.resolve("a.png"), folder.resolve("b.png")));
  }

  @Test
  void eachSeriesHasItsColour() throws IOException {
    Path out = folder.resolve("two.png");
    assertEquals(
        0, curves("--out", out, "--series", "DQN", run(1), "--series", "Double", run(2)), said);
    BufferedImage image = ImageIO.read(out.toFile());
    assertTrue(count(image, 0x0072b2) > 500);
    assertTrue(count(image, 0xd55e00) > 500);
  }

  @Test
  void aLineThatARunningRunHasNotFinishedIsLeftOut() throws IOException {
    Path run = run(1);
    Path file = run.resolve("metrics.jsonl");
    Files.writeString(file, Files.readString(file) + "{\"agentSteps\":5");
    assertEquals(0, curves("--out", folder.resolve("a.png"), run), said);
  }

  @Test
  void errorsNameTheFileAndTheWayOn() throws IOException {
    Path out = folder.resolve("a.png");
    Path run = run(1);
    Path metrics = run.resolve("metrics.jsonl");
    assertSays("curves: --out FILE is needed: where the picture goes", run);
    assertSays("curves: no run folder given; see curves --help", "--out", out);
    assertSays(
        "curves: --threshold needs a number, got \"high\"",
        "--out",
        out,
        run,
        "--threshold",
        "high");
    assertSays("curves: --title needs a value", run, "--title");
    assertSays(
        "curves: unknown option --titel; known: [--out, --metric, --title, --ylabel, --threshold,"
            + " --smooth] and --series",
        "--titel",
        "x",
        run);
    assertSays(
        "curves: " + metrics + " has no metric \"return\"; it has loss, returnMean100",
        "--out",
        out,
        "--metric",
        "return",
        run);
    Path absent = folder.resolve("absent");
    assertSays(
        "curves: "
            + absent
            + " is no run folder: cannot read "
            + absent.resolve("metrics.jsonl")
            + " (there is no such file)",
        "--out",
        out,
        absent);
    Files.writeString(metrics, "nonsense\n" + event(1, "loss", 2));
    assertEquals(2, curves("--out", out, run));
    assertTrue(said.startsWith("curves: " + metrics + ":1: not a JSON object on a line: "), said);
  }

  private void assertSays(String message, Object... arguments) {
    assertEquals(2, curves(arguments));
    assertEquals(message + "\n", said);
  }

  @Test
  void agentStepsAreShort() {
    assertEquals("0", CurvePicture.agentSteps(0));
    assertEquals("500", CurvePicture.agentSteps(500));
    assertEquals("50k", CurvePicture.agentSteps(50_000));
    assertEquals("2.5k", CurvePicture.agentSteps(2_500));
    assertEquals("1.5M", CurvePicture.agentSteps(1_500_000));
  }

  private static int count(BufferedImage image, int color) {
    int count = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        count += (image.getRGB(x, y) & 0xffffff) == color ? 1 : 0;
      }
    }
    return count;
  }
}
