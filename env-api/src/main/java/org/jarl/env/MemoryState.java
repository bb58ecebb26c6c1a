package org.jarl.env;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The state of a [Checkpointable] as bytes in memory, for tests, the checker and
/// sessions that go back to an earlier state. Little-endian on every machine.
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
    return Arrays.copyOf(writer.bytes, writer.size);
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

  /// Writes one state after another into the same memory, which grows to the largest: for whoever
  /// saves at every step. Not thread-safe.
  public static final class Writer implements StateWriter {
    private byte[] bytes = new byte[1 << 10];
    private int size;

    /// An empty one.
    public Writer() {}

    /// The state is `0 .. size()-1`; valid until something more is written.
    public byte[] bytes() {
      return bytes;
    }

    /// Bytes of the state.
    public int size() {
      return size;
    }

    /// Begins the next state.
    public void clear() {
      size = 0;
    }

    /// Makes room.
    ///
    /// @return where what follows begins
    private int next(long length) {
      int at = size;
      size = Math.toIntExact(at + length);
      if (size > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(size, 2 * at));
      }
      return at;
    }

    @Override
    public void section(String name) {
      putInt(SECTION);
      int length = name.length();
      for (int i = 0; i < length; i++) {
        if (name.charAt(i) >= 0x80) {
          putUtf8(name);
          return;
        }
      }
      putInt(length);
      int at = next(length);
      for (int i = 0; i < length; i++) {
        bytes[at + i] = (byte) name.charAt(i);
      }
    }

    private void putUtf8(String name) {
      byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
      putInt(utf8.length);
      int at = next(utf8.length);
      System.arraycopy(utf8, 0, bytes, at, utf8.length);
    }

    @Override
    public void putBoolean(boolean value) {
      int at = next(1);
      bytes[at] = (byte) (value ? 1 : 0);
    }

    @Override
    public void putInt(int value) {
      int at = next(Integer.BYTES);
      for (int i = 0; i < Integer.BYTES; i++) {
        bytes[at + i] = (byte) (value >>> 8 * i);
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
      int at = next(block.byteSize());
      MemorySegment.copy(block, ValueLayout.JAVA_BYTE, 0, bytes, at, size - at);
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
