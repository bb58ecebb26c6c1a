package org.jarl.agents;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Variables;

/// Saves and restores variables of a device through host memory.
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
}
