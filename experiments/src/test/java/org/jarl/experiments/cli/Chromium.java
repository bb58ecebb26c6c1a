package org.jarl.experiments.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jarl.experiments.base.Json;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A headless Chromium with one page, driven over the DevTools protocol. It remembers every request
/// and every complaint of the page.
final class Chromium implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 30;

  private final Process process;
  private final Path profile;
  private final HttpClient client = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final ConcurrentHashMap<Integer, CompletableFuture<JsonNode>> answers =
      new ConcurrentHashMap<>();
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> complaints = Collections.synchronizedList(new ArrayList<>());
  private int calls;

  /// The program, as far as the PATH leads to one.
  static @Nullable Path find() {
    for (String folder : System.getenv("PATH").split(java.io.File.pathSeparator, -1)) {
      for (String name : List.of("chromium", "chromium-browser", "google-chrome")) {
        Path program = Path.of(folder, name);
        if (Files.isExecutable(program)) {
          return program;
        }
      }
    }
    return null;
  }

  Chromium(Path program) throws IOException, InterruptedException {
    profile = Files.createTempDirectory("jarl-chromium");
    process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--user-data-dir=" + profile,
                "--remote-debugging-port=0",
                "about:blank")
            .redirectErrorStream(true)
            .redirectOutput(profile.resolve("output.log").toFile())
            .start();
    socket =
        client.newWebSocketBuilder().buildAsync(URI.create(pageAddress()), new Listener()).join();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable");
    }
  }

  private String pageAddress() throws IOException, InterruptedException {
    Path told = profile.resolve("DevToolsActivePort");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end && process.isAlive()) {
      if (Files.exists(told) && !Files.readAllLines(told).isEmpty()) {
        String port = Files.readAllLines(told).getFirst();
        var list = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json")).build();
        String text = client.send(list, HttpResponse.BodyHandlers.ofString()).body();
        for (JsonNode target : JsonMapper.shared().readTree(text)) {
          if (target.path("type").asString("").equals("page")) {
            return target.path("webSocketDebuggerUrl").asString();
          }
        }
      }
      Thread.sleep(50);
    }
    throw new IOException("no page: " + Files.readString(profile.resolve("output.log")));
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder message = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (last) {
        take(JsonMapper.shared().readTree(message.toString()));
        message.setLength(0);
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }
  }

  private void take(JsonNode message) {
    CompletableFuture<JsonNode> answer = answers.remove(message.path("id").asInt(-1));
    if (answer != null) {
      answer.complete(message);
      return;
    }
    JsonNode about = message.path("params");
    switch (message.path("method").asString("")) {
      case "Network.requestWillBeSent" ->
          requests.add(about.path("request").path("url").asString("?"));
      case "Runtime.exceptionThrown" -> complaints.add(about.toString());
      case "Runtime.consoleAPICalled" -> {
        if (List.of("error", "warning", "assert").contains(about.path("type").asString(""))) {
          complaints.add(about.toString());
        }
      }
      case "Log.entryAdded" -> {
        if (!about.path("entry").path("level").asString("").equals("verbose")) {
          complaints.add(about.toString());
        }
      }
      default -> {}
    }
  }

  /// Calls a method of the protocol.
  ///
  /// @param json its parameters, as JSON; none for none
  JsonNode call(String method, String... json) {
    int id = ++calls;
    var answer = new CompletableFuture<JsonNode>();
    answers.put(id, answer);
    ObjectNode message = Json.object();
    message.put("id", id).put("method", method);
    message.set("params", json.length == 0 ? Json.object() : JsonMapper.shared().readTree(json[0]));
    socket.sendText(message.toString(), true).join();
    try {
      JsonNode got = answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (got.has("error")) {
        throw new IllegalStateException(method + ": " + got.path("error"));
      }
      return got.path("result");
    } catch (InterruptedException | java.util.concurrent.ExecutionException | TimeoutException e) {
      throw new IllegalStateException(method + " was not answered", e);
    }
  }

  /// Opens an address and forgets what was before.
  void open(String address) {
    requests.clear();
    complaints.clear();
    call("Page.navigate", Json.object().put("url", address).toString());
  }

  /// The value of an expression in the page; its promise is waited for.
  JsonNode evaluate(String expression) {
    JsonNode got =
        call(
            "Runtime.evaluate",
            Json.object()
                .put("expression", expression)
                .put("returnByValue", true)
                .put("awaitPromise", true)
                .toString());
    if (got.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + got.path("exceptionDetails"));
    }
    return got.path("result").path("value");
  }

  /// Waits until an expression is true.
  void await(String expression) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!evaluate("Boolean(" + expression + ")").asBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError(
            "never true: "
                + expression
                + "; the page complains: "
                + complaints
                + "; it says: "
                + evaluate("document.body.innerText").asString(""));
      }
      Thread.sleep(50);
    }
  }

  /// Makes the window as large as this, with so many pixels per point.
  void size(int width, int height, int scale) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Json.object()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", scale)
            .put("mobile", width < 600)
            .toString());
  }

  /// Prefers light or dark.
  void prefer(String scheme) {
    call(
        "Emulation.setEmulatedMedia",
        "{\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"" + scheme + "\"}]}");
  }

  /// Presses a key, for example `Tab`.
  void press(String key, int code) {
    for (String type : List.of("keyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Json.object()
              .put("type", type)
              .put("key", key)
              .put("code", key)
              .put("windowsVirtualKeyCode", code)
              .put("text", key.equals(" ") ? " " : "")
              .toString());
    }
  }

  /// What is to be seen, as PNG.
  void screenshot(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    JsonNode shot = call("Page.captureScreenshot");
    Files.write(file, Base64.getDecoder().decode(shot.path("data").asString()));
  }

  /// Addresses that were asked for since [#open].
  List<String> requests() {
    return List.copyOf(requests);
  }

  /// Errors and warnings since [#open].
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  @Override
  public void close() {
    socket.abort();
    client.close();
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.walk(profile)) {
        files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
      }
    } catch (IOException | InterruptedException _) {
      // A temporary folder stays.
    }
  }
}
