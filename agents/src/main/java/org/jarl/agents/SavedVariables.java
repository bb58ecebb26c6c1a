package org.jarl.agents;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Safetensors;
import org.jarl.nn.Variables;

/// Variables of a device in a checkpoint, through host memory; and in files of weights.
record SavedVariables(Variables variables) implements Checkpointable {

  @Override
  public void save(StateWriter to) {
    to.section(variables.name());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = host(arena);
      variables.read(values);
      to.putBytes(values);
    }
  }

  @Override
  public void load(StateReader from) {
    from.section(variables.name());
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = host(arena);
      from.getBytes(values);
      variables.write(values);
    }
  }

  private MemorySegment host(Arena arena) {
    return arena.allocate(Math.max(4, variables.bytes()), 64).asSlice(0, variables.bytes());
  }

  /// Writes a file of weights.
  static void writeFile(Path file, Variables variables) {
    try {
      Safetensors.write(file, variables);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write weights " + file, e);
    }
  }

  /// Reads a file of weights.
  ///
  /// @throws IllegalArgumentException if the file holds other arrays
  static void readFile(Path file, Variables variables) {
    try {
      Safetensors.read(file, variables);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read weights " + file, e);
    }
  }
}
