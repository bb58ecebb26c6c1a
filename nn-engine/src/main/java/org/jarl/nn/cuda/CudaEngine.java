package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import jcuda.driver.CUstream;
import org.jarl.nn.DeviceException;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Passes;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.VariableNames;
import org.jarl.nn.Variables;

/// Programs on a GPU; see the package.
///
/// Runs are started and not waited for: what a program computes is there when its outputs, or the
/// variables it changes, are read. All work of an engine is done in the order in which it was
/// started.
public final class CudaEngine implements Engine {
  private final Driver driver;
  private final Precision precision;
  private final int threads;
  private final CUstream stream;
  private final Transfer transfer;
  private final VariableNames names = new VariableNames();
  private final List<DeviceMemory> memory = new ArrayList<>();
  private final List<CudaProgram> programs = new ArrayList<>();

  /// Opens the first GPU.
  ///
  /// @param threads of the process; the device needs none
  /// @throws IllegalArgumentException if there would be no thread
  /// @throws UnsupportedOperationException if there is no GPU that can be used, or it lacks the
  ///   precision, saying why
  public CudaEngine(int threads, Precision precision) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    this.threads = threads;
    Gpu gpu = Gpu.find();
    this.precision = gpu.choose(precision);
    driver = new Driver(gpu);
    try {
      stream = driver.stream();
      transfer = new Transfer(driver, stream);
    } catch (DeviceException e) {
      driver.close();
      throw e;
    }
  }

  @Override
  public String device() {
    return "cuda";
  }

  @Override
  public String description() {
    return "cuda, " + driver.gpu() + ", " + precision.key();
  }

  @Override
  public int threads() {
    return threads;
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public Variables variables(String name) {
    return new Variables(names.take(name), (what, bytes) -> new CudaStorage(this, what, bytes));
  }

  @Override
  public RowTable table(String name, MemorySegment rows, long rowBytes) {
    return new RowTable(
        name, rows, rowBytes, (what, all, each) -> new CudaTable(this, what, all, each));
  }

  @Override
  public Program compile(String name, int rounds, Consumer<Graph> trace) {
    Graph graph = new Graph(name, rounds);
    trace.accept(graph);
    Graph optimized = Passes.fuse(Passes.simplify(graph));
    driver.enter();
    CudaProgram program = new Compiler(optimized, this).compile();
    programs.add(program);
    return program;
  }

  Driver driver() {
    return driver;
  }

  CUstream stream() {
    return stream;
  }

  Transfer transfer() {
    return transfer;
  }

  /// Memory for the engine's life, all zero.
  DeviceMemory zeros(String what, long bytes) {
    DeviceMemory zeros = driver.allocate(what, bytes);
    memory.add(zeros);
    driver.clear(zeros.handle(), bytes, stream);
    return zeros;
  }

  /// Frees memory of [#zeros] before its time.
  void free(DeviceMemory zeros) {
    if (memory.remove(zeros)) {
      driver.settle(stream);
      driver.free(zeros);
    }
  }

  void copy(DeviceMemory from, DeviceMemory to) {
    driver.enter();
    driver.copy(to.handle(), from.handle(), to.bytes(), stream);
  }

  void forget(CudaProgram program) {
    programs.remove(program);
  }

  @Override
  public void close() {
    List.copyOf(programs).forEach(CudaProgram::close);
    memory.forEach(driver::free);
    memory.clear();
    transfer.free();
    driver.destroy(stream);
    driver.close();
  }
}
