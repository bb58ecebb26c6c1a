package org.jarl.nn.cpu;

/// One step of a program over memory that was fixed when it was built.
///
/// It is cut into slices that may run at the same time on different threads. The cut follows from
/// shapes alone, so results do not depend on how many threads there are.
abstract class Kernel {
  private final String label;
  private final int slices;
  private final double nanos;

  /// @param label what it does, for people
  /// @param nanos estimated time of one slice; decides only who runs it
  Kernel(String label, int slices, double nanos) {
    this.label = label;
    this.slices = slices;
    this.nanos = nanos;
  }

  final int slices() {
    return slices;
  }

  final double nanos() {
    return nanos;
  }

  final String label() {
    return label;
  }

  /// Computes one slice.
  ///
  /// @param scratch of the calling thread
  abstract void run(int slice, Scratch scratch);

  /// First element of a slice when `elements` are cut evenly.
  static int from(int slice, int slices, int elements) {
    return (int) ((long) elements * slice / slices);
  }

  /// Slices for work that costs `nanos` in all: pieces of at least 3 us, at most 8.
  static int slicesFor(double nanos, int most) {
    int wanted = Integer.highestOneBit((int) Math.max(1, Math.min(8, nanos / 3_000)));
    return Math.max(1, Math.min(wanted, most));
  }
}
