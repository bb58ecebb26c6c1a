package org.jarl.viewer;

import java.util.Arrays;
import org.jarl.env.picture.Bytes;

/// Compresses indices of colours as GIF does (GIF89a, appendix F): codes of 3 to 12 bits for
/// strings that came before, in blocks of at most 255 bytes. Not thread-safe.
final class Lzw {
  private static final int CODES = 4096;
  private static final int SLOTS = 1 << 14;

  /// Open addressing: the string of a code is another code followed by an index.
  private final int[] keys = new int[SLOTS];

  private final short[] codes = new short[SLOTS];
  private Bytes out = new Bytes();
  private int minimumBits;
  private int bits;
  private int next;
  private int prefix;
  private int buffered;
  private int bufferedBits;

  /// Where the length of the present block stands.
  private int block;

  /// Begins a picture.
  ///
  /// @param indexBits how many bits an index has, 2 to 8
  void begin(Bytes to, int indexBits) {
    out = to;
    minimumBits = indexBits;
    buffered = 0;
    bufferedBits = 0;
    prefix = -1;
    out.put(indexBits);
    block = out.size();
    out.put(0);
    bits = indexBits + 1;
    emit(1 << minimumBits);
    forget();
  }

  private void forget() {
    Arrays.fill(keys, -1);
    bits = minimumBits + 1;
    next = (1 << minimumBits) + 2;
  }

  /// Adds a pixel.
  void put(int index) {
    if (prefix < 0) {
      prefix = index;
      return;
    }
    int key = prefix << 8 | index;
    int slot = key * 0x9E3779B1 >>> 18;
    while (keys[slot] != key) {
      if (keys[slot] < 0) {
        append(slot, key);
        prefix = index;
        return;
      }
      slot = slot + 1 & SLOTS - 1;
    }
    prefix = codes[slot];
  }

  /// Writes the longest known string and remembers it with the new index.
  private void append(int slot, int key) {
    emit(prefix);
    if (next == CODES) {
      emit(1 << minimumBits);
      forget();
      return;
    }
    keys[slot] = key;
    codes[slot] = (short) next;
    // Readers learn each string one code later than we do: the width grows one code late too.
    if (next == 1 << bits) {
      bits++;
    }
    next++;
  }

  /// Ends the picture.
  void end() {
    if (prefix >= 0) {
      emit(prefix);
      // The reader has now learnt the string before this code: it may expect wider codes.
      if (next == 1 << bits && bits < 12) {
        bits++;
      }
    }
    emit((1 << minimumBits) + 1);
    if (bufferedBits > 0) {
      store(buffered);
    }
    endBlock();
    out.put(0);
  }

  private void emit(int code) {
    buffered |= code << bufferedBits;
    bufferedBits += bits;
    while (bufferedBits >= 8) {
      store(buffered);
      buffered >>>= 8;
      bufferedBits -= 8;
    }
  }

  private void store(int value) {
    if (out.size() - block - 1 == 255) {
      endBlock();
      block = out.size();
      out.put(0);
    }
    out.put(value);
  }

  private void endBlock() {
    out.array()[block] = (byte) (out.size() - block - 1);
  }
}
