package org.jarl.nn.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.GraphCase;
import org.jarl.nn.Precision;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;

/// The same computation on the cpu and on the emulated GPU.
final class TwoEngines implements AutoCloseable {
  private final Engine cpu = new CpuEngine(1);
  private final Engine cuda;

  TwoEngines() {
    cuda = new CudaEngine(1, Precision.FP32);
  }

  Engine cpu() {
    return cpu;
  }

  Engine cuda() {
    return cuda;
  }

  /// What the inputs of a computation hold.
  ///
  /// @param values of f32 inputs, from `[-1, 1)`
  /// @param choices whole numbers are below it; bytes are any
  record Inputs(long seed, DoubleUnaryOperator values, int choices) {
    static final Inputs PLAIN = new Inputs(1, v -> v, 1000);

    static Inputs below(int choices) {
      return new Inputs(1, v -> v, choices);
    }

    private void fill(Tensor tensor, MemorySegment memory) {
      var random = new SplittableRandom(seed * 31 + tensor.id());
      for (int i = 0; i < memory.byteSize() / tensor.dtype().bytes(); i++) {
        switch (tensor.dtype()) {
          case F32 ->
              memory.setAtIndex(
                  ValueLayout.JAVA_FLOAT,
                  i,
                  (float) values.applyAsDouble(2 * random.nextDouble() - 1));
          case I32 -> memory.setAtIndex(ValueLayout.JAVA_INT, i, random.nextInt(choices));
          case U8 -> memory.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
      }
    }
  }

  /// Whether other orders of threads give the same bits.
  void sameForEverySeed(Inputs inputs, Consumer<Graph> trace) {
    Map<String, double[]> first = run(cuda, inputs, trace);
    for (int seed : new int[] {0, 7, 99}) {
      otherOrder(seed);
      Map<String, double[]> next = run(cuda, inputs, trace);
      first.forEach((name, numbers) ->
          close(name + ", seed " + seed, numbers, next.getOrDefault(name, new double[0]), 0));
    }
    otherOrder(1);
  }

  /// Lets threads go in another order from here on, where that can be said.
  static void otherOrder(int seed) {
    if (!EmulatedDriver.real()) {
      EmulatedDriver.configure("seed", seed);
    }
  }

  /// The outputs of a computation by name.
  static Map<String, double[]> run(Engine engine, Inputs inputs, Consumer<Graph> trace) {
    Graph[] traced = new Graph[1];
    try (Program program =
        engine.compile(
            "twin",
            graph -> {
              traced[0] = graph;
              trace.accept(graph);
            })) {
      traced[0].inputs().forEach((name, tensor) -> inputs.fill(tensor, program.input(name)));
      program.run();
      Map<String, double[]> outputs = new LinkedHashMap<>();
      traced[0]
          .outputs()
          .forEach((name, tensor) -> outputs.put(name, numbers(program.output(name), tensor)));
      return outputs;
    }
  }

  private static double[] numbers(MemorySegment from, Tensor tensor) {
    double[] numbers = new double[tensor.shape().elements()];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] =
          switch (tensor.dtype()) {
            case F32 -> from.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            case I32 -> from.getAtIndex(ValueLayout.JAVA_INT, i);
            case U8 -> from.get(ValueLayout.JAVA_BYTE, i) & 0xff;
          };
    }
    return numbers;
  }

  /// Compares what a case of its own says: result, loss and gradients.
  void agree(GraphCase aCase, double tolerance) {
    List<double[]> expected = aCase.run(cpu, "cpu ");
    List<double[]> actual = aCase.run(cuda, "cuda ");
    for (int i = 0; i < expected.size(); i++) {
      // The loss is the sum of numbers of both signs: its own size says nothing.
      double[] numbers = expected.get(i);
      close(aCase + ", " + i, numbers, actual.get(i), i == 1 ? 1e-3 : tolerance);
    }
  }

  /// Compares all outputs, of the type that the trace gave them.
  ///
  /// @param tolerance relative to the largest number of an output; 0 for equal bits
  void agree(Inputs inputs, double tolerance, Consumer<Graph> trace) {
    Map<String, double[]> expected = run(cpu, inputs, trace);
    Map<String, double[]> actual = run(cuda, inputs, trace);
    expected.forEach((name, numbers) ->
        close(name, numbers, actual.getOrDefault(name, new double[0]), tolerance));
  }

  static void close(String name, double[] expected, double[] actual, double tolerance) {
    assertEquals(expected.length, actual.length, name);
    double scale = 0;
    for (double number : expected) {
      scale = Double.isFinite(number) ? Math.max(scale, Math.abs(number)) : scale;
    }
    for (int i = 0; i < expected.length; i++) {
      boolean equal = expected[i] == actual[i] || Double.compare(expected[i], actual[i]) == 0;
      if (!equal && !(Math.abs(expected[i] - actual[i]) <= tolerance * scale)) {
        fail(
            "%s: element %d of %d should be %s within %s, got %s"
                .formatted(name, i, expected.length, expected[i], tolerance * scale, actual[i]));
      }
    }
  }

  @Override
  public void close() {
    cuda.close();
    cpu.close();
  }
}
