package org.jarl.replay;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jspecify.annotations.Nullable;

/// Reads what a [DemonstrationWriter] wrote, from the beginning. There are two ways to use it, not
/// to be mixed: record by record ([#next] and what is said of the present record), to play it
/// again; or as the steps of one copy ([#begin], [#step]), to learn from it:
///
///     reader.begin(batch);
///     buffer.begin(batch);
///     while (reader.step(actions, batch)) {
///       buffer.add(actions, batch);
///     }
///
/// A file that ends within a record, or whose record fails its checksum, ends before it: its writer
/// was stopped there. One thread uses it.
public final class DemonstrationReader implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final String header;
  private final Inflater inflater = new Inflater();
  private ByteBuffer record = ByteBuffer.allocate(0);
  private @Nullable DemonstrationFormat format;
  private long records;

  /// Whether [#step] has read the present record without having told it.
  private boolean ahead;

  /// Reads the header.
  ///
  /// @throws DemonstrationFormatException if it is no such file, or one of another version
  /// @throws IOException if it cannot be read
  public DemonstrationReader(Path file) throws IOException {
    this.file = file;
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A pipe may never answer.
      throw new DemonstrationFormatException(
          file
              + " is no regular file, so it holds no demonstrations; write some with: jarl play ENV"
              + " --demonstrations FILE");
    }
    channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      header = readHeader();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private String readHeader() throws IOException {
    ByteBuffer start = read(DemonstrationFormat.MAGIC.length + Integer.BYTES);
    byte[] magic = new byte[DemonstrationFormat.MAGIC.length];
    if (start != null) {
      start.get(magic);
    }
    if (start == null || !Arrays.equals(DemonstrationFormat.MAGIC, magic)) {
      throw new DemonstrationFormatException(
          file + " holds no demonstrations; write some with: jarl play ENV --demonstrations FILE");
    }
    int version = start.getInt();
    if (version != DemonstrationFormat.VERSION) {
      throw new DemonstrationFormatException(
          "%s has version %d, this Jarl reads version %d"
              .formatted(file, version, DemonstrationFormat.VERSION));
    }
    if (!inflate(DemonstrationFormat.HEADER_BYTES)) {
      throw new DemonstrationFormatException(file + " ends within its header");
    }
    byte[] text = new byte[record.remaining()];
    record.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  /// What was played, as its writer said it.
  public String header() {
    return header;
  }

  /// Says what the steps look like, before the first is read.
  ///
  /// @param spec of the environment that was played
  public void expect(EnvironmentSpec spec) {
    format = DemonstrationFormat.of(spec);
  }

  private DemonstrationFormat format() {
    if (format == null) {
      throw new IllegalStateException("call expect before the first record is read");
    }
    return format;
  }

  // ---- record by record

  /// Goes on to the next record.
  ///
  /// @return false at the end
  /// @throws DemonstrationFormatException if the record is none of the expected environment
  /// @throws IOException if it cannot be read
  public boolean next() throws IOException {
    DemonstrationFormat sizes = format();
    if (!inflate(sizes.mostBytes())) {
      return false;
    }
    records++;
    int length = record.remaining();
    byte kind = length > 0 ? record.get(0) : 0;
    boolean whole =
        kind == DemonstrationFormat.EPISODE
            ? length == sizes.episodeBytes()
            : kind == DemonstrationFormat.STEP
                && length > sizes.flagsAt()
                && length == sizes.stepBytes(record.get(sizes.flagsAt()));
    if (!whole) {
      throw new DemonstrationFormatException(
          "%s is damaged: record %,d has %,d bytes and is no step of this environment"
              .formatted(file, records, length));
    }
    return true;
  }

  /// Whether the present record begins an episode.
  public boolean beginsEpisode() {
    return record.get(0) == DemonstrationFormat.EPISODE;
  }

  /// Seed of the episode that the present record begins.
  public long seed() {
    return record.getLong(1);
  }

  /// The action of the present record.
  ///
  /// @throws DemonstrationFormatException if it is none of this action space
  public void action(ActionBatch out) throws IOException {
    int at = 1;
    for (int i = 0; i < out.indices().length; i++, at += Integer.BYTES) {
      out.indices()[i] = record.getInt(at);
    }
    for (int i = 0; i < out.values().length; i++, at += Float.BYTES) {
      out.values()[i] = record.getFloat(at);
    }
    try {
      out.check(new boolean[0]);
    } catch (IllegalArgumentException e) {
      throw new DemonstrationFormatException(
          "%s is damaged: in record %,d %s".formatted(file, records, e.getMessage()));
    }
  }

  /// What differs between the present record and what was seen now.
  ///
  /// @param now after the reset or the step
  /// @return null when all is equal
  public @Nullable String difference(StepBatch now) {
    DemonstrationFormat sizes = format();
    int whole = sizes.observation();
    if (beginsEpisode()) {
      return differs(now.observations(), 0, whole, DemonstrationFormat.firstObservationAt())
          ? "the first observation"
          : null;
    }
    float reward = record.getFloat(sizes.rewardAt());
    if (Float.floatToRawIntBits(reward) != Float.floatToRawIntBits(now.rewards()[0])) {
      return "the reward: %s then, %s now".formatted(reward, now.rewards()[0]);
    }
    float score = record.getFloat(sizes.rewardAt() + Float.BYTES);
    if (Float.floatToRawIntBits(score) != Float.floatToRawIntBits(now.scores()[0])) {
      return "the score: %s then, %s now".formatted(score, now.scores()[0]);
    }
    byte flags = record.get(sizes.flagsAt());
    if (flags != DemonstrationFormat.flags(now)) {
      return "the end of the episode: flags %d then, %d now"
          .formatted(flags, DemonstrationFormat.flags(now));
    }
    int at = sizes.observationAt();
    if (now.ended(0)) {
      if (differs(now.finalObservations(), 0, whole, at)) {
        return "the last observation";
      }
      at += whole;
    }
    boolean differs =
        now.lifeLost()[0]
            ? differs(now.observations(), 0, whole, at)
            : !now.ended(0)
                && differs(now.observations(), whole - sizes.frame(), sizes.frame(), at);
    return differs ? "the observation" : null;
  }

  private boolean differs(MemorySegment seen, int offset, int length, int at) {
    return MemorySegment.mismatch(
            seen, offset, offset + length, MemorySegment.ofBuffer(record), at, at + length)
        >= 0;
  }

  // ---- as the steps of one copy

  /// Reads what the player saw first.
  ///
  /// @param current receives the observation; of one copy
  /// @return false if nothing was played
  /// @throws DemonstrationFormatException if the file does not begin with an episode
  /// @throws IOException if it cannot be read
  public boolean begin(StepBatch current) throws IOException {
    if (!next()) {
      return false;
    }
    if (!beginsEpisode()) {
      throw new DemonstrationFormatException(
          file + " is damaged: its first record does not begin an episode");
    }
    ahead = true;
    beginEpisodes(current);
    return true;
  }

  /// Takes the first observation of the episode that begins at the present record; of several that
  /// begin one after the other without a step, the last.
  private void beginEpisodes(StepBatch current) throws IOException {
    while (ahead && beginsEpisode()) {
      copy(DemonstrationFormat.firstObservationAt(), current.observations());
      ahead = next();
    }
  }

  /// Reads a step. An episode that was left before its end is truncated there. The observations
  /// after the last step of the file are those that it led to. All actions are legal: masks are not
  /// in the file.
  ///
  /// @param actions receives what was done; of one copy
  /// @param after receives what it led to; as [#begin] and the step before left it
  /// @return false after the last one
  /// @throws DemonstrationFormatException if the file holds something else
  /// @throws IOException if it cannot be read
  public boolean step(ActionBatch actions, StepBatch after) throws IOException {
    if (!ahead) {
      return false;
    }
    DemonstrationFormat sizes = format();
    action(actions);
    after.scores()[0] = record.getFloat(sizes.rewardAt() + Float.BYTES);
    after.rewards()[0] = record.getFloat(sizes.rewardAt());
    int flags = record.get(sizes.flagsAt());
    boolean ended = (flags & (DemonstrationFormat.TERMINATED | DemonstrationFormat.TRUNCATED)) != 0;
    after.terminated()[0] = (flags & DemonstrationFormat.TERMINATED) != 0;
    after.truncated()[0] = (flags & DemonstrationFormat.TRUNCATED) != 0;
    after.lifeLost()[0] = (flags & DemonstrationFormat.LIFE_LOST) != 0;
    int at = sizes.observationAt();
    if (ended) {
      copy(at, after.finalObservations());
      copy(after.lifeLost()[0] ? at + sizes.observation() : at, after.observations());
    } else {
      int older = sizes.observation() - sizes.frame();
      MemorySegment.copy(after.observations(), sizes.frame(), after.observations(), 0, older);
      MemorySegment.copy(
          MemorySegment.ofBuffer(record), at, after.observations(), older, sizes.frame());
    }
    ahead = next();
    if (!ended && ahead && beginsEpisode()) {
      after.truncated()[0] = true;
      after.finalObservations().copyFrom(after.observations());
    }
    beginEpisodes(after);
    return true;
  }

  private void copy(int at, MemorySegment to) {
    MemorySegment.copy(MemorySegment.ofBuffer(record), at, to, 0, format().observation());
  }

  // ---- the file

  /// Reads the next record of at most so many bytes; false where the file ends.
  private boolean inflate(int most) throws IOException {
    ByteBuffer prefix = read(DemonstrationFormat.PREFIX_BYTES);
    if (prefix == null) {
      return false;
    }
    int length = prefix.getInt();
    int expected = prefix.getInt();
    ByteBuffer packed = length < 0 || length > 2L * most + 64 ? null : read(length);
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
      throw new DemonstrationFormatException(file + " is damaged: " + e.getMessage());
    }
  }

  private @Nullable ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        return null;
      }
    }
    return bytes.flip();
  }

  @Override
  public void close() throws IOException {
    inflater.end();
    channel.close();
  }
}
