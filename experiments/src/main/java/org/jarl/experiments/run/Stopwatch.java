package org.jarl.experiments.run;

/// Adds up the time between [#start] and [#stop]. For reports: nothing is decided by it. One thread
/// uses it.
final class Stopwatch {
  private long total;
  private long since;
  private boolean running;

  /// @param nanos time that counts already
  Stopwatch(long nanos) {
    total = nanos;
  }

  void start() {
    since = System.nanoTime();
    running = true;
  }

  void stop() {
    total = nanos();
    running = false;
  }

  /// Nanoseconds so far.
  long nanos() {
    return running ? total + System.nanoTime() - since : total;
  }
}
