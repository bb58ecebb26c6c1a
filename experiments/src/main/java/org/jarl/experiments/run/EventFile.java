package org.jarl.experiments.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;
import org.jarl.experiments.base.AppendedFile;

/// The TensorBoard file of a run: framed protocol-buffer messages. One thread uses it.
///
///     record   u64 n | u32 masked CRC32C of the 8 bytes before | n bytes of Event | u32 masked CRC
///     Event    1: double wall_time  2: int64 step  3: string file_version  5: Summary
///     Summary  1: repeated Value { 1: string tag  2: float simple_value }
///
/// The numbers before the colons are the field numbers of TensorFlow's `event.proto` and
/// `summary.proto`.
final class EventFile implements AutoCloseable {
  private static final int MASK = 0xa282ead8;
  private static final int LARGEST = 4096;
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final AppendedFile file;
  private final CRC32C crc = new CRC32C();
  private final byte[] record = new byte[LARGEST];
  private final ByteBuffer out = ByteBuffer.wrap(record).order(ByteOrder.LITTLE_ENDIAN);

  /// Opens or creates a file, cut back to `keep` bytes; a new one gets its version record.
  ///
  /// @param lost hears how many bytes of those are missing
  EventFile(Path path, long keep, LongConsumer lost) {
    file = new AppendedFile(path, keep, EventFile::wholeRecords, lost);
    if (file.length() == 0) {
      begin();
      bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
      end();
    }
  }

  /// Bytes of the records from the beginning that are whole.
  private static long wholeRecords(FileChannel channel) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    long end = 0;
    while (true) {
      head.clear();
      if (channel.read(head, end) < Long.BYTES) {
        return end;
      }
      long length = head.getLong(0);
      long next = end + Long.BYTES + Integer.BYTES + length + Integer.BYTES;
      if (length < 0 || length > LARGEST || next > channel.size()) {
        return end;
      }
      end = next;
    }
  }

  /// Adds one number.
  ///
  /// @param tag name of the curve, at most 1000 bytes as UTF-8
  void scalar(long agentSteps, String tag, double value) {
    byte[] name = tag.getBytes(StandardCharsets.UTF_8);
    int valueBytes = 1 + sizeOfVarint(name.length) + name.length + 1 + Float.BYTES;
    int summaryBytes = 1 + sizeOfVarint(valueBytes) + valueBytes;
    begin();
    key(2, VARINT);
    varint(agentSteps);
    key(5, BYTES);
    varint(summaryBytes);
    key(1, BYTES);
    varint(valueBytes);
    bytes(1, name);
    key(2, FIXED32);
    out.putFloat((float) value);
    end();
  }

  /// Length with everything added so far.
  long length() {
    return file.length();
  }

  /// Hands everything to the operating system.
  void flush() {
    file.flush();
  }

  /// Brings everything to the disk.
  void sync() {
    file.sync();
  }

  private void begin() {
    out.clear().position(Long.BYTES + Integer.BYTES);
    key(1, FIXED64);
    out.putDouble(System.currentTimeMillis() / 1000.0);
  }

  private void end() {
    int message = Long.BYTES + Integer.BYTES;
    int length = out.position() - message;
    out.putLong(0, length).putInt(Long.BYTES, maskedCrc(0, Long.BYTES));
    out.putInt(maskedCrc(message, length));
    file.append(record, out.position());
  }

  private int maskedCrc(int from, int length) {
    crc.reset();
    crc.update(record, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
  }

  private void bytes(int field, byte[] value) {
    key(field, BYTES);
    varint(value.length);
    out.put(value);
  }

  private void key(int field, int wireType) {
    out.put((byte) (field << 3 | wireType));
  }

  private void varint(long value) {
    while ((value & ~0x7fL) != 0) {
      out.put((byte) (value & 0x7f | 0x80));
      value >>>= 7;
    }
    out.put((byte) value);
  }

  private static int sizeOfVarint(long value) {
    return value == 0 ? 1 : (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7;
  }

  @Override
  public void close() {
    file.close();
  }
}
