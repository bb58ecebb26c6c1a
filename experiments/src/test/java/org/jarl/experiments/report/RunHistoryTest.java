package org.jarl.experiments.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jarl.experiments.base.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class RunHistoryTest {
  @TempDir private Path run;
  private final RunHistory.Cursor cursor = new RunHistory.Cursor();

  private void write(long from, long to) throws IOException {
    var lines = new StringBuilder();
    for (long i = from; i < to; i++) {
      lines.append("{\"agentSteps\":").append(10 * i).append(",\"name\":\"x\",\"value\":");
      lines.append(i).append("}\n");
    }
    append(lines.toString());
  }

  private void append(String text) throws IOException {
    Files.writeString(
        run.resolve("metrics.jsonl"), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private JsonNode told(RunHistory history) {
    history.refresh();
    ObjectNode out = Json.object();
    boolean _ = history.tell(cursor, out);
    return out.path("metrics").path("x");
  }

  @Test
  void aLongRunTakesNoMoreRoomAndEachPointIsAMean() throws IOException {
    var history = new RunHistory(run);
    long numbers = 50_000;
    write(0, numbers);
    JsonNode all = told(history);
    int points = all.path("steps").size();
    assertTrue(points <= RunHistory.CAPACITY && points > RunHistory.CAPACITY / 2, points + "");
    // 16 numbers make a point: the first is the mean of 0 to 15, told at the step of the last.
    assertEquals(150, all.path("steps").get(0).asInt());
    assertEquals(7.5, all.path("values").get(0).asDouble());
    assertEquals(numbers / 16, points);
    assertEquals(16 * (points - 1) + 7.5, all.path("values").get(points - 1).asDouble());
  }

  @Test
  void pointsThatWereReplacedAreToldAnew() throws IOException {
    var history = new RunHistory(run);
    write(0, RunHistory.CAPACITY - 1);
    assertEquals(RunHistory.CAPACITY - 1, told(history).path("steps").size());
    write(RunHistory.CAPACITY - 1, RunHistory.CAPACITY);
    JsonNode anew = told(history);
    assertEquals(0, anew.path("from").asInt());
    assertEquals(RunHistory.CAPACITY / 2, anew.path("steps").size());
    write(RunHistory.CAPACITY, RunHistory.CAPACITY + 2);
    JsonNode more = told(history);
    assertEquals(RunHistory.CAPACITY / 2, more.path("from").asInt());
    assertEquals(1, more.path("steps").size());
  }

  @Test
  void aLineIsTakenWhenItIsComplete() throws IOException {
    var history = new RunHistory(run);
    assertTrue(told(history).isMissingNode());
    write(0, 1);
    append("{\"agentSteps\":10,\"na");
    assertEquals(1, told(history).path("steps").size());
    assertTrue(told(history).isMissingNode());
    append("me\":\"x\",\"value\":1}\n");
    assertEquals(10, told(history).path("steps").get(0).asInt());
    assertEquals(10, history.lastSteps());
  }

  @Test
  void nothingNewIsNothingToTell() throws IOException {
    var history = new RunHistory(run);
    write(0, 3);
    assertEquals(3, told(history).path("steps").size());
    history.refresh();
    assertFalse(history.tell(cursor, Json.object()));
  }
}
