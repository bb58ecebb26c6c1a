package org.jarl.experiments.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jarl.experiments.base.AppendedFile;

/// The numbers of a run on the disk: `metrics.jsonl`, a line per event, and the same for
/// TensorBoard. One thread uses it.
final class MetricsLog implements AutoCloseable {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_./-]{1,200}");

  private static final int BUFFER = 1 << 12;

  private final AppendedFile lines;
  private final EventFile events;
  private final TrainingListener listener;

  /// Opens both files, cut back to the lengths that a checkpoint remembers; 0 for new ones.
  ///
  /// @param listener hears what is added
  /// @param warn hears of a file that has lost numbers that it had at the checkpoint
  MetricsLog(
      Path linesFile,
      long linesBytes,
      Path eventFile,
      long eventBytes,
      TrainingListener listener,
      Consumer<String> warn) {
    lines =
        new AppendedFile(
            linesFile,
            linesBytes,
            MetricsLog::wholeLines,
            lost -> warn.accept(missing(linesFile, lost)));
    events = new EventFile(eventFile, eventBytes, lost -> warn.accept(missing(eventFile, lost)));
    this.listener = listener;
  }

  private static String missing(Path file, long lost) {
    return "%s has lost %,d bytes that it had at the checkpoint; the numbers in them are missing from here on"
        .formatted(file, lost);
  }

  /// Bytes up to the last end of a line.
  private static long wholeLines(FileChannel channel) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    for (long end = channel.size(); end > 0; end -= buffer.limit()) {
      buffer.clear().limit((int) Math.min(BUFFER, end));
      long from = end - buffer.limit();
      while (buffer.hasRemaining() && channel.read(buffer, from + buffer.position()) > 0) {}
      for (int i = buffer.limit() - 1; i >= 0; i--) {
        if (buffer.get(i) == '\n') {
          return from + i + 1;
        }
      }
    }
    return 0;
  }

  /// Adds one number. JSON has no word for a number that is not finite: it becomes `null` there.
  ///
  /// @throws IllegalArgumentException if the name has other characters than letters, digits and `_
  ///   . / -`
  void add(long agentSteps, String name, double value) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "a metric's name must be 1 to 200 letters, digits or any of _ . / -, got \""
              + name
              + "\"");
    }
    String number = Double.isFinite(value) ? Double.toString(value) : "null";
    String line =
        "{\"agentSteps\":" + agentSteps + ",\"name\":\"" + name + "\",\"value\":" + number + "}\n";
    byte[] utf8 = line.getBytes(StandardCharsets.UTF_8);
    lines.append(utf8, utf8.length);
    events.scalar(agentSteps, name, value);
    listener.metric(agentSteps, name, value);
  }

  /// Length of the JSON lines so far.
  long linesBytes() {
    return lines.length();
  }

  /// Length of the TensorBoard file so far.
  long eventBytes() {
    return events.length();
  }

  /// Hands everything to the operating system.
  void flush() {
    lines.flush();
    events.flush();
  }

  /// Brings everything to the disk.
  void sync() {
    lines.sync();
    events.sync();
  }

  @Override
  public void close() {
    lines.close();
    events.close();
  }
}
