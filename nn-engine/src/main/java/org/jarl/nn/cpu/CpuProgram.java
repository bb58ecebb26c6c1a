package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import org.jarl.nn.Program;

/// Waves in order. Its memory belongs to the engine.
final class CpuProgram implements Program {
  private final String name;
  private final Map<String, MemorySegment> inputs;
  private final Map<String, MemorySegment> outputs;
  private final Wave[] waves;
  private final Workers workers;
  private final String description;

  CpuProgram(
      String name,
      Map<String, MemorySegment> inputs,
      Map<String, MemorySegment> outputs,
      Wave[] waves,
      Workers workers,
      String description) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.waves = waves;
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
    for (Wave wave : waves) {
      workers.run(wave);
    }
  }

  @Override
  public String describe() {
    return description;
  }

  @Override
  public void close() {}
}
