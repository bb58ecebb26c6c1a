package org.jarl.nn.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Passes;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.VariableNames;
import org.jarl.nn.Variables;

/// Programs on the processor: oneDNN and Java; see the package.
public final class CpuEngine implements Engine {
  private final Arena arena = Arena.ofShared();
  private final VariableNames names = new VariableNames();
  private final Workers workers;

  /// An engine of its own threads.
  ///
  /// @param threads at least 1, the calling thread included; no result depends on it
  /// @throws IllegalArgumentException if there would be no thread
  public CpuEngine(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    if (OneDnn.isAvailable()) {
      OneDnn.get().useOneThread();
    }
    workers = new Workers(threads);
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public String description() {
    return "cpu, "
        + workers.threads()
        + (workers.threads() == 1 ? " thread, " : " threads, ")
        + (OneDnn.isAvailable() ? "oneDNN" : "no oneDNN (plain Java)")
        + ", "
        + RowKernel.vectorBits()
        + "-bit vectors";
  }

  @Override
  public int threads() {
    return workers.threads();
  }

  @Override
  public Variables variables(String name) {
    return new Variables(names.take(name), (_, bytes) -> new CpuStorage(arena, bytes));
  }

  @Override
  public RowTable table(String name, MemorySegment rows, long rowBytes) {
    return new RowTable(name, rows, rowBytes, (_, _, _) -> RowTable.Storage.NONE);
  }

  @Override
  public Program compile(String name, int rounds, Consumer<Graph> trace) {
    Graph graph = new Graph(name, rounds);
    trace.accept(graph);
    Graph optimized = Passes.fuse(Passes.simplify(graph));
    return new Compiler(optimized, arena).compile(workers);
  }

  @Override
  public void close() {
    workers.close();
    arena.close();
  }
}
