package org.jarl.benchmarks;

/// A workload made ready on one engine.
interface Candidate extends AutoCloseable {

  /// Runs once and reads the result: the outputs `[N, A]` of a forward pass, or the loss `[1]` of
  /// an update before its step.
  ///
  /// @param result receives them
  void run(float[] result);

  /// Numbers in a result.
  static int resultLength(Workload workload) {
    return workload.update() ? 1 : workload.batch() * workload.network().actions();
  }

  /// Makes a workload ready.
  ///
  /// @param engine `libtorch`, or a device of [org.jarl.nn.Engines]
  /// @param threads the engine may use
  static Candidate open(String engine, Workload workload, int threads) {
    return engine.equals("libtorch")
        ? new LibtorchCandidate(workload, threads)
        : new EngineCandidate(engine, workload, threads);
  }

  @Override
  void close();
}
