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
  private final Wave[] waves;
  private final int effects;
  private final Workers workers;
  private final String description;

  /// @param effects the first of the waves that change variables, which come last
  CpuProgram(
      String name,
      Map<String, MemorySegment> inputs,
      Map<String, MemorySegment> outputs,
      Wave[] waves,
      int effects,
      Workers workers,
      String description) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.waves = waves;
    this.effects = effects;
    this.workers = workers;
    this.description = description;
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
    workers.run(waves, 0, waves.length);
  }

  @Override
  public void runBeside(Runnable work) {
    workers.runBeside(waves, effects, work);
  }

  @Override
  public String describe() {
    return description;
  }

  @Override
  public String profile(int runs) {
    Scratch scratch = new Scratch();
    long[] best = new long[Arrays.stream(waves).mapToInt(wave -> wave.kernels().size()).sum()];
    Arrays.fill(best, Long.MAX_VALUE);
    for (int run = 0; run < runs; run++) {
      int at = 0;
      for (Wave wave : waves) {
        for (Kernel kernel : wave.kernels()) {
          long start = System.nanoTime();
          for (int slice = 0; slice < kernel.slices(); slice++) {
            kernel.run(slice, scratch);
          }
          best[at] = Math.min(best[at], System.nanoTime() - start);
          at++;
        }
      }
    }
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

  private static String total(long[] nanos) {
    return String.format(Locale.ROOT, "%12.2f us  in all%n", LongStream.of(nanos).sum() / 1000.0);
  }

  @Override
  public void close() {}
}
