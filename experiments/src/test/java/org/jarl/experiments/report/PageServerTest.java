package org.jarl.experiments.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class PageServerTest {
  private static final String CONFIG =
      """
      environment: {id: toy/corridor-v0}
      agent: {type: tabular}
      training: {agentSteps: 2000}
      seed: 3
      """;

  @TempDir private Path temporary;
  private final LiveRun live = new LiveRun();
  private final PageServer server = PageServer.bind(0);
  private Path runs = Path.of("");

  @BeforeEach
  void start() throws IOException {
    runs = Files.createDirectory(temporary.resolve("runs"));
    run("a");
    Files.writeString(temporary.resolve("config.yaml"), CONFIG);
    server.show(runs, "a", live);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path run(String name) throws IOException {
    Path run = Files.createDirectory(runs.resolve(name));
    Files.writeString(run.resolve("config.yaml"), CONFIG);
    return run;
  }

  private void number(String run, long steps, String name, double value) throws IOException {
    Files.writeString(
        runs.resolve(run).resolve("metrics.jsonl"),
        "{\"agentSteps\":%d,\"name\":\"%s\",\"value\":%s}\n"
            .formatted(steps, name, Double.isNaN(value) ? "null" : value),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  // ---- who is answered

  private String ask(String request, String... headers) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String text = request + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
      socket.getOutputStream().write(text.getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private int code(String request, String... headers) throws IOException {
    return Integer.parseInt(ask(request, headers).substring(9, 12));
  }

  private int get(String path, String... headers) throws IOException {
    List<String> all = new ArrayList<>(List.of(headers));
    all.add("Host: 127.0.0.1:" + server.port());
    all.add("Connection: close");
    return code("GET " + path + " HTTP/1.1", all.toArray(String[]::new));
  }

  @Test
  void everyAnswerForbidsWhatIsNotFromHere() throws IOException {
    for (String path :
        List.of("/", "/page.css", "/page.js", "/charts.js", "/chart.js", "/absent")) {
      String answer = ask("GET " + path + " HTTP/1.1", "Host: localhost", "Connection: close");
      assertTrue(
          answer.contains(
              "Content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';"
                  + " img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none';"
                  + " frame-ancestors 'none'\r\n"),
          answer);
      assertTrue(answer.contains("X-content-type-options: nosniff\r\n"), answer);
      assertTrue(answer.contains("Cross-origin-resource-policy: same-origin\r\n"), answer);
      assertFalse(answer.contains("Access-Control"), answer);
    }
  }

  @Test
  void thePageHasNothingInlineAndNamesNoOtherSite() {
    String page = WebFiles.own("index.html");
    assertFalse(page.matches("(?s).*(<style|style=|<script>|\\son\\w+=|https?:).*"), page);
    for (String file : List.of("page.js", "charts.js", "report.js", "page.css")) {
      assertFalse(WebFiles.own(file).matches("(?s).*(https?:|innerHTML|eval\\().*"), file);
    }
    assertFalse(WebFiles.chart().contains("sourceMappingURL"));
  }

  @Test
  void aNameThatIsNotThisMachinesIsRefused() throws IOException {
    String page = "GET / HTTP/1.1";
    for (String host :
        List.of("evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "x")) {
      assertEquals(421, code(page, "Host: " + host, "Connection: close"), host);
    }
    assertEquals(421, code("GET / HTTP/1.0"));
    // Behind a tunnel the port is another one.
    for (String host : List.of("127.0.0.1", "localhost:9999", "[::1]:8642", "127.0.0.1:80")) {
      assertEquals(200, code(page, "Host: " + host, "Connection: close"), host);
    }
  }

  @Test
  void pagesOfOtherSitesAreRefused() throws IOException {
    String own = "http://127.0.0.1:" + server.port();
    assertEquals(200, get("/run?name=a", "Origin: " + own));
    for (String origin : List.of("http://evil.example", "null", "https://127.0.0.1", own + "0")) {
      assertEquals(403, get("/run?name=a", "Origin: " + origin), origin);
    }
    assertEquals(403, get("/chart.js", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"));
    assertEquals(403, get("/chart.js", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"));
    assertEquals(200, get("/chart.js", "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"));
    assertEquals(200, get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"));
  }

  @Test
  void nothingCanBeChanged() throws IOException {
    for (String method : List.of("POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")) {
      assertEquals(
          405, code(method + " /run?name=a HTTP/1.1", "Host: localhost", "Connection: close"));
    }
  }

  @Test
  void noNameLeadsOutOfTheFolder() throws IOException {
    assertEquals(200, get("/run?name=a"));
    for (String name : List.of("..", "../runs/a", "%2e%2e", "a%2f..%2fa", "b", "", "a%00")) {
      assertEquals(404, get("/run?name=" + name), name);
    }
    assertEquals(404, get("/../config.yaml"));
    assertEquals(404, get("/run"));
    assertEquals(404, get("/page.js/"));
  }

  @Test
  void withoutATrainingThreadThereIsNoPicture() throws IOException {
    assertEquals(204, get("/frame.png"));
  }

  @Test
  void aRunIsDescribedByItsFiles() throws IOException {
    String answer = ask("GET /run?name=a HTTP/1.1", "Host: localhost", "Connection: close");
    JsonNode run = JsonMapper.shared().readTree(answer.substring(answer.indexOf("\r\n\r\n") + 4));
    assertEquals("toy/corridor-v0", run.path("environment").asString());
    assertEquals("tabular", run.path("agent").asString());
    assertEquals(3, run.path("config").path("seed").asInt());
    assertTrue(run.path("receipt").isNull());
  }

  // ---- events

  /// A page's line to the server.
  private final class Line implements AutoCloseable {
    private final BufferedReader in;

    Line(String query) throws IOException {
      URI uri = URI.create("http://127.0.0.1:" + server.port() + "/events" + query);
      in = new BufferedReader(new InputStreamReader(uri.toURL().openStream(), UTF_8));
    }

    /// The next event of a kind. The framing is checked on the way.
    JsonNode next(String kind) throws IOException {
      while (true) {
        String first = in.readLine();
        if (first.isEmpty() || first.equals(":")) {
          continue;
        }
        assertTrue(first.startsWith("event: "), first);
        String data = in.readLine();
        assertTrue(data.startsWith("data: "), data);
        assertEquals("", in.readLine());
        if (first.equals("event: " + kind)) {
          return JsonMapper.shared().readTree(data.substring(6));
        }
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  @Test
  void eventsBeginWithTheHistoryAndGoOnWithWhatIsNew() throws IOException {
    number("a", 100, "loss", 2.5);
    number("a", 200, "loss", Double.NaN);
    try (Line line = new Line("?run=a")) {
      JsonNode list = line.next("runs");
      assertEquals(
          "{\"live\":\"a\",\"runs\":[{\"run\":\"a\",\"finished\":false}]}", list.toString());
      assertEquals(
          "{\"run\":\"a\",\"restart\":true,\"metrics\":{\"loss\":{\"from\":0,\"steps\":[100,200],"
              + "\"values\":[2.5,null]}}}",
          line.next("points").toString());
      JsonNode status = line.next("status");
      assertEquals(2000, status.path("goal").asInt());
      assertEquals(200, status.path("agentSteps").asInt());
      number("a", 300, "loss", 1.5);
      assertEquals(
          "{\"run\":\"a\",\"metrics\":{\"loss\":{\"from\":2,\"steps\":[300],\"values\":[1.5]}}}",
          line.next("points").toString());
    }
  }

  @Test
  void newRunsAndTheEndOfARunAreTold() throws IOException {
    try (Line line = new Line("?run=a")) {
      assertEquals(1, line.next("runs").path("runs").size());
      Files.writeString(run("b").resolve("summary.json"), "{}");
      JsonNode list = line.next("runs");
      assertEquals("b", list.path("runs").get(1).path("run").asString());
      assertTrue(list.path("runs").get(1).path("finished").asBoolean());
      Files.writeString(runs.resolve("a/summary.json"), "{}");
      JsonNode status = line.next("status");
      while (!status.path("finished").asBoolean()) {
        status = line.next("status");
      }
      Thread.ofVirtual().start(server::close);
      assertEquals("{}", line.next("end").toString());
    }
  }

  @Test
  void whatAResumedRunHadWrittenTooMuchIsVoid() throws IOException {
    number("a", 100, "loss", 1);
    number("a", 200, "loss", 2);
    try (Line line = new Line("?run=a")) {
      assertEquals(2, line.next("points").path("metrics").path("loss").path("steps").size());
      Path file = runs.resolve("a/metrics.jsonl");
      List<String> lines = Files.readAllLines(file);
      Files.write(file, lines.subList(0, 1));
      assertEquals(
          "{\"run\":\"a\",\"restart\":true,\"metrics\":{\"loss\":{\"from\":0,\"steps\":[100],"
              + "\"values\":[1.0]}}}",
          line.next("points").toString());
    }
  }

  @Test
  void aDamagedRunIsToldAndTheOthersGoOn() throws IOException {
    Files.writeString(run("b").resolve("metrics.jsonl"), "nonsense\n");
    number("a", 100, "loss", 1);
    try (Line line = new Line("?run=b&run=a")) {
      JsonNode status = line.next("status");
      assertTrue(
          status.path("problem").asString().contains("metrics.jsonl:1: not a JSON object"),
          status.toString());
      assertEquals("a", line.next("points").path("run").asString());
    }
  }

  @Test
  void pagesThatReadNothingHoldUpNobody() throws Exception {
    var lines = new StringBuilder();
    for (int i = 0; i < 60_000; i++) {
      lines.append("{\"agentSteps\":").append(i / 20).append(",\"name\":\"metric/number-");
      lines.append(i % 20).append("\",\"value\":").append(Math.sin(i)).append("}\n");
    }
    Files.writeString(runs.resolve("a/metrics.jsonl"), lines);
    List<Socket> deaf = new ArrayList<>();
    try {
      for (int i = 0; i < 8; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(2048);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        socket
            .getOutputStream()
            .write("GET /events?run=a HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(UTF_8));
        deaf.add(socket);
      }
      long start = System.nanoTime();
      try (Line line = new Line("?run=a")) {
        assertEquals(20, line.next("points").path("metrics").size());
        number("a", 4000, "loss", 7);
        assertTrue(line.next("points").path("metrics").has("loss"));
      }
      long micros = (System.nanoTime() - start) / 1000;
      assertTrue(micros < 10_000_000, () -> micros + " us");
      start = System.nanoTime();
      server.close();
      assertTrue(Duration.ofNanos(System.nanoTime() - start).toSeconds() < 5);
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
    }
  }

  @Test
  void aPageTooManyTakesThePlaceOfTheStalest() throws IOException {
    List<Line> lines = new ArrayList<>();
    try {
      for (int i = 0; i < 33; i++) {
        lines.add(new Line("?run=a"));
        assertEquals(1, lines.getLast().next("runs").path("runs").size());
      }
      Line first = lines.getFirst();
      assertThrows(
          IOException.class,
          () -> {
            while (true) {
              first.next("runs");
            }
          });
      number("a", 100, "loss", 1);
      for (Line line : lines.subList(1, 33)) {
        assertTrue(line.next("points").path("restart").asBoolean());
      }
      assertEquals(200, get("/"));
    } finally {
      for (Line line : lines) {
        line.close();
      }
    }
  }

  @Test
  void aFolderThatIsGoneIsAnAnswerToo() throws IOException {
    Files.delete(runs.resolve("a/config.yaml"));
    Files.delete(runs.resolve("a"));
    Files.delete(runs);
    String answer = ask("GET /events HTTP/1.1", "Host: localhost", "Connection: close");
    assertTrue(answer.startsWith("HTTP/1.1 500 "), answer);
    assertTrue(answer.endsWith("cannot read " + runs + ": there is no such file"), answer);
  }
}
