package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.jarl.nn.Program;

/// Waves in order. Its memory belongs to the engine.
final class CpuProgram implements Program {
  private final String name;
  private final Map<String, MemorySegment> inputs;
  private final Map<String, MemorySegment> outputs;
  private final Rounds rounds;
  private final Plan plan;
  private final Wave[] waves;
  private final int effects;
  private final Workers workers;
  private int taken;

  /// What a round does.
  ///
  /// @param tableRows the kernels of the first wave where there are any
  /// @param gathered the first of the waves that read no table
  /// @param effects the first of the waves that change variables, which come last
  /// @param text for people
  record Plan(TableRows[] tableRows, Wave[] waves, int gathered, int effects, String text) {}

  CpuProgram(
      String name,
      Map<String, MemorySegment> inputs,
      Map<String, MemorySegment> outputs,
      Rounds rounds,
      Plan plan,
      Workers workers) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.rounds = rounds;
    this.plan = plan;
    this.waves = plan.waves;
    this.effects = plan.effects;
    this.workers = workers;
  }

  @Override
  public MemorySegment input(String inputName) {
    return find(inputs, "input", inputName);
  }

  @Override
  public MemorySegment output(String outputName) {
    return find(outputs, "output", outputName);
  }

  private MemorySegment find(Map<String, MemorySegment> places, String what, String wanted) {
    MemorySegment place = places.get(wanted);
    if (place == null) {
      throw new IllegalArgumentException(
          "program " + name + " has no " + what + " \"" + wanted + "\"; it has " + places.keySet());
    }
    return place;
  }

  @Override
  public void run() {
    for (taken = 0; taken < rounds.count(); taken++) {
      load(taken);
      workers.run(waves, 0, effects);
      if (!rounds.store(taken)) {
        return;
      }
      workers.run(waves, effects, waves.length);
    }
  }

  private void load(int round) {
    rounds.load(round);
    for (TableRows rows : plan.tableRows) {
      rows.check();
    }
  }

  @Override
  public int rounds() {
    return taken;
  }

  @Override
  public void runBeside(Runnable work) {
    if (rounds.simple()) {
      load(0);
      taken = 1;
      workers.run(waves, 0, plan.gathered);
      workers.runBeside(waves, plan.gathered, effects, work);
    } else {
      Program.super.runBeside(work);
    }
  }

  @Override
  public String describe() {
    return plan.text;
  }

  @Override
  public String profile(int runs) {
    Scratch scratch = new Scratch();
    long[] best = new long[Arrays.stream(waves).mapToInt(wave -> wave.kernels().size()).sum()];
    Arrays.fill(best, Long.MAX_VALUE);
    for (int run = 0; run < runs; run++) {
      for (taken = 0; taken < rounds.count(); taken++) {
        load(taken);
        int first = time(0, effects, 0, best, scratch);
        if (!rounds.store(taken)) {
          break;
        }
        time(effects, waves.length, first, best, scratch);
      }
    }
    // Steps that were always left out.
    Arrays.setAll(best, i -> best[i] == Long.MAX_VALUE ? 0 : best[i]);
    StringBuilder text = new StringBuilder("program ").append(name).append('\n');
    int at = 0;
    for (Wave wave : waves) {
      for (Kernel kernel : wave.kernels()) {
        text.append(
            String.format(
                Locale.ROOT,
                "%12.2f us  %d x %s%n",
                best[at++] / 1000.0,
                kernel.slices(),
                kernel.label()));
      }
    }
    return text.append(total(best)).toString();
  }

  /// Runs waves step by step.
  ///
  /// @param at where the first step's best time is
  /// @return where the next one's is
  private int time(int from, int to, int at, long[] best, Scratch scratch) {
    int next = at;
    for (int i = from; i < to; i++) {
      for (Kernel kernel : waves[i].kernels()) {
        long start = System.nanoTime();
        for (int slice = 0; slice < kernel.slices(); slice++) {
          kernel.run(slice, scratch);
        }
        best[next] = Math.min(best[next], System.nanoTime() - start);
        next++;
      }
    }
    return next;
  }

  private static String total(long[] nanos) {
    return String.format(Locale.ROOT, "%12.2f us  in all%n", LongStream.of(nanos).sum() / 1000.0);
  }

  @Override
  public void close() {}
}
