package org.jarl.nn.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Tasks that do not depend on each other: the slices of the kernels of one level.
final class Wave {
  static final Wave EMPTY = new Wave(List.of());

  /// Less than this in all is not worth a hand-over, ns.
  private static final double WORTH = 4_000;

  private final List<Kernel> all;
  private final Kernel[] kernels;
  private final int[] slices;
  private final boolean parallel;

  private record Task(Kernel kernel, int slice) {}

  Wave(List<Kernel> independent) {
    all = List.copyOf(independent);
    List<Task> tasks = new ArrayList<>();
    double total = 0;
    for (Kernel kernel : independent) {
      for (int slice = 0; slice < kernel.slices(); slice++) {
        tasks.add(new Task(kernel, slice));
        total += kernel.nanos();
      }
    }
    // Longest first, so that the last ones to be claimed are short.
    tasks.sort(Comparator.comparingDouble((Task t) -> -t.kernel().nanos()));
    parallel = tasks.size() > 1 && total > WORTH;
    kernels = tasks.stream().map(Task::kernel).toArray(Kernel[]::new);
    slices = tasks.stream().mapToInt(Task::slice).toArray();
  }

  /// What it runs, whoever does.
  List<Kernel> kernels() {
    return all;
  }

  boolean parallel() {
    return parallel;
  }

  int tasks() {
    return kernels.length;
  }

  void run(int task, Scratch scratch) {
    kernels[task].run(slices[task], scratch);
  }

  void runAll(Scratch scratch) {
    for (int task = 0; task < kernels.length; task++) {
      run(task, scratch);
    }
  }
}
