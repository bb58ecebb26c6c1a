package org.jarl.experiments.report;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UserErrorException;
import tools.jackson.databind.node.ObjectNode;

/// What one page is told, as server-sent events:
///
///     event: runs     the runs there are, when that changes
///     event: status   how a selected run stands, when that changes
///     event: points   numbers of a selected run that the page has not got, see [RunHistory#tell]
///     event: end      the server ends
///
/// At first `points` holds the whole history. There is no queue: after each write the stream looks
/// up what is new since, so a page on a slow line gets fewer and larger events and misses nothing. A
/// page that reads nothing holds up its own thread alone.
final class EventStream {
  private static final long PERIOD_MILLIS = 250;

  /// Periods between two looks at the folder of runs.
  private static final int LIST_PERIODS = 4;

  /// Periods between two comments that show that the line still stands.
  private static final int SIGN_PERIODS = 40;

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private volatile long lastTaken = System.nanoTime();

  private final PageServer server;
  private final OutputStream out;
  private final Map<String, RunHistory.Cursor> cursors = new HashMap<>();
  private final Map<String, String> said = new HashMap<>();
  private final List<String> runs;

  /// @param runs to tell of
  EventStream(PageServer server, List<String> runs, OutputStream out) {
    this.server = server;
    this.runs = runs;
    this.out = out;
  }

  /// Tells until the page goes away or the server ends.
  void run() throws IOException, InterruptedException {
    for (int period = 0; !server.closed(); period++) {
      if (period % LIST_PERIODS == 0) {
        sendChanged("runs", "", server.list());
      }
      tellRuns();
      if (period % SIGN_PERIODS == SIGN_PERIODS - 1) {
        out.write(":\n\n".getBytes(StandardCharsets.US_ASCII));
      }
      out.flush();
      lastTaken = System.nanoTime();
      TimeUnit.MILLISECONDS.sleep(PERIOD_MILLIS);
    }
    tellRuns();
    send("end", "{}");
    out.flush();
  }

  /// When the page had taken all that it was told, by [System#nanoTime].
  long lastTaken() {
    return lastTaken;
  }

  /// Whether the page has taken nothing for a while.
  boolean isStuck() {
    return System.nanoTime() - lastTaken > PATIENCE_NANOS;
  }

  private void tellRuns() throws IOException {
    for (String run : runs) {
      try {
        RunHistory history = server.history(run);
        history.refresh();
        ObjectNode points = Json.object();
        points.put("run", run);
        if (history.tell(cursors.computeIfAbsent(run, _ -> new RunHistory.Cursor()), points)) {
          send("points", points.toString());
        }
        sendChanged("status", run, server.status(run));
      } catch (UserErrorException e) {
        sendChanged("status", run, Json.object().put("run", run).put("problem", e.getMessage()));
      }
    }
  }

  private void sendChanged(String event, String run, ObjectNode data) throws IOException {
    String text = data.toString();
    if (!text.equals(said.put(event + " " + run, text))) {
      send(event, text);
    }
  }

  /// JSON in one line, as the framing needs it.
  private void send(String event, String json) throws IOException {
    out.write(("event: " + event + "\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8));
  }
}
