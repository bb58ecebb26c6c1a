package org.jarl.env;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The state of a [Checkpointable] as bytes in memory, for tests, the [EnvironmentChecker] and
/// whoever wants to go back to an earlier moment. Little-endian on every machine.
///
///     numbers   as they are, 4 or 8 bytes; a flag takes 1
///     section   int 0x5EC710AD, int length, name in UTF-8
///     block     long length, bytes
public final class MemoryState {
  private static final int SECTION = 0x5EC710AD;

  private MemoryState() {}

  /// What `object` saves.
  public static byte[] save(Checkpointable object) {
    Writer writer = new Writer();
    object.save(writer);
    return writer.bytes.toByteArray();
  }

  /// Makes `object` take up a state.
  ///
  /// @param state what [#save] returned
  /// @throws IllegalArgumentException if the state is of something else: a section of another name
  ///   follows, it ends early, or something is left over
  public static void load(byte[] state, Checkpointable object) {
    Reader reader = new Reader(state);
    object.load(reader);
    if (reader.bytes.hasRemaining()) {
      throw new IllegalArgumentException(
          "the saved state holds %d bytes, only %d of them were read"
              .formatted(state.length, reader.bytes.position()));
    }
  }

  private static final class Writer implements StateWriter {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void section(String name) {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      putInt(SECTION);
      putInt(utf8.length);
      bytes.writeBytes(utf8);
    }

    @Override
    public void putBoolean(boolean value) {
      bytes.write(value ? 1 : 0);
    }

    @Override
    public void putInt(int value) {
      for (int shift = 0; shift < 32; shift += 8) {
        bytes.write(value >>> shift);
      }
    }

    @Override
    public void putLong(long value) {
      putInt((int) value);
      putInt((int) (value >>> 32));
    }

    @Override
    public void putBytes(MemorySegment block) {
      putLong(block.byteSize());
      bytes.writeBytes(block.toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private static final class Reader implements StateReader {
    private final ByteBuffer bytes;

    Reader(byte[] state) {
      bytes = ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void need(long length, String what) {
      if (length < 0 || bytes.remaining() < length) {
        throw new IllegalArgumentException(
            "the saved state ends at byte %d, where %s is needed".formatted(bytes.limit(), what));
      }
    }

    @Override
    public void section(String name) {
      String expected = "section \"" + name + "\"";
      int at = bytes.position();
      need(8, expected);
      int mark = bytes.getInt();
      int length = bytes.getInt();
      if (mark != SECTION) {
        throw new IllegalArgumentException(
            "the saved state has no section at byte %d, where %s is needed"
                .formatted(at, expected));
      }
      need(length, expected);
      byte[] utf8 = new byte[length];
      bytes.get(utf8);
      String found = new String(utf8, StandardCharsets.UTF_8);
      if (!found.equals(name)) {
        throw new IllegalArgumentException(
            "the saved state has section \"%s\" at byte %d, where %s is needed"
                .formatted(found, at, expected));
      }
    }

    @Override
    public boolean getBoolean() {
      need(1, "a flag");
      return bytes.get() != 0;
    }

    @Override
    public int getInt() {
      need(4, "a number of 4 bytes");
      return bytes.getInt();
    }

    @Override
    public long getLong() {
      need(8, "a number of 8 bytes");
      return bytes.getLong();
    }

    @Override
    public void getBytes(MemorySegment out) {
      long written = getLong();
      if (written != out.byteSize()) {
        throw new IllegalArgumentException(
            "the saved state holds a block of %d bytes where %d are needed"
                .formatted(written, out.byteSize()));
      }
      need(written, "a block of " + written + " bytes");
      MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, out, 0, written);
      bytes.position(bytes.position() + (int) written);
    }
  }
}
