package org.jarl.nn;

import java.lang.foreign.MemorySegment;

/// A compiled computation with fixed input and output buffers.
///
/// A run allocates nothing on the heap, starts no thread and cannot fail on shapes. Buffers are
/// native memory of the host, row-major, native byte order, and stay the same for the program's
/// life.
///
/// A run goes through the graph once or, as it was compiled, in several rounds one after the other.
public interface Program extends AutoCloseable {

  /// The buffer that a run reads an input from: of the input's shape, or `[rounds, shape]` for one
  /// of [Graph#inputOfRound].
  ///
  /// @throws IllegalArgumentException if there is no such input, naming those there are
  MemorySegment input(String name);

  /// The buffer that holds an output after a run, `[rounds, shape]`: one row for each round. Rows
  /// of rounds that were left out keep what they held. On a device of its own this waits for the
  /// last run to end.
  ///
  /// @throws IllegalArgumentException if there is no such output, naming those there are
  MemorySegment output(String name);

  /// Runs once. When it returns, inputs may be filled again and rows of tables written; a device of
  /// its own may still be at work.
  ///
  /// @throws IllegalArgumentException if an index is not that of a row, on devices that look at
  ///   them; see [Graph#rows]
  void run();

  /// Runs several times with the same inputs; the outputs are those of the last time. A device of
  /// its own goes from one to the next without the host.
  ///
  /// @param times at least 1
  default void run(int times) {
    for (int i = 0; i < times; i++) {
      run();
    }
  }

  /// Rounds of the last run that took effect: all of them, unless [Graph#stopWhen] ended it.
  int rounds();

  /// Runs once, with other work going on at the same time where there is a thread for it. When it
  /// returns or throws, both have ended.
  ///
  /// The work may run other programs of this engine that change nothing this one reads or changes.
  /// Variables keep their values until the work has ended, so it may read those that this program
  /// changes. It may also write rows of tables that this program takes, and say so: the program has
  /// taken its rows before. Results do not depend on whether the two overlapped, nor on the thread
  /// that does the work, which may be another one every time. With several rounds, or a condition
  /// to stop, the work is done first, rows of tables included.
  ///
  /// @throws RuntimeException what `work` threw
  default void runBeside(Runnable work) {
    try {
      work.run();
    } finally {
      run();
    }
  }

  /// The plan as text: one line per step with shapes, kernel and buffer.
  String describe();

  /// The plan with the time that each step takes, for people: runs the program some times, step by
  /// step on the calling thread, and shows the best time of each in a round. Has the effects of
  /// that many runs. A device that cannot tell its steps apart shows the plan alone.
  ///
  /// @param runs at least 1
  default String profile(int runs) {
    for (int i = 0; i < runs; i++) {
      run();
    }
    return describe();
  }

  @Override
  void close();
}
