package org.jarl.experiments.show;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.experiments.base.BuildVersion;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.Json;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A file of what somebody played, step by step, which can be learned from and replayed exactly.
/// Little-endian:
///
///     "JARLDEMO", int version, record of the header: JSON in UTF-8
///     records of episodes and steps, in the order played
///
///     record    int length of the bytes that follow the checksum, int CRC-32C of them, zlib data
///     episode   byte 'E', long seed, the first observation
///     step      byte 'S', the action (an int per choice, a float per number), float reward,
///               float score, byte flags (1 terminated, 2 truncated, 4 life lost), an observation
///
/// Of a step that goes on, the observation is what the agent sees next; where several frames are
/// stacked ([EnvironmentSpec.Stacking]) only the newest. Of one that ends an episode it is the
/// whole final observation; if only a life was lost, the whole first one after it follows.
///
/// Each record is written at once and checked when read, so that a file whose writer was stopped is
/// whole up to its last step.
public final class Demonstrations {
  static final int VERSION = 1;

  private static final byte[] MAGIC = "JARLDEMO".getBytes(StandardCharsets.US_ASCII);
  private static final int PREFIX = 8;
  private static final int TERMINATED = 1;
  private static final int TRUNCATED = 2;
  private static final int LIFE_LOST = 4;

  private Demonstrations() {}

  /// What was played.
  ///
  /// @param environment id
  /// @param options a value for every option
  /// @param spec what it looked like, as in a policy's folder
  public record Header(String environment, Map<String, Object> options, JsonNode spec) {
    private byte[] bytes() {
      ObjectNode out = Json.object();
      out.put("jarl", BuildVersion.text()).put("environment", environment);
      ObjectNode values = out.putObject("options");
      options.forEach((name, value) -> {
        switch (value) {
          case Boolean flag -> values.put(name, flag);
          case Integer number -> values.put(name, number);
          case Double number -> values.put(name, number);
          default -> values.put(name, value.toString());
        }
      });
      out.set("spec", spec);
      return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static Header of(JsonNode in, Path file) {
      Map<String, Object> options = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> option : Json.need(in, file, "options").properties()) {
        JsonNode value = option.getValue();
        Object plain =
            value.isBoolean()
                ? value.booleanValue()
                : value.isInt()
                    ? value.intValue()
                    : value.isNumber() ? value.doubleValue() : value.asString();
        options.put(option.getKey(), plain);
      }
      return new Header(Json.text(in, file, "environment"), options, Json.need(in, file, "spec"));
    }
  }

  /// Bytes of an observation and of its newest frame.
  private record Sizes(int whole, int newest, int action) {
    static Sizes of(EnvironmentSpec spec) {
      int whole = Math.toIntExact(spec.observationSpace().bytes());
      return new Sizes(whole, whole / spec.stacking().depth(), 4 * spec.actionSize());
    }
  }

  /// Appends what is played. One thread uses it.
  public static final class Writer implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final Sizes sizes;
    private final ByteBuffer plain;
    private final ByteBuffer packed;
    private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    private long steps;

    /// A new file.
    ///
    /// @throws UserErrorException if it is there already
    /// @throws UnavailableException if it cannot be written
    public Writer(Path file, Header header, EnvironmentSpec spec) {
      this.file = file;
      this.sizes = Sizes.of(spec);
      byte[] json = header.bytes();
      int most = Math.max(json.length, 32 + sizes.action() + 2 * sizes.whole());
      plain = ByteBuffer.allocate(most).order(ByteOrder.LITTLE_ENDIAN);
      packed = ByteBuffer.allocate(PREFIX + most + most / 100 + 64).order(ByteOrder.LITTLE_ENDIAN);
      try {
        channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        ByteBuffer start = ByteBuffer.allocate(MAGIC.length + 4).order(ByteOrder.LITTLE_ENDIAN);
        write(start.put(MAGIC).putInt(VERSION).flip());
      } catch (FileAlreadyExistsException e) {
        throw new UserErrorException(
            file + " is there already, and demonstrations are not written over: name another file",
            e);
      } catch (IOException e) {
        throw new UnavailableException("cannot write " + file + ": " + Disk.reason(e), e);
      }
      plain.put(json);
      append();
    }

    /// An episode begins.
    public void begin(long seed, MemorySegment observation) {
      plain.put((byte) 'E').putLong(seed);
      put(observation, 0, sizes.whole());
      append();
    }

    /// A step was taken.
    ///
    /// @param actions of the one copy
    /// @param after what it led to
    public void add(ActionBatch actions, StepBatch after) {
      plain.put((byte) 'S');
      for (int index : actions.indices()) {
        plain.putInt(index);
      }
      for (float value : actions.values()) {
        plain.putFloat(value);
      }
      plain.putFloat(after.rewards()[0]).putFloat(after.scores()[0]).put(flags(after));
      if (after.ended(0)) {
        put(after.finalObservations(), 0, sizes.whole());
      }
      if (after.lifeLost()[0]) {
        put(after.observations(), 0, sizes.whole());
      } else if (!after.ended(0)) {
        put(after.observations(), sizes.whole() - sizes.newest(), sizes.newest());
      }
      append();
      steps++;
    }

    private void put(MemorySegment from, int offset, int length) {
      MemorySegment.copy(from, offset, MemorySegment.ofBuffer(plain), 0, length);
      plain.position(plain.position() + length);
    }

    private void append() {
      deflater.reset();
      deflater.setInput(plain.flip());
      deflater.finish();
      packed.clear().position(PREFIX);
      deflater.deflate(packed);
      CRC32C sum = new CRC32C();
      sum.update(packed.array(), PREFIX, packed.position() - PREFIX);
      packed.putInt(0, packed.position() - PREFIX).putInt(4, (int) sum.getValue());
      plain.clear();
      try {
        write(packed.flip());
      } catch (IOException e) {
        throw new UnavailableException(
            "cannot write %s: %s; its first %,d steps can be used"
                .formatted(file, Disk.reason(e), steps),
            e);
      }
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    /// Steps written.
    long steps() {
      return steps;
    }

    @Override
    public void close() {
      deflater.end();
      try {
        channel.close();
      } catch (IOException e) {
        throw new UnavailableException("cannot write " + file + ": " + Disk.reason(e), e);
      }
    }
  }

  private static byte flags(StepBatch after) {
    return (byte)
        ((after.terminated()[0] ? TERMINATED : 0)
            | (after.truncated()[0] ? TRUNCATED : 0)
            | (after.lifeLost()[0] ? LIFE_LOST : 0));
  }

  /// Reads a file from its beginning. One thread uses it.
  public static final class Reader implements AutoCloseable {
    private final Path file;
    private final FileChannel channel;
    private final Header header;
    private final Inflater inflater = new Inflater();
    private ByteBuffer record = ByteBuffer.allocate(0);

    /// Reads the header.
    ///
    /// @throws UserErrorException if the file is missing, no such file, or of another version
    public Reader(Path file) {
      this.file = file;
      try {
        channel = FileChannel.open(file, StandardOpenOption.READ);
      } catch (IOException e) {
        throw new UserErrorException("cannot read " + file + ": " + Disk.reason(e), e);
      }
      try {
        this.header = readHeader();
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    private Header readHeader() {
      ByteBuffer start = read(MAGIC.length + 4);
      byte[] magic = new byte[MAGIC.length];
      if (start != null) {
        start.get(magic);
      }
      if (start == null || !Arrays.equals(MAGIC, magic)) {
        throw new UserErrorException(
            file
                + " holds no demonstrations; write some with: jarl play ENV --demonstrations FILE");
      }
      int version = start.getInt();
      if (version != VERSION) {
        throw new UserErrorException(
            "%s has version %d, this Jarl reads version %d".formatted(file, version, VERSION));
      }
      if (!next(1 << 16)) {
        throw new UserErrorException(file + " ends within its header");
      }
      byte[] json = new byte[record.remaining()];
      record.get(json);
      return Header.of(Json.parse(new String(json, StandardCharsets.UTF_8), file), file);
    }

    /// What was played.
    public Header header() {
      return header;
    }

    /// Goes on to the next record.
    ///
    /// @return false at the end, or where the writer was stopped
    public boolean next(EnvironmentSpec spec) {
      Sizes sizes = Sizes.of(spec);
      return next(32 + sizes.action() + 2 * sizes.whole());
    }

    private boolean next(int most) {
      ByteBuffer prefix = read(PREFIX);
      if (prefix == null) {
        return false;
      }
      int length = prefix.getInt();
      int expected = prefix.getInt();
      ByteBuffer packed = length < 0 || length > 2 * most + 64 ? null : read(length);
      if (packed == null) {
        return false;
      }
      CRC32C sum = new CRC32C();
      sum.update(packed.duplicate());
      if ((int) sum.getValue() != expected) {
        return false;
      }
      byte[] plain = new byte[most];
      inflater.reset();
      inflater.setInput(packed);
      try {
        int size = inflater.inflate(plain);
        record = ByteBuffer.wrap(plain, 0, size).order(ByteOrder.LITTLE_ENDIAN);
        return true;
      } catch (DataFormatException e) {
        throw new UserErrorException(file + " is damaged: " + e.getMessage(), e);
      }
    }

    private @Nullable ByteBuffer read(int length) {
      ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
      try {
        while (bytes.hasRemaining()) {
          if (channel.read(bytes) < 0) {
            return null;
          }
        }
      } catch (IOException e) {
        throw new UserErrorException("cannot read " + file + ": " + Disk.reason(e), e);
      }
      return bytes.flip();
    }

    /// Whether the present record begins an episode.
    public boolean beginsEpisode() {
      return record.get(0) == 'E';
    }

    /// Seed of the episode that the present record begins.
    public long seed() {
      return record.getLong(1);
    }

    /// The action of the present record.
    public void action(ActionBatch out) {
      int at = 1;
      for (int i = 0; i < out.indices().length; i++, at += 4) {
        out.indices()[i] = record.getInt(at);
      }
      for (int i = 0; i < out.values().length; i++, at += 4) {
        out.values()[i] = record.getFloat(at);
      }
    }

    /// What differs between the present record and what was seen now.
    ///
    /// @param now after the reset or the step
    /// @return null when all is equal
    public @Nullable String difference(EnvironmentSpec spec, StepBatch now) {
      Sizes sizes = Sizes.of(spec);
      if (beginsEpisode()) {
        return differs(now.observations(), 0, sizes.whole(), 9) ? "the first observation" : null;
      }
      int at = 1 + sizes.action();
      if (Float.floatToRawIntBits(record.getFloat(at))
          != Float.floatToRawIntBits(now.rewards()[0])) {
        return "the reward: %s then, %s now".formatted(record.getFloat(at), now.rewards()[0]);
      }
      if (Float.floatToRawIntBits(record.getFloat(at + 4))
          != Float.floatToRawIntBits(now.scores()[0])) {
        return "the score: %s then, %s now".formatted(record.getFloat(at + 4), now.scores()[0]);
      }
      if (record.get(at + 8) != flags(now)) {
        return "the end of the episode: flags %d then, %d now"
            .formatted(record.get(at + 8), flags(now));
      }
      at += 9;
      if (now.ended(0)) {
        if (differs(now.finalObservations(), 0, sizes.whole(), at)) {
          return "the last observation";
        }
        at += sizes.whole();
      }
      boolean differs =
          now.lifeLost()[0]
              ? differs(now.observations(), 0, sizes.whole(), at)
              : !now.ended(0)
                  && differs(
                      now.observations(), sizes.whole() - sizes.newest(), sizes.newest(), at);
      return differs ? "the observation" : null;
    }

    private boolean differs(MemorySegment seen, int offset, int length, int at) {
      return MemorySegment.mismatch(
              seen, offset, offset + length, MemorySegment.ofBuffer(record), at, at + length)
          >= 0;
    }

    @Override
    public void close() {
      inflater.end();
      try {
        channel.close();
      } catch (IOException e) {
        throw new UserErrorException("cannot read " + file + ": " + Disk.reason(e), e);
      }
    }
  }
}
