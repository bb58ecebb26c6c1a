package org.jarl.nn;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/// A device that runs programs: it owns variables and compiles graphs that read and change them.
///
/// One thread uses an engine and what it made, but for what [Program#runBeside] allows. Results do
/// not depend on the number of threads an engine works with.
public interface Engine extends AutoCloseable {

  /// What this engine runs on: `cpu`, `cuda` or `nd4j`.
  String device();

  /// One line on the hardware and libraries in use, for receipts and logs.
  String description();

  /// Threads that a program may use.
  int threads();

  /// How exactly products are computed; never [Precision#AUTO].
  default Precision precision() {
    return Precision.FP32;
  }

  /// A new, empty set of variables.
  ///
  /// @param name unique within this engine; part of error messages
  /// @throws IllegalArgumentException if the name is taken
  Variables variables(String name);

  /// Makes rows of the caller's memory known, which programs take by index; see [Graph#rows]. What
  /// they hold now is not looked at: say so with [RowTable#changed].
  ///
  /// @param name part of error messages
  /// @param rows memory outside the heap that every thread may read, valid until the table is
  ///   closed or no program that takes rows of it runs any more
  /// @param rowBytes of each row
  /// @throws IllegalArgumentException if these are not whole rows
  /// @throws DeviceException if the device keeps a copy and has no room for it, with both numbers
  RowTable table(String name, MemorySegment rows, long rowBytes);

  /// Traces, differentiates, plans and compiles a whole computation.
  ///
  /// @param name part of error messages
  /// @param trace builds the graph; what it names as outputs can be read after each run
  default Program compile(String name, Consumer<Graph> trace) {
    return compile(name, 1, trace);
  }

  /// The same for a program whose run goes through its graph several times, each round with the
  /// variables as the one before has left them: a learner's minibatches, say.
  ///
  /// @param name part of error messages
  /// @param rounds of each run, at least 1
  /// @param trace builds the graph of one round; see [Graph#inputOfRound] and [Graph#stopWhen]
  /// @throws IllegalArgumentException if there would be no round
  Program compile(String name, int rounds, Consumer<Graph> trace);

  /// Frees programs, variables and threads.
  @Override
  void close();
}
