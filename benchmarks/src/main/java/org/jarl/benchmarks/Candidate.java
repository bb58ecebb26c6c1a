package org.jarl.benchmarks;

/// A workload made ready on one engine.
interface Candidate extends AutoCloseable {

  /// Runs once and reads the result: the outputs `[N, A]` of a forward pass, the loss `[1]` of an
  /// update before its step, or those of all of PPO's steps.
  ///
  /// @param result receives them
  void run(float[] result);

  /// Numbers in a result.
  static int resultLength(Workload workload) {
    return switch (workload.kind()) {
      case FORWARD -> workload.batch() * workload.network().actions();
      case UPDATE -> 1;
      case PPO -> workload.ppoTask().rounds();
    };
  }

  /// Makes a workload ready.
  ///
  /// @param engine `libtorch`, or a device of [org.jarl.nn.Engines]
  /// @param threads the engine may use
  static Candidate open(String engine, Workload workload, int threads) {
    boolean libtorch = engine.equals("libtorch");
    if (workload.kind() != Workload.Kind.PPO) {
      return libtorch
          ? new LibtorchCandidate(workload, threads)
          : new EngineCandidate(engine, workload, threads);
    }
    if (!libtorch) {
      return new PpoLearner(workload.ppoTask(), engine, threads, false);
    }
    try (PpoLearner ours = new PpoLearner(workload.ppoTask(), "cpu", threads, false)) {
      return new LibtorchPpo(ours, threads);
    }
  }

  @Override
  void close();
}
