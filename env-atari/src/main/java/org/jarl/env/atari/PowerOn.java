package org.jarl.env.atari;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.bytedeco.ale.ALEInterface;
import org.bytedeco.ale.ALEState;
import org.bytedeco.javacpp.BytePointer;
import org.jarl.env.RandomStream;

/// Switching the console on, with what is random about it.
///
/// ALE never goes back to it: its reset leaves the memory of the game before and draws on from one
/// generator. So the state just after loading is kept as ALE's own bytes, and put back with another
/// generator in it, and for a cartridge that asks for it with noise in the memory.
///
///     6 ints | length | length, md5 | length, "System" | cycles | length, generator
///            | ... | length, "M6532" | 128 | 128 ints of memory | ...
///
/// ALE writes ints in 4 bytes, little-endian. The generator is a Mersenne twister in the text form
/// of the C++ library: 624 numbers and a position. All get ten digits, so that the text keeps its
/// length. Not thread-safe.
final class PowerOn implements AutoCloseable {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final int HEADER = 24;
  private static final int WORDS = 624;
  private static final int DIGITS = 10;
  private static final String POSITION = "624";
  private static final int MEMORY = 128;

  private final ALEInterface ale;
  private final boolean noise;
  private final BytePointer bytes;
  private final MemorySegment segment;
  private final long generator;
  private final long memory;

  /// Keeps the present state.
  ///
  /// @param noise whether the memory holds noise when the console is switched on, as that of a real
  ///   one does
  PowerOn(ALEInterface ale, boolean noise) {
    this.ale = ale;
    this.noise = noise;
    MemorySegment now = MemorySegment.ofArray(state());
    long md5 = HEADER + 4;
    long system = skip(now, md5);
    generator = skip(now, system) + 8;
    MemorySegment state = withLongGenerator(now);
    bytes = new BytePointer(state.toArray(ValueLayout.JAVA_BYTE));
    segment = MemorySegment.ofAddress(bytes.address()).reinterpret(state.byteSize());
    memory = find(segment, "M6532") + 4;
    if (segment.get(INT, memory - 4) != MEMORY) {
      throw changed();
    }
    write(0);
    restore();
    check(segment.toArray(ValueLayout.JAVA_BYTE), state());
  }

  /// Checks that the console has taken what was written. What ALE keeps of the game's score lies
  /// behind the cartridge and is not looked at: of Miniature Golf it reads numbers back as truths,
  /// and starting a game sets it anew.
  private static void check(byte[] written, byte[] taken) {
    int different = Arrays.mismatch(written, taken);
    String text = new String(written, StandardCharsets.ISO_8859_1);
    if (different >= 0 && different < text.lastIndexOf("Cartridge")
        || written.length != taken.length) {
      throw changed();
    }
  }

  /// Switches the console on and starts the game.
  ///
  /// @param seed what memory, timer and generator hold follows from it
  void start(long seed) {
    write(seed);
    restore();
    // The picture of an earlier game may be half drawn, which no state tells: two more finish it.
    ale.act(0);
    ale.act(0);
    restore();
    ale.reset_game();
  }

  private byte[] state() {
    try (ALEState state = ale.cloneState(false);
        BytePointer text = state.serialize()) {
      byte[] copy = new byte[Math.toIntExact(text.limit())];
      text.get(copy);
      return copy;
    }
  }

  private void restore() {
    try (ALEState state = new ALEState(bytes)) {
      ale.restoreState(state);
    }
  }

  private void write(long seed) {
    RandomStream random = RandomStream.of(seed, "console");
    long at = generator;
    for (int i = 0; i < WORDS; i++, at += DIGITS + 1) {
      long word = random.nextInt() & 0xffffffffL | 1L << 30;
      for (int digit = DIGITS - 1; digit >= 0; digit--, word /= 10) {
        segment.set(ValueLayout.JAVA_BYTE, at + digit, (byte) ('0' + word % 10));
      }
    }
    for (int i = 0; noise && i < MEMORY; i++) {
      segment.set(INT, memory + 4L * i, random.nextInt() & 0xff);
    }
  }

  /// The same state with room for ten digits per number.
  private MemorySegment withLongGenerator(MemorySegment state) {
    long length = state.get(INT, generator - 4);
    byte[] text = new byte[WORDS * (DIGITS + 1) + POSITION.length()];
    Arrays.fill(text, (byte) ' ');
    System.arraycopy(
        POSITION.getBytes(StandardCharsets.US_ASCII), 0, text, text.length - POSITION.length(), 3);
    long grown = text.length - length;
    MemorySegment result = MemorySegment.ofArray(new byte[(int) (state.byteSize() + grown)]);
    MemorySegment.copy(state, 0, result, 0, generator);
    MemorySegment.copy(MemorySegment.ofArray(text), 0, result, generator, text.length);
    long rest = generator + length;
    MemorySegment.copy(state, rest, result, rest + grown, state.byteSize() - rest);
    result.set(INT, HEADER, (int) (state.get(INT, HEADER) + grown));
    result.set(INT, generator - 4, text.length);
    return result;
  }

  /// What follows a text of ALE's.
  private static long skip(MemorySegment state, long at) {
    return at + 4 + state.get(INT, at);
  }

  /// What follows this text of ALE's.
  private static long find(MemorySegment state, String name) {
    byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
    for (long at = HEADER; at + 4 + wanted.length + 4 <= state.byteSize(); at++) {
      if (state.get(INT, at) == wanted.length
          && MemorySegment.mismatch(
                  state,
                  at + 4,
                  at + 4 + wanted.length,
                  MemorySegment.ofArray(wanted),
                  0,
                  wanted.length)
              < 0) {
        return skip(state, at);
      }
    }
    throw changed();
  }

  private static IllegalStateException changed() {
    return new IllegalStateException(
        "the states of this ALE are not written as those of " + AleLibrary.VERSION + " are");
  }

  @Override
  public void close() {
    bytes.close();
  }
}
