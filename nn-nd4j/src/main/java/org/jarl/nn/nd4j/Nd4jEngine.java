package org.jarl.nn.nd4j;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Parameter;
import org.jarl.nn.Passes;
import org.jarl.nn.Program;
import org.jarl.nn.RowTable;
import org.jarl.nn.Shape;
import org.jarl.nn.VariableNames;
import org.jarl.nn.Variables;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/// Programs on ND4J, one operation after another; also the bridge to code that holds [INDArray]s.
///
/// ND4J works with one thread, whatever a caller of [Nd4jEngineProvider#open] asks for: its sums
/// depend on the number of threads and the results of an engine must not. Its setting holds for the
/// whole process. A run makes ND4J's objects on the heap and their numbers in a workspace that the
/// program keeps.
public final class Nd4jEngine implements Engine {
  private final VariableNames names = new VariableNames();
  private final List<Nd4jProgram> programs = new ArrayList<>();
  private final HostArrays arrays = new HostArrays();

  /// Loads ND4J if nothing has done so before.
  Nd4jEngine() {
    // The setting that counts: setMaxThreads does nothing in this release.
    Nd4j.getEnvironment().setMaxMasterThreads(1);
    Nd4j.factory().blas().setMaxThreads(1);
  }

  @Override
  public String device() {
    return "nd4j";
  }

  @Override
  public String description() {
    return "nd4j, 1 thread, "
        + Nd4j.getBackend().getClass().getSimpleName()
        + " with "
        + Nd4j.factory().blas().getBlasVendor();
  }

  @Override
  public int threads() {
    return 1;
  }

  @Override
  public Variables variables(String name) {
    return new Variables(names.take(name), (_, bytes) -> new Nd4jStorage(arrays, bytes));
  }

  @Override
  public RowTable table(String name, MemorySegment rows, long rowBytes) {
    return new RowTable(name, rows, rowBytes, (_, _, _) -> RowTable.Storage.NONE);
  }

  @Override
  public Program compile(String name, int rounds, Consumer<Graph> trace) {
    Graph graph = new Graph(name, rounds);
    trace.accept(graph);
    Nd4jProgram program = new Nd4jProgram(Passes.simplify(graph), arrays);
    programs.add(program);
    return program;
  }

  /// A parameter of this back end as an array of its shape: no copy, so it shows every update, and
  /// what is written to it is what the next run reads. Valid until the engine is closed.
  ///
  /// @throws IllegalArgumentException if the parameter lives on another device
  public static INDArray view(Parameter parameter) {
    return Nd4jStorage.of(parameter.owner()).view(parameter);
  }

  /// A new array with the elements of host memory, for example of [Program#output].
  ///
  /// @param from row-major, at least as large as the shape
  /// @throws IllegalArgumentException if the memory is too small
  public static INDArray toINDArray(MemorySegment from, DType dtype, Shape shape) {
    long bytes = (long) shape.elements() * dtype.bytes();
    requireSize("memory", from, bytes, dtype + " " + shape);
    INDArray array = HostArrays.lasting(dtype, shape);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment.copy(from, 0, HostArrays.memory(array, arena), 0, bytes);
    }
    return array;
  }

  /// Copies the elements of an array in row-major order to host memory, for example to
  /// [Program#input].
  ///
  /// @param array FLOAT, UINT8 or INT32, of any order and possibly a view
  /// @throws IllegalArgumentException if the array has another type or the memory is too small
  public static void fromINDArray(INDArray array, MemorySegment to) {
    DataType type = array.dataType();
    if (type != DataType.FLOAT && type != DataType.UINT8 && type != DataType.INT32) {
      throw new IllegalArgumentException(
          "an INDArray must be FLOAT, UINT8 or INT32, got " + type + "; call castTo first");
    }
    requireSize("memory", to, array.length() * type.width(), "INDArray of " + array.length());
    INDArray rows = array.dup('c');
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment.copy(HostArrays.memory(rows, arena), 0, to, 0, array.length() * type.width());
    }
  }

  private static void requireSize(String what, MemorySegment memory, long bytes, String content) {
    if (memory.byteSize() < bytes) {
      throw new IllegalArgumentException(
          what + " must hold " + bytes + " bytes for " + content + ", got " + memory.byteSize());
    }
  }

  @Override
  public void close() {
    programs.forEach(Nd4jProgram::close);
    programs.clear();
    arrays.close();
  }
}
