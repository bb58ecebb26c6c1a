package org.jarl.experiments.report;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jarl.env.Printable;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UserErrorException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the `metrics.jsonl` of a run, also while the run goes on: each call takes up where the one
/// before ended. A line counts when it is complete, so what a running or killed run has half
/// written is left for later. One thread uses it.
final class MetricsReader {
  private static final int BUFFER = 1 << 16;

  /// A line that a run writes has some 300 bytes.
  private static final int LONGEST_LINE = 100_000;

  private final Path file;
  private long position;
  private long lines;
  private byte[] rest = {};

  /// Takes one number.
  interface Sink {
    /// Takes it; called in the order of the file.
    ///
    /// @param value NaN for one that was not finite
    void number(long agentSteps, String name, double value);
  }

  MetricsReader(Path file) {
    this.file = file;
  }

  /// Passes on the lines that have been completed since the last call.
  ///
  /// @return false when the file is shorter than before, as after a resume: nothing was read, and
  ///   the next call begins anew
  /// @throws IOException if the file cannot be read
  /// @throws UserErrorException if a line is not as a run writes it, naming file and line
  boolean read(Sink sink) throws IOException {
    try (FileChannel channel = Disk.open(file)) {
      if (channel.size() < position) {
        position = 0;
        lines = 0;
        rest = new byte[0];
        return false;
      }
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      for (int n = channel.read(buffer, position); n > 0; n = channel.read(buffer, position)) {
        position += n;
        take(buffer.flip(), sink);
        buffer.clear();
      }
      return true;
    }
  }

  private void take(ByteBuffer bytes, Sink sink) {
    byte[] block = new byte[rest.length + bytes.remaining()];
    System.arraycopy(rest, 0, block, 0, rest.length);
    bytes.get(block, rest.length, bytes.remaining());
    int start = 0;
    for (int i = rest.length; i < block.length; i++) {
      if (block[i] == '\n') {
        line(block, start, i - start, sink);
        start = i + 1;
      }
    }
    if (block.length - start > LONGEST_LINE) {
      throw new UserErrorException(
          "%s:%d: a line of more than %,d bytes is none of a run's"
              .formatted(file, lines + 1, LONGEST_LINE));
    }
    rest = Arrays.copyOfRange(block, start, block.length);
  }

  private void line(byte[] block, int start, int length, Sink sink) {
    lines++;
    JsonNode event;
    try {
      event = JsonMapper.shared().readTree(block, start, length);
    } catch (JacksonException e) {
      throw new UserErrorException(place() + Printable.line(e.getOriginalMessage()), e);
    }
    JsonNode steps = event.path("agentSteps");
    JsonNode name = event.path("name");
    if (!steps.canConvertToLong() || !name.isString()) {
      throw new UserErrorException(place() + "it needs agentSteps, name and value");
    }
    JsonNode value = event.path("value");
    sink.number(
        steps.longValue(), name.stringValue(), value.isNumber() ? value.doubleValue() : Double.NaN);
  }

  private String place() {
    return file + ":" + lines + ": not a JSON object on a line: ";
  }

  /// Every metric of a run, by name, in rising order of steps; numbers that are not finite are left
  /// out.
  ///
  /// @throws UserErrorException if the run has no metrics that can be read
  static SortedMap<String, LearningCurve.Series> all(Path run) {
    Path file = run.resolve("metrics.jsonl");
    SortedMap<String, List<double[]>> points = new TreeMap<>();
    try {
      boolean _ =
          new MetricsReader(file)
              .read((steps, name, value) -> {
                if (!Double.isNaN(value)) {
                  points
                      .computeIfAbsent(name, _ -> new ArrayList<>())
                      .add(new double[] {steps, value});
                }
              });
    } catch (IOException e) {
      throw new UserErrorException(
          run + " is no run folder: cannot read " + file + " (" + Disk.reason(e) + ")", e);
    }
    SortedMap<String, LearningCurve.Series> all = new TreeMap<>();
    for (Map.Entry<String, List<double[]>> metric : points.entrySet()) {
      List<double[]> sorted = metric.getValue();
      sorted.sort((a, b) -> Double.compare(a[0], b[0]));
      all.put(
          metric.getKey(),
          new LearningCurve.Series(
              sorted.stream().mapToDouble(point -> point[0]).toArray(),
              sorted.stream().mapToDouble(point -> point[1]).toArray()));
    }
    return all;
  }
}
