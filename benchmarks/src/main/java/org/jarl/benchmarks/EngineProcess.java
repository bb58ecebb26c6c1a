package org.jarl.benchmarks;

import java.util.ArrayList;
import java.util.List;

/// The process that times one engine: started by [PeerTable], it prints one [Result] per line.
final class EngineProcess {
  private EngineProcess() {}

  /// What one process found for one workload.
  ///
  /// @param numbers the first result, then those of [#checkedRuns] runs in all: to compare engines
  record Result(Workload workload, Timing timing, float[] numbers) {
    private static final String MARK = "result";

    String line() {
      StringBuilder text = new StringBuilder(MARK);
      text.append(' ').append(workload).append(' ').append(timing.median());
      text.append(' ').append(timing.best());
      for (float number : numbers) {
        text.append(' ').append(number);
      }
      return text.toString();
    }

    /// Results among whatever else a process printed.
    static List<Result> parse(List<String> lines) {
      List<Result> results = new ArrayList<>();
      for (String line : lines) {
        String[] words = line.split(" ", -1);
        if (words[0].equals(MARK)) {
          float[] numbers = new float[words.length - 4];
          for (int i = 0; i < numbers.length; i++) {
            numbers[i] = Float.parseFloat(words[i + 4]);
          }
          Timing timing = new Timing(Double.parseDouble(words[2]), Double.parseDouble(words[3]));
          results.add(new Result(Workload.valueOf(words[1]), timing, numbers));
        }
      }
      return results;
    }
  }

  /// Runs before the clock starts whose numbers are compared: with an update, each depends on the
  /// steps before it. One run of PPO has 16 of them; after some 40 rounding shows.
  private static int checkedRuns(Workload workload) {
    return workload.kind() == Workload.Kind.PPO ? 1 : 4;
  }

  /// Times the workloads one after another.
  ///
  /// @param arguments engine, threads, clock, seconds to warm up, seconds to measure, workloads
  public static void main(String[] arguments) {
    int threads = Integer.parseInt(arguments[1]);
    Timing.Clock clock = Timing.Clock.valueOf(arguments[2]);
    double warmUp = 1e9 * Double.parseDouble(arguments[3]);
    double measured = 1e9 * Double.parseDouble(arguments[4]);
    for (int i = 5; i < arguments.length; i++) {
      Workload workload = Workload.valueOf(arguments[i]);
      try (Candidate candidate = Candidate.open(arguments[0], workload, threads)) {
        float[] numbers = numbers(candidate, workload);
        float[] result = new float[Candidate.resultLength(workload)];
        Timing timing = Timing.of(() -> candidate.run(result), clock, warmUp, measured);
        System.out.println(new Result(workload, timing, numbers).line());
      }
    }
    System.out.flush();
  }

  /// What the first runs compute, one after another.
  static float[] numbers(Candidate candidate, Workload workload) {
    float[] result = new float[Candidate.resultLength(workload)];
    float[] numbers = new float[checkedRuns(workload) * result.length];
    for (int run = 0; run < checkedRuns(workload); run++) {
      candidate.run(result);
      System.arraycopy(result, 0, numbers, run * result.length, result.length);
    }
    return numbers;
  }
}
