package org.jarl.experiments.report;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The metrics of one run in memory, for any number of pages that look at it.
///
/// A metric keeps at most [#CAPACITY] points. When that is full, neighbours are replaced by their
/// mean, and from then on each point is the mean of twice as many numbers. So the memory that a run
/// takes here does not grow with its length, and what a page has missed is never more than this.
/// Thread-safe.
final class RunHistory {
  /// Points per metric.
  static final int CAPACITY = 4096;

  private final MetricsReader reader;
  private final Map<String, Points> metrics = new LinkedHashMap<>();
  private long lastSteps;
  private int epoch;
  private int generations;

  RunHistory(Path run) {
    reader = new MetricsReader(run.resolve("metrics.jsonl"));
  }

  /// What one page has been told of a run.
  static final class Cursor {
    private int epoch = -1;
    private final Map<String, Told> told = new HashMap<>();

    private record Told(int generation, int count) {}
  }

  /// Reads what the run has written since the last call.
  synchronized void refresh() {
    try {
      if (!reader.read(this::add)) {
        forget();
        boolean _ = reader.read(this::add);
      }
    } catch (IOException _) {
      // There is no file before the first numbers are written.
    }
  }

  /// A run that was resumed goes on from its checkpoint, and what it wrote after that is void.
  private void forget() {
    metrics.clear();
    epoch++;
    lastSteps = 0;
  }

  private void add(long steps, String name, double value) {
    lastSteps = Math.max(lastSteps, steps);
    metrics.computeIfAbsent(name, _ -> new Points()).add(steps, value);
  }

  /// Agent steps of the newest number; 0 before the first.
  synchronized long lastSteps() {
    return lastSteps;
  }

  /// Writes what the page does not know yet, and notes that it does.
  ///
  ///     {"restart": true,             when all that was told before is void
  ///      "metrics": {"dqn/loss": {"from": 20, "steps": [21000], "values": [0.25]}}}
  ///
  /// `from` is how many points of the metric stay; the others follow. A value is `null` where the
  /// number was not finite.
  ///
  /// @return whether there is anything new
  synchronized boolean tell(Cursor cursor, ObjectNode out) {
    boolean news = cursor.epoch != epoch;
    if (news) {
      cursor.epoch = epoch;
      cursor.told.clear();
      out.put("restart", true);
    }
    ObjectNode all = out.putObject("metrics");
    for (Map.Entry<String, Points> metric : metrics.entrySet()) {
      Points points = metric.getValue();
      Cursor.Told told = cursor.told.get(metric.getKey());
      int from = told == null || told.generation != points.generation ? 0 : told.count;
      if (from < points.count) {
        points.write(all.putObject(metric.getKey()), from);
        cursor.told.put(metric.getKey(), new Cursor.Told(points.generation, points.count));
        news = true;
      }
    }
    return news;
  }

  /// One metric.
  private final class Points {
    private long[] steps = new long[64];
    private double[] values = new double[64];
    private int count;

    /// Changes whenever points that may have been told are replaced.
    private int generation = generations++;

    /// Numbers that make one point, and those that wait until there are as many.
    private int share = 1;

    private int waiting;
    private double sum;

    void add(long step, double value) {
      sum += value;
      if (++waiting < share) {
        return;
      }
      if (count == steps.length) {
        steps = Arrays.copyOf(steps, 2 * count);
        values = Arrays.copyOf(values, 2 * count);
      }
      steps[count] = step;
      values[count++] = sum / waiting;
      sum = 0;
      waiting = 0;
      if (count == CAPACITY) {
        halve();
      }
    }

    private void halve() {
      for (int i = 0; i < CAPACITY / 2; i++) {
        steps[i] = steps[2 * i + 1];
        values[i] = (values[2 * i] + values[2 * i + 1]) / 2;
      }
      count = CAPACITY / 2;
      share *= 2;
      generation = generations++;
    }

    void write(ObjectNode out, int from) {
      out.put("from", from);
      ArrayNode at = out.putArray("steps");
      ArrayNode numbers = out.putArray("values");
      for (int i = from; i < count; i++) {
        at.add(steps[i]);
        // Seven digits are more than a screen shows.
        float value = (float) values[i];
        if (Float.isFinite(value)) {
          numbers.add(value);
        } else {
          numbers.addNull();
        }
      }
    }
  }
}
