package org.jarl.experiments.cli;

import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Variables;

/// A device for agents that compute nothing on it.
public record FakeEngine(String device, int threads) implements Engine {

  /// Opens `auto` as `cpu`.
  public static Engine open(String device, int threads, Precision precision) {
    return new FakeEngine(device.equals("auto") ? "cpu" : device, threads);
  }

  @Override
  public String description() {
    return "fake";
  }

  @Override
  public Variables variables(String name) {
    throw new UnsupportedOperationException("a fake computes nothing");
  }

  @Override
  public RowTable table(String name, MemorySegment rows, long rowBytes) {
    throw new UnsupportedOperationException("a fake computes nothing");
  }

  @Override
  public Program compile(String name, int rounds, Consumer<Graph> trace) {
    throw new UnsupportedOperationException("a fake computes nothing");
  }

  @Override
  public void close() {}
}
