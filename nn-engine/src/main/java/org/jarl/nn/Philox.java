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
        double angle = (block[pair + 1] >>> 8) * 0x1p-24 * 2 * Math.PI;
        double radius = Math.sqrt(-2 * StrictMath.log(u));
        yield (float) (radius * ((lane & 1) == 0 ? StrictMath.cos(angle) : StrictMath.sin(angle)));
      }
    };
  }
}
