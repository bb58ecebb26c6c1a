package org.jarl.experiments.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunRecord;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Serves the live page on 127.0.0.1: the runs of one folder, and the picture of the run in this
/// process.
///
///     GET /              the page: index.html, page.css, charts.js, page.js, icon.svg, chart.js
///     GET /events?run=   server-sent events, see [EventStream]
///     GET /run?name=     config, receipt and summary of a run
///     GET /frame.png     the picture; 204 when there is none now
///
/// Everything but the picture is read from the run folders, as any other program could, so nothing
/// here can hold up training. There is no request that changes anything. Requests that name another
/// host (a foreign name that resolves to this machine) or come from the page of another site are
/// refused. Thread-safe; each request has a virtual thread of its own.
public final class PageServer implements AutoCloseable {
  private static final int MAX_STREAMS = 32;

  /// Only what this server sends is loaded, and nothing stands inside the page itself.
  private static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Served> files;

  /// What is being told to pages, the oldest first; guarded by itself.
  private final Set<Open> streams = new LinkedHashSet<>();

  private final Map<String, RunHistory> histories = new ConcurrentHashMap<>();
  private final Map<String, Long> goals = new ConcurrentHashMap<>();
  private Path folder = Path.of("");
  private @Nullable String liveName;
  private @Nullable LiveRun live;
  private volatile boolean closed;

  /// A stream and the thread that writes it.
  private record Open(EventStream stream, Thread thread) {}

  private record Served(String type, byte[] content) {
    static Served of(String type, String text) {
      return new Served(type, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private PageServer(HttpServer server) {
    this.server = server;
    this.files =
        Map.of(
            "/", Served.of("text/html; charset=utf-8", WebFiles.own("index.html")),
            "/page.css", Served.of("text/css; charset=utf-8", WebFiles.own("page.css")),
            "/charts.js", Served.of("text/javascript; charset=utf-8", WebFiles.own("charts.js")),
            "/page.js", Served.of("text/javascript; charset=utf-8", WebFiles.own("page.js")),
            "/chart.js", Served.of("text/javascript; charset=utf-8", WebFiles.chart()),
            "/icon.svg", Served.of("image/svg+xml", WebFiles.own("icon.svg")));
  }

  /// Takes the port; nothing is answered before [#show].
  ///
  /// @param port 0 for any that is free
  /// @throws UserErrorException if there is no such port
  /// @throws UnavailableException if it is taken
  public static PageServer bind(int port) {
    if (port < 0 || port > 65535) {
      throw new UserErrorException("--dashboard must be a port from 0 to 65535, got " + port);
    }
    // Small answers on a connection that stays open would wait for each other's acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    // Seconds for a request to come in: whoever says nothing holds no connection.
    System.setProperty("sun.net.httpserver.maxReqTime", "20");
    try {
      byte[] loopback = {127, 0, 0, 1};
      var address = new InetSocketAddress(InetAddress.getByAddress(loopback), port);
      return new PageServer(HttpServer.create(address, 0));
    } catch (BindException e) {
      throw new UnavailableException(
          "port "
              + port
              + " on 127.0.0.1 cannot be used: "
              + e.getMessage()
              + "; give another with --dashboard=PORT, or --dashboard=0 for any that is free",
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The port that was taken.
  public int port() {
    return server.getAddress().getPort();
  }

  /// Begins to answer.
  ///
  /// @param runs folder of run folders
  /// @param name of the run in this process; null for none
  /// @param seen of it; null for none
  public void show(Path runs, @Nullable String name, @Nullable LiveRun seen) {
    folder = runs;
    liveName = name;
    live = seen;
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try {
      int refusal = refusal(exchange);
      if (refusal != 0) {
        send(exchange, refusal, "text/plain", new byte[0]);
      } else {
        route(exchange);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (UserErrorException e) {
      send(exchange, 404, String.valueOf(e.getMessage()));
    } catch (UncheckedIOException e) {
      send(exchange, 500, "cannot read " + folder + ": " + Disk.reason(e));
    } finally {
      exchange.close();
    }
  }

  /// @return 0 for a request that may be answered
  private static int refusal(HttpExchange exchange) {
    var headers = exchange.getRequestHeaders();
    String host = headers.getFirst("Host");
    // Behind an SSH tunnel the port is another one, the name never.
    if (host == null || !host.matches("(127\\.0\\.0\\.1|localhost|\\[::1])(:\\d{1,5})?")) {
      return 421;
    }
    String origin = headers.getFirst("Origin");
    if (origin != null && !origin.equals("http://" + host)) {
      return 403;
    }
    String site = headers.getFirst("Sec-Fetch-Site");
    boolean ours = site == null || site.equals("same-origin") || site.equals("none");
    if (!ours && !"navigate".equals(headers.getFirst("Sec-Fetch-Mode"))) {
      return 403;
    }
    return exchange.getRequestMethod().equals("GET") ? 0 : 405;
  }

  private void route(HttpExchange exchange) throws IOException, InterruptedException {
    URI uri = exchange.getRequestURI();
    String path = uri.getPath();
    Served file = files.get(path);
    if (file != null) {
      send(exchange, 200, file.type(), file.content());
      return;
    }
    switch (path) {
      case "/run" -> send(exchange, 200, "application/json", details(only(uri)));
      case "/frame.png" -> {
        LiveRun seen = live;
        byte[] png = seen == null ? null : seen.picture();
        send(exchange, png == null ? 204 : 200, "image/png", png == null ? new byte[0] : png);
      }
      case "/events" -> events(exchange, parameters(uri, "run"));
      default -> send(exchange, 404, "text/plain", new byte[0]);
    }
  }

  private void events(HttpExchange exchange, List<String> runs)
      throws IOException, InterruptedException {
    List<String> known = runs();
    headers(exchange, "text/event-stream; charset=utf-8");
    exchange.sendResponseHeaders(200, 0);
    List<String> selected = runs.stream().filter(known::contains).distinct().toList();
    var open =
        new Open(
            new EventStream(this, selected, exchange.getResponseBody()), Thread.currentThread());
    synchronized (streams) {
      if (streams.size() >= MAX_STREAMS) {
        drop(stalest());
      }
      streams.add(open);
    }
    try {
      open.stream.run();
    } finally {
      synchronized (streams) {
        streams.remove(open);
      }
    }
  }

  /// The stream whose page has taken nothing for the longest time, or the oldest where all do.
  private Open stalest() {
    return streams.stream()
        .filter(open -> open.stream.isStuck())
        .min(Comparator.comparingLong(open -> open.stream.lastTaken()))
        .orElseGet(() -> streams.iterator().next());
  }

  /// Ends a stream, also one that waits for its page; a page that is alive asks again by itself.
  private void drop(Open open) {
    streams.remove(open);
    open.thread.interrupt();
  }

  private static void send(HttpExchange exchange, int code, String message) throws IOException {
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    send(exchange, code, "text/plain; charset=utf-8", text);
  }

  private static void send(HttpExchange exchange, int code, String type, byte[] content)
      throws IOException {
    headers(exchange, type);
    exchange.sendResponseHeaders(code, content.length == 0 ? -1 : content.length);
    exchange.getResponseBody().write(content);
  }

  private static void headers(HttpExchange exchange, String type) {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type);
    headers.set("Content-Security-Policy", POLICY);
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cache-Control", "no-store");
  }

  private static List<String> parameters(URI uri, String name) {
    List<String> values = new ArrayList<>();
    String query = uri.getRawQuery();
    for (String part : query == null ? new String[0] : query.split("&", -1)) {
      if (part.startsWith(name + "=")) {
        values.add(URLDecoder.decode(part.substring(name.length() + 1), StandardCharsets.UTF_8));
      }
    }
    return values;
  }

  private String only(URI uri) {
    List<String> names = parameters(uri, "name");
    if (names.size() != 1 || !runs().contains(names.getFirst())) {
      throw new UserErrorException("there is no such run in " + folder);
    }
    return names.getFirst();
  }

  private byte[] details(String name) {
    RunRecord record = RunRecord.read(folder.resolve(name));
    ObjectNode out = Json.object();
    out.put("run", name).put("agent", record.agent()).put("environment", record.environment());
    out.set("config", record.config());
    out.set("receipt", record.receipt());
    out.set("summary", record.summary());
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /// Names of the runs in the folder, the one in this process first, the others in order. Only such
  /// a name leads to a file.
  List<String> runs() {
    try (Stream<Path> all = Files.list(folder)) {
      List<String> names = new ArrayList<>();
      if (liveName != null) {
        names.add(liveName);
      }
      all.filter(run -> Files.isRegularFile(run.resolve("config.yaml")))
          .map(run -> run.getFileName().toString())
          .filter(name -> !name.equals(liveName))
          .sorted()
          .forEach(names::add);
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The list of runs for the page.
  ObjectNode list() {
    ObjectNode out = Json.object();
    if (liveName == null) {
      out.putNull("live");
    } else {
      out.put("live", liveName);
    }
    ArrayNode all = out.putArray("runs");
    for (String name : runs()) {
      all.addObject().put("run", name).put("finished", finished(name));
    }
    return out;
  }

  /// How a run stands.
  ///
  /// @throws UserErrorException if its folder is damaged
  ObjectNode status(String name) {
    Path run = folder.resolve(name);
    long goal = goals.computeIfAbsent(name, _ -> RunRecord.read(run).goal());
    boolean finished = finished(name);
    ObjectNode out = Json.object();
    out.put("run", name).put("goal", goal).put("finished", finished);
    long steps = history(name).lastSteps();
    LiveRun seen = live;
    if (seen != null && name.equals(liveName)) {
      steps = Math.max(steps, seen.agentSteps());
      out.put("here", true).put("noPicture", seen.problem());
    }
    out.put("agentSteps", steps);
    ArrayNode checkpoints = out.putArray("checkpoints");
    for (Path file : Checkpoints.list(run.resolve("checkpoints"))) {
      checkpoints.add(Checkpoints.agentSteps(file));
    }
    return out;
  }

  private boolean finished(String name) {
    return RunFolder.isFinished(folder.resolve(name));
  }

  /// The numbers of a run.
  RunHistory history(String name) {
    return histories.computeIfAbsent(name, known -> new RunHistory(folder.resolve(known)));
  }

  /// Whether the server is about to end.
  boolean closed() {
    return closed;
  }

  /// Tells every page the end, then lets the port go.
  @Override
  public void close() {
    closed = true;
    boolean none;
    synchronized (streams) {
      none = streams.isEmpty();
    }
    server.stop(none ? 0 : 1);
    threads.shutdownNow();
  }
}
