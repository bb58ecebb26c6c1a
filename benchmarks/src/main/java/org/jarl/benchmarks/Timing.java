package org.jarl.benchmarks;

import java.lang.management.ManagementFactory;
import java.util.Arrays;

/// How long one call takes, ns.
///
/// @param median of chunks of some 20 ms
/// @param best of them
record Timing(double median, double best) {
  private static final double CHUNK_NANOS = 20e6;

  /// What the time is read from.
  enum Clock {
    /// Time that passes.
    WALL {
      @Override
      long nanos() {
        return System.nanoTime();
      }
    },
    /// Time that the calling thread is on a core: on a busy machine the better figure for an engine
    /// of one thread, and blind to all other threads.
    CPU {
      @Override
      long nanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      }
    };

    abstract long nanos();
  }

  /// Calls until warm, then times chunks.
  ///
  /// @param clock of the chunks
  /// @param warmUpNanos time before the first figure counts
  /// @param nanos time that counts
  static Timing of(Runnable call, Clock clock, double warmUpNanos, double nanos) {
    long calls = 1;
    // In time on a core: on a busy machine the compiler, which has as little of it as this thread,
    // would else not be done. Up to ten times as long in time that passes.
    long start = System.nanoTime();
    long startOnCore = Clock.CPU.nanos();
    while (true) {
      long before = System.nanoTime();
      repeat(call, calls);
      long now = System.nanoTime();
      double each = Math.max(1, (now - before) / (double) calls);
      calls = Math.max(1, Math.min(2 * calls, Math.round(CHUNK_NANOS / each)));
      if (Clock.CPU.nanos() - startOnCore > warmUpNanos || now - start > 10 * warmUpNanos) {
        break;
      }
    }
    double[] chunks = new double[(int) Math.max(5, nanos / CHUNK_NANOS)];
    long end = System.nanoTime() + (long) nanos;
    int taken = 0;
    while (taken < 5 || taken < chunks.length && System.nanoTime() < end) {
      long before = clock.nanos();
      repeat(call, calls);
      chunks[taken++] = (clock.nanos() - before) / (double) calls;
    }
    double[] sorted = Arrays.copyOf(chunks, taken);
    Arrays.sort(sorted);
    return new Timing(sorted[taken / 2], sorted[0]);
  }

  private static void repeat(Runnable call, long calls) {
    for (long i = 0; i < calls; i++) {
      call.run();
    }
  }
}
