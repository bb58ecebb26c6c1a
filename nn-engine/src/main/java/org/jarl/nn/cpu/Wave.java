package org.jarl.nn.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Tasks that do not depend on each other, dealt out to threads when the program is compiled.
final class Wave {
  static final Wave EMPTY = new Wave(List.of(), 1);

  /// Less than this in all is not worth a hand-over, ns.
  private static final double WORTH = 6_000;

  private final List<Kernel> all;
  private final Kernel[][] kernels;
  private final int[][] slices;
  private final boolean parallel;

  private record Task(Kernel kernel, int slice) {}

  Wave(List<Kernel> independent, int threads) {
    all = List.copyOf(independent);
    List<Task> tasks = new ArrayList<>();
    double total = 0;
    for (Kernel kernel : independent) {
      for (int slice = 0; slice < kernel.slices(); slice++) {
        tasks.add(new Task(kernel, slice));
        total += kernel.nanos();
      }
    }
    parallel = threads > 1 && tasks.size() > 1 && total > WORTH;
    List<List<Task>> dealt = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      dealt.add(new ArrayList<>());
    }
    double[] load = new double[threads];
    if (parallel) {
      // Longest first, each to whoever has least to do.
      tasks.sort(Comparator.comparingDouble((Task t) -> -t.kernel().nanos()));
    }
    for (Task task : tasks) {
      int least = 0;
      for (int i = 1; parallel && i < threads; i++) {
        least = load[i] < load[least] ? i : least;
      }
      dealt.get(least).add(task);
      load[least] += task.kernel().nanos();
    }
    kernels = new Kernel[threads][];
    slices = new int[threads][];
    for (int i = 0; i < threads; i++) {
      kernels[i] = dealt.get(i).stream().map(Task::kernel).toArray(Kernel[]::new);
      slices[i] = dealt.get(i).stream().mapToInt(Task::slice).toArray();
    }
  }

  /// What it runs, whoever does.
  List<Kernel> kernels() {
    return all;
  }

  boolean parallel() {
    return parallel;
  }

  void run(int thread, Scratch scratch) {
    Kernel[] mine = kernels[thread];
    int[] which = slices[thread];
    for (int i = 0; i < mine.length; i++) {
      mine[i].run(which[i], scratch);
    }
  }
}
