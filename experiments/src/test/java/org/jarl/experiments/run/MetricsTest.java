package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.experiments.base.AppendedFile;
import org.jarl.experiments.base.UnavailableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsTest {
  @TempDir Path temporary;

  private Path lines() {
    return temporary.resolve("metrics.jsonl");
  }

  private Path events() {
    return temporary.resolve("events.out.tfevents.jarl");
  }

  private final List<String> warnings = new ArrayList<>();

  private MetricsLog open(long linesBytes, long eventBytes) {
    return new MetricsLog(
        lines(), linesBytes, events(), eventBytes, TrainingListener.NOBODY, warnings::add);
  }

  @Test
  void everyNumberIsALineWithStepNameAndValue() throws IOException {
    try (MetricsLog log = open(0, 0)) {
      log.add(1000, "loss", 0.5);
      log.add(2000, "evaluation/mean", Double.NaN);
    }
    assertEquals(
        """
        {"agentSteps":1000,"name":"loss","value":0.5}
        {"agentSteps":2000,"name":"evaluation/mean","value":null}
        """,
        Files.readString(lines()));
  }

  @Test
  void aNameThatWouldBreakTheLineIsRefused() {
    try (MetricsLog log = open(0, 0)) {
      var refused = assertThrows(IllegalArgumentException.class, () -> log.add(1, "lo\"ss", 1));
      assertEquals(
          "a metric's name must be 1 to 200 letters, digits or any of _ . / -, got \"lo\"ss\"",
          refused.getMessage());
    }
  }

  /// Some scalars, read back by a reader that knows only the file format.
  @Test
  void theEventFileHoldsFramedScalars() throws IOException {
    String longest = "n".repeat(200);
    try (MetricsLog log = open(0, 0)) {
      log.add(0, "loss", 0.5);
      log.add(127, "loss", -1e10);
      log.add(128, "episodes", 3);
      log.add(5_000_000_000L, longest, Double.POSITIVE_INFINITY);
    }
    assertEquals(
        List.of(
            new Event(0, "version brain.Event:2", 0),
            new Event(0, "loss", 0.5f),
            new Event(127, "loss", -1e10f),
            new Event(128, "episodes", 3),
            new Event(5_000_000_000L, longest, Float.POSITIVE_INFINITY)),
        EventReader.read(Files.readAllBytes(events())));
  }

  @Test
  void bothFilesGoOnWhereACheckpointRemembersThem() throws IOException {
    long linesBytes;
    long eventBytes;
    try (MetricsLog log = open(0, 0)) {
      log.add(100, "loss", 1);
      linesBytes = log.linesBytes();
      eventBytes = log.eventBytes();
      log.add(200, "loss", 2);
    }
    try (MetricsLog log = open(linesBytes, eventBytes)) {
      log.add(200, "loss", 3);
    }
    assertEquals(
        """
        {"agentSteps":100,"name":"loss","value":1.0}
        {"agentSteps":200,"name":"loss","value":3.0}
        """,
        Files.readString(lines()));
    assertEquals(
        List.of(
            new Event(0, "version brain.Event:2", 0),
            new Event(100, "loss", 1),
            new Event(200, "loss", 3)),
        EventReader.read(Files.readAllBytes(events())));
  }

  @Test
  void filesThatHaveLostTheirEndsAreCutToWhatIsWholeAndItIsSaid() throws IOException {
    long linesBytes;
    long eventBytes;
    try (MetricsLog log = open(0, 0)) {
      log.add(100, "loss", 1);
      log.add(200, "loss", 2);
      log.flush();
      linesBytes = log.linesBytes();
      eventBytes = log.eventBytes();
    }
    cut(lines(), 5);
    cut(events(), 5);
    try (MetricsLog log = open(linesBytes, eventBytes)) {
      log.add(300, "loss", 3);
    }
    List<String> text = Files.readAllLines(lines());
    assertEquals(2, text.size());
    assertTrue(text.get(0).contains("100") && text.get(1).contains("300"), text.toString());
    assertEquals(
        List.of(
            new Event(0, "version brain.Event:2", 0),
            new Event(100, "loss", 1),
            new Event(300, "loss", 3)),
        EventReader.read(Files.readAllBytes(events())));
    assertEquals(
        List.of(
            lines()
                + " has lost 5 bytes that it had at the checkpoint; the numbers in them are missing"
                + " from here on",
            events()
                + " has lost 5 bytes that it had at the checkpoint; the numbers in them are missing"
                + " from here on"),
        warnings);
  }

  private static void cut(Path file, int bytes) throws IOException {
    byte[] all = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(all, all.length - bytes));
  }

  @Test
  void aFullDiskIsReported() {
    Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.isWritable(full));
    var failed =
        assertThrows(
            UnavailableException.class,
            () -> {
              AppendedFile file = new AppendedFile(full, 0, FileChannel::size, _ -> {});
              file.append(new byte[100], 100);
              file.flush();
            });
    assertEquals(
        "cannot write /dev/full: No space left on device; make room, then go on with: jarl resume"
            + " /dev",
        failed.getMessage());
  }

  /// The check value of the CRC-32C catalogue, which the reader below is built on.
  @Test
  void theReadersChecksumIsCrc32c() {
    assertEquals(
        0xE3069283, EventReader.crc("123456789".getBytes(StandardCharsets.US_ASCII), 0, 9));
  }

  private record Event(long step, String tag, float value) {}

  /// Written from the description of the format, sharing nothing with the writer: a bitwise CRC and
  /// a plain walk over the fields.
  private static final class EventReader {
    private EventReader() {}

    static List<Event> read(byte[] file) {
      ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
      List<Event> events = new ArrayList<>();
      while (in.hasRemaining()) {
        int start = in.position();
        int length = Math.toIntExact(in.getLong());
        assertEquals(masked(crc(file, start, 8)), in.getInt(), "checksum of a length");
        int message = in.position();
        in.position(message + length);
        assertEquals(masked(crc(file, message, length)), in.getInt(), "checksum of a message");
        events.add(event(in.slice(message, length).order(ByteOrder.LITTLE_ENDIAN)));
      }
      return events;
    }

    private static Event event(ByteBuffer in) {
      long step = 0;
      String tag = "";
      float value = 0;
      while (in.hasRemaining()) {
        switch (in.get()) {
          case 1 << 3 | 1 -> in.getDouble();
          case 2 << 3 -> step = varint(in);
          case 3 << 3 | 2 -> tag = "version " + text(in);
          case 5 << 3 | 2 -> {
            ByteBuffer summary = part(in);
            assertEquals(1 << 3 | 2, summary.get());
            ByteBuffer scalar = part(summary);
            assertEquals(0, summary.remaining());
            assertEquals(1 << 3 | 2, scalar.get());
            tag = text(scalar);
            assertEquals(2 << 3 | 5, scalar.get());
            value = scalar.getFloat();
            assertEquals(0, scalar.remaining());
          }
          default -> throw new AssertionError("unknown field at " + in.position());
        }
      }
      return new Event(step, tag, value);
    }

    private static ByteBuffer part(ByteBuffer in) {
      int length = Math.toIntExact(varint(in));
      ByteBuffer part = in.slice(in.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      in.position(in.position() + length);
      return part;
    }

    private static String text(ByteBuffer in) {
      return StandardCharsets.UTF_8.decode(part(in)).toString();
    }

    private static long varint(ByteBuffer in) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte next = in.get();
        value |= (next & 0x7fL) << shift;
        if (next >= 0) {
          return value;
        }
      }
    }

    private static int masked(int crc) {
      return (crc >>> 15 | crc << 17) + 0xa282ead8;
    }

    static int crc(byte[] bytes, int from, int length) {
      int crc = ~0;
      for (int i = from; i < from + length; i++) {
        crc ^= bytes[i] & 0xff;
        for (int bit = 0; bit < 8; bit++) {
          crc = crc >>> 1 ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
        }
      }
      return ~crc;
    }
  }

  @Test
  void theProgressLineShowsStepsSpeedReturnAndRest() {
    assertEquals(
        "12,500 / 50,000 steps   25 %  1,000 steps/s  return 187.2  ETA 0:38",
        ProgressLine.text(12_500, new ProgressLine.Goal(50_000, "steps"), 1000, 187.24));
    assertEquals(
        "0 / 500,000 steps    0 %  0 steps/s  return -  ETA -",
        ProgressLine.text(0, new ProgressLine.Goal(500_000, "steps"), 0, Double.NaN));
    assertEquals(
        "0 / 500,000 steps    0 %  100 steps/s  return -  ETA 1:23:20",
        ProgressLine.text(0, new ProgressLine.Goal(500_000, "steps"), 100, Double.NaN));
  }

  @Test
  void aTerminalGetsOneLineThatRenewsItselfAndOthersALineEveryTenSeconds() {
    var bytes = new java.io.ByteArrayOutputStream();
    var out = new java.io.PrintStream(bytes, true, StandardCharsets.UTF_8);
    ProgressLine plain = new ProgressLine(out, false, new ProgressLine.Goal(100, "steps"), 0);
    assertArrayEquals(
        new boolean[] {false, true},
        new boolean[] {plain.due(9_999_999_999L), plain.due(10_000_000_000L)});
    plain.show(10_000_000_000L, 50, 10, 1);
    assertEquals(false, plain.due(19_999_999_999L));
    assertEquals(
        "50 / 100 steps   50 %  10 steps/s  return 1.0  ETA 0:05" + System.lineSeparator(),
        bytes.toString(StandardCharsets.UTF_8));
    bytes.reset();
    ProgressLine terminal = new ProgressLine(out, true, new ProgressLine.Goal(100, "steps"), 0);
    terminal.show(1, 50, 10, 1);
    terminal.clear();
    assertEquals(
        "\r50 / 100 steps   50 %  10 steps/s  return 1.0  ETA 0:05"
            + " ".repeat(24)
            + "\r"
            + " ".repeat(79)
            + "\r",
        bytes.toString(StandardCharsets.UTF_8));
  }
}
