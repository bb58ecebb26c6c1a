package org.jarl.agents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Safetensors;
import org.jarl.nn.Variables;

/// Saves and restores variables of a device through host memory, in checkpoints and in files of
/// weights.
final class VariablesState {
  private VariablesState() {}

  static void save(StateWriter to, List<Variables> sets) {
    for (Variables variables : sets) {
      to.section(variables.name());
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment host = arena.allocate(Math.max(4, variables.bytes()), 64);
        MemorySegment values = host.asSlice(0, variables.bytes());
        variables.read(values);
        to.putBytes(values);
      }
    }
  }

  static void load(StateReader from, List<Variables> sets) {
    for (Variables variables : sets) {
      from.section(variables.name());
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment host = arena.allocate(Math.max(4, variables.bytes()), 64);
        MemorySegment values = host.asSlice(0, variables.bytes());
        from.getBytes(values);
        variables.write(values);
      }
    }
  }

  static void writeFile(Path file, Variables variables) {
    try {
      Safetensors.write(file, variables);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write weights " + file, e);
    }
  }

  /// @throws IllegalArgumentException if the file holds other arrays
  static void readFile(Path file, Variables variables) {
    try {
      Safetensors.read(file, variables);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read weights " + file, e);
    }
  }
}
