package org.jarl.env;

import java.util.random.RandomGenerator;

/// A named stream of random numbers: Philox4x32-10 (Salmon et al. 2011), counter-based.
///
/// The numbers depend on seed, name and index alone: equal on every machine, independent of
/// threads, and the state to save is a key and a counter. Streams of different names or indices do
/// not overlap. Not thread-safe.
public final class RandomStream implements RandomGenerator, Checkpointable {
  private static final int MULTIPLIER_0 = 0xD2511F53;
  private static final int MULTIPLIER_1 = 0xCD9E8D57;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final float FLOAT_UNIT = 0x1p-24f;
  private static final double DOUBLE_UNIT = 0x1p-53;

  private long key;
  private long index;
  private long counter;

  /// Second half of the present block; valid when `half` is true.
  private long second;

  private boolean half;

  private RandomStream(long key, long index) {
    this.key = key;
    this.index = index;
  }

  /// Stream 0 of a name.
  public static RandomStream of(long seed, String name) {
    return of(seed, name, 0);
  }

  /// The stream of a name and an index.
  ///
  /// @param name what the numbers are for, for example `exploration`
  /// @param index which copy they are for
  public static RandomStream of(long seed, String name, long index) {
    long key = mix(seed);
    for (int i = 0; i < name.length(); i++) {
      key = mix(key ^ name.charAt(i));
    }
    return new RandomStream(key, index);
  }

  /// The finalizer of SplitMix64 (Steele et al. 2014).
  private static long mix(long z) {
    z += 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  @Override
  public long nextLong() {
    if (half) {
      half = false;
      return second;
    }
    int c0 = (int) counter;
    int c1 = (int) (counter >>> 32);
    int c2 = (int) index;
    int c3 = (int) (index >>> 32);
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = (MULTIPLIER_0 & 0xffffffffL) * (c0 & 0xffffffffL);
      long p1 = (MULTIPLIER_1 & 0xffffffffL) * (c2 & 0xffffffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c1 = (int) p1;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c3 = (int) p0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    counter++;
    second = (c3 & 0xffffffffL) << 32 | c2 & 0xffffffffL;
    half = true;
    return (c1 & 0xffffffffL) << 32 | c0 & 0xffffffffL;
  }

  @Override
  public int nextInt() {
    return (int) (nextLong() >>> 32);
  }

  /// Uniform in `0 .. bound-1`, without bias (Lemire 2019).
  ///
  /// @throws IllegalArgumentException if `bound` is not positive
  @Override
  public int nextInt(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("bound must be at least 1, got " + bound);
    }
    long product = (nextInt() & 0xffffffffL) * bound;
    if ((product & 0xffffffffL) < bound) {
      long threshold = ((1L << 32) - bound) % bound;
      while ((product & 0xffffffffL) < threshold) {
        product = (nextInt() & 0xffffffffL) * bound;
      }
    }
    return (int) (product >>> 32);
  }

  /// Uniform in `[0, 1)`, a multiple of `2^-24`.
  @Override
  public float nextFloat() {
    return (nextLong() >>> 40) * FLOAT_UNIT;
  }

  /// Uniform in `[0, 1)`, a multiple of `2^-53`.
  @Override
  public double nextDouble() {
    return (nextLong() >>> 11) * DOUBLE_UNIT;
  }

  /// Uniform in `[low, high)`.
  @Override
  public double nextDouble(double low, double high) {
    return low + (high - low) * nextDouble();
  }

  /// Uniform in `[low, high)`.
  @Override
  public float nextFloat(float low, float high) {
    return low + (high - low) * nextFloat();
  }

  /// Standard normal: Marsaglia's polar method with `StrictMath`, so equal on every machine. The
  /// second number of each pair is not kept, so the state stays a counter.
  @Override
  public double nextGaussian() {
    while (true) {
      double x = 2 * nextDouble() - 1;
      double y = 2 * nextDouble() - 1;
      double square = x * x + y * y;
      if (square > 0 && square < 1) {
        return x * Math.sqrt(-2 * StrictMath.log(square) / square);
      }
    }
  }

  @Override
  public void save(StateWriter to) {
    to.putLong(key);
    to.putLong(index);
    to.putLong(counter);
    to.putBoolean(half);
  }

  @Override
  public void load(StateReader from) {
    key = from.getLong();
    index = from.getLong();
    counter = from.getLong();
    half = false;
    if (from.getBoolean()) {
      counter--;
      long _ = nextLong();
    }
  }
}
