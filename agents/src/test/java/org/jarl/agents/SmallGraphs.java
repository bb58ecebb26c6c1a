package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;

/// Runs formulas over a few numbers.
final class SmallGraphs {
  private SmallGraphs() {}

  /// A graph whose inputs come with their values.
  static final class Trace {
    private final Graph graph;
    private final List<Consumer<Program>> fills = new ArrayList<>();

    Trace(Graph graph) {
      this.graph = graph;
    }

    Tensor f32(float[] values, int... sizes) {
      String name = "input" + fills.size();
      fills.add(program ->
          MemorySegment.copy(
              values, 0, program.input(name), ValueLayout.JAVA_FLOAT, 0, values.length));
      return graph.input(name, sizes);
    }

    Tensor i32(int[] values, int... sizes) {
      String name = "input" + fills.size();
      fills.add(program ->
          MemorySegment.copy(
              values, 0, program.input(name), ValueLayout.JAVA_INT, 0, values.length));
      return graph.input(name, DType.I32, sizes);
    }

    /// Fills the inputs of the compiled program.
    void fill(Program program) {
      fills.forEach(fill -> fill.accept(program));
    }

    Tensor counter(int low) {
      return i32(new int[] {low, 0}, 2);
    }
  }

  /// The value of a formula, i32 as numbers.
  static float[] evaluate(Function<Trace, Tensor> formula) {
    return evaluateAll(trace -> List.of(formula.apply(trace))).getFirst();
  }

  /// The values of several, in their order.
  static List<float[]> evaluateAll(Function<Trace, List<Tensor>> formulas) {
    List<Trace> traces = new ArrayList<>();
    List<DType> types = new ArrayList<>();
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "distribution",
              graph -> {
                Trace trace = new Trace(graph);
                for (Tensor tensor : formulas.apply(trace)) {
                  graph.output("out" + types.size(), tensor);
                  types.add(tensor.dtype());
                }
                traces.add(trace);
              });
      traces.getFirst().fill(program);
      program.run();
      List<float[]> results = new ArrayList<>();
      for (int i = 0; i < types.size(); i++) {
        results.add(floats(program.output("out" + i), types.get(i)));
      }
      return results;
    }
  }

  /// The elements of an f32 or i32 array.
  static float[] floats(MemorySegment memory, DType type) {
    return type == DType.I32
        ? f(Arrays.stream(memory.toArray(ValueLayout.JAVA_INT)).asDoubleStream().toArray())
        : memory.toArray(ValueLayout.JAVA_FLOAT);
  }

  /// Literals without casts.
  static float[] f(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
