package org.jarl.replay;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;
import java.util.zip.Deflater;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;

/// Appends what one copy of an environment plays to a new file of demonstrations, for a
/// [DemonstrationReader]. Masks of legal actions are not written. One thread uses it.
public final class DemonstrationWriter implements AutoCloseable {
  private final FileChannel channel;
  private final DemonstrationFormat format;
  private final ByteBuffer plain;
  private final ByteBuffer packed;
  private final Deflater deflater = new Deflater(Deflater.BEST_SPEED);
  private long steps;

  /// A new file.
  ///
  /// @param header what was played, in at most 65,536 bytes of UTF-8; its reader knows what it
  ///   means
  /// @param spec what is played looks like
  /// @throws java.nio.file.FileAlreadyExistsException if it is there already: demonstrations are
  ///   not written over
  /// @throws IOException if it cannot be written
  /// @throws IllegalArgumentException if the header is longer
  public DemonstrationWriter(Path file, String header, EnvironmentSpec spec) throws IOException {
    format = DemonstrationFormat.of(spec);
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    if (text.length > DemonstrationFormat.HEADER_BYTES) {
      throw new IllegalArgumentException(
          "the header of demonstrations must have at most %,d bytes, got %,d"
              .formatted(DemonstrationFormat.HEADER_BYTES, text.length));
    }
    int most = Math.max(text.length, format.mostBytes());
    plain = ByteBuffer.allocate(most).order(ByteOrder.LITTLE_ENDIAN);
    packed =
        ByteBuffer.allocate(DemonstrationFormat.PREFIX_BYTES + most + most / 100 + 64)
            .order(ByteOrder.LITTLE_ENDIAN);
    channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      ByteBuffer start =
          ByteBuffer.allocate(DemonstrationFormat.MAGIC.length + Integer.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN);
      write(start.put(DemonstrationFormat.MAGIC).putInt(DemonstrationFormat.VERSION).flip());
      plain.put(text);
      append();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /// An episode begins.
  ///
  /// @param seed of the episode: what it was begun with
  /// @param observation the first
  /// @throws IOException if it cannot be written; what was written before can be read
  public void begin(long seed, MemorySegment observation) throws IOException {
    plain.put(DemonstrationFormat.EPISODE).putLong(seed);
    put(observation, 0, format.observation());
    append();
  }

  /// A step was taken.
  ///
  /// @param actions of the one copy
  /// @param after what it led to
  /// @throws IOException if it cannot be written; what was written before can be read
  public void add(ActionBatch actions, StepBatch after) throws IOException {
    plain.put(DemonstrationFormat.STEP);
    for (int index : actions.indices()) {
      plain.putInt(index);
    }
    for (float value : actions.values()) {
      plain.putFloat(value);
    }
    plain.putFloat(after.rewards()[0]).putFloat(after.scores()[0]);
    plain.put(DemonstrationFormat.flags(after));
    int whole = format.observation();
    if (after.ended(0)) {
      put(after.finalObservations(), 0, whole);
    }
    if (after.lifeLost()[0]) {
      put(after.observations(), 0, whole);
    } else if (!after.ended(0)) {
      put(after.observations(), whole - format.frame(), format.frame());
    }
    append();
    steps++;
  }

  private void put(MemorySegment from, int offset, int length) {
    MemorySegment.copy(from, offset, MemorySegment.ofBuffer(plain), 0, length);
    plain.position(plain.position() + length);
  }

  private void append() throws IOException {
    int prefix = DemonstrationFormat.PREFIX_BYTES;
    deflater.reset();
    deflater.setInput(plain.flip());
    deflater.finish();
    packed.clear().position(prefix);
    deflater.deflate(packed);
    CRC32C sum = new CRC32C();
    sum.update(packed.array(), prefix, packed.position() - prefix);
    packed.putInt(0, packed.position() - prefix).putInt(Integer.BYTES, (int) sum.getValue());
    plain.clear();
    write(packed.flip());
  }

  private void write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// Steps written.
  public long steps() {
    return steps;
  }

  @Override
  public void close() throws IOException {
    deflater.end();
    channel.close();
  }
}
