package org.jarl.nn;

/// Philox4x32-10 (Salmon et al. 2011): four random words from a key and a counter.
public final class Philox {
  private Philox() {}

  /// The block of a key `seed` at counter `(low, high, index, 0)`.
  ///
  /// @param out `[4]`
  public static void block(long seed, int low, int high, int index, int[] out) {
    int c0 = low;
    int c1 = high;
    int c2 = index;
    int c3 = 0;
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * (c0 & 0xffffffffL);
      long p1 = 0xCD9E8D57L * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }

  /// Element `lane` of a block as a number: uniform from its own word, normal by Box and Muller
  /// (1958) from its pair of words.
  public static float number(Op.RandomKind kind, int[] block, int lane) {
    return switch (kind) {
      case UNIFORM -> (block[lane] >>> 8) * 0x1p-24f;
      case NORMAL -> {
        int pair = lane & ~1;
        // (0, 1], so that the logarithm is finite.
        double u = ((block[pair] >>> 8) + 1) * 0x1p-24;
        double radius = Math.sqrt(-2 * StrictMath.log(u));
        yield (float) (radius * cosine((block[pair + 1] >>> 8) - ((lane & 1) << 22)));
      }
    };
  }

  /// `cos(2 pi turn / 2^24)`. The nearest quarter turn is taken off first: beyond an eighth of a
  /// turn, StrictMath hands on an array that it has allocated.
  private static double cosine(int turn) {
    int quarters = (turn + (1 << 21)) >> 22;
    double rest = (turn - (quarters << 22)) * 0x1p-24 * 2 * Math.PI;
    return switch (quarters & 3) {
      case 0 -> StrictMath.cos(rest);
      case 1 -> -StrictMath.sin(rest);
      case 2 -> -StrictMath.cos(rest);
      default -> StrictMath.sin(rest);
    };
  }
}
