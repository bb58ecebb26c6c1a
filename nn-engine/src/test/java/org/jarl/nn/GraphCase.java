package org.jarl.nn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// One computation to try on a back end: inputs and parameters with values from a seed, and a
/// scalar loss built from them. Used by this module's tests and by those of other back ends.
///
/// @param name for messages
/// @param seed of all values
/// @param arrays shapes of the differentiable inputs, given to the trace as parameters
/// @param values how the numbers in `[-1, 1)` are brought to where the operation is smooth
/// @param whole an input of whole numbers, which has no gradient
/// @param trace builds the result to differentiate, of any shape
public record GraphCase(
    String name,
    long seed,
    List<Shape> arrays,
    UnaryOperator<Double> values,
    Whole whole,
    BiFunction<List<Tensor>, Tensor, Tensor> trace) {

  /// An input of whole numbers from 0 to below `choices`; 0 choices for none.
  public record Whole(DType dtype, Shape shape, int choices) {
    private static final Whole NONE = new Whole(DType.I32, Shape.SCALAR, 0);
  }

  /// A case without whole numbers and with plain values.
  public static GraphCase of(
      String name, List<Shape> arrays, Function<List<Tensor>, Tensor> trace) {
    return new GraphCase(
        name, name.hashCode(), arrays, v -> v, Whole.NONE, (p, _) -> trace.apply(p));
  }

  /// The same with other values.
  public GraphCase with(UnaryOperator<Double> other) {
    return new GraphCase(name, seed, arrays, other, whole, trace);
  }

  /// The same with an i32 input.
  public static GraphCase indexed(
      String name,
      List<Shape> arrays,
      int rows,
      int choices,
      BiFunction<List<Tensor>, Tensor, Tensor> trace) {
    Whole indices = new Whole(DType.I32, Shape.of(rows), choices);
    return new GraphCase(name, name.hashCode(), arrays, v -> v, indices, trace);
  }

  /// The same with a u8 input.
  public static GraphCase bytes(
      String name,
      List<Shape> arrays,
      Shape shape,
      BiFunction<List<Tensor>, Tensor, Tensor> trace) {
    Whole bytes = new Whole(DType.U8, shape, 256);
    return new GraphCase(name, name.hashCode(), arrays, v -> v, bytes, trace);
  }

  /// Values of array `i`.
  public double[] array(int i) {
    var random = new SplittableRandom(seed * 31 + i);
    double[] array = new double[arrays.get(i).elements()];
    for (int k = 0; k < array.length; k++) {
      // f32 numbers, so that every back end starts from the same ones.
      array[k] = (float) (double) values.apply(2 * random.nextDouble() - 1);
    }
    return array;
  }

  private double[] wholeArray() {
    var random = new SplittableRandom(seed * 31 + 99);
    return random
        .ints(whole.shape.elements(), 0, Math.max(1, whole.choices))
        .asDoubleStream()
        .toArray();
  }

  /// Traces result, loss and gradients.
  ///
  /// @return result, then loss, then one gradient per array
  public List<Tensor> traceAll(Graph graph, List<Parameter> parameters) {
    List<Tensor> inputs = parameters.stream().map(graph::variable).toList();
    Tensor numbers =
        whole.choices == 0
            ? graph.constant(0)
            : graph.input("whole", whole.dtype, whole.shape.toArray());
    Tensor result = trace.apply(inputs, numbers);
    // Weights that differ from element to element, or a mistake in the order would not show.
    Tensor weights = graph.input("weights", result.shape().toArray());
    Tensor loss = result.toF32().times(weights).sum();
    List<Tensor> all = new ArrayList<>(List.of(result, loss));
    all.addAll(Gradients.of(loss, inputs));
    return all;
  }

  /// What the reference says: result, loss and gradients, in the order of [#traceAll].
  public List<double[]> reference(List<Parameter> parameters) {
    Graph graph = new Graph(name);
    List<Tensor> wanted = traceAll(graph, parameters);
    Reference reference = new Reference(inputs(wanted.getFirst().shape()), values(parameters));
    return wanted.stream().map(reference::value).toList();
  }

  /// Positions of an array that central differences are taken at: some 40, evenly spread.
  public static int[] sample(int elements) {
    int stride = Math.max(1, elements / 40);
    return IntStream.range(0, elements).filter(i -> i % stride == 0).toArray();
  }

  /// Central differences of the loss in double precision at [#sample] of each array.
  public List<double[]> centralDifferences(List<Parameter> parameters) {
    Graph graph = new Graph(name);
    List<Tensor> wanted = traceAll(graph, parameters);
    Map<String, double[]> inputs = inputs(wanted.getFirst().shape());
    double step = 1e-5;
    List<double[]> differences = new ArrayList<>();
    for (int p = 0; p < parameters.size(); p++) {
      int[] sample = sample(arrays.get(p).elements());
      double[] difference = new double[sample.length];
      for (int j = 0; j < sample.length; j++) {
        int k = sample[j];
        Map<Parameter, double[]> moved = values(parameters);
        double[] array = array(p);
        moved.put(parameters.get(p), array);
        double middle = array[k];
        array[k] = middle + step;
        double above = new Reference(inputs, moved).value(wanted.get(1))[0];
        array[k] = middle - step;
        double below = new Reference(inputs, moved).value(wanted.get(1))[0];
        difference[j] = (above - below) / (2 * step);
      }
      differences.add(difference);
    }
    return differences;
  }

  private Map<Parameter, double[]> values(List<Parameter> parameters) {
    Map<Parameter, double[]> values = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      values.put(parameters.get(i), array(i));
    }
    return values;
  }

  private Map<String, double[]> inputs(Shape result) {
    var random = new SplittableRandom(seed * 31 + 77);
    double[] weights = new double[result.elements()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) (2 * random.nextDouble() - 1);
    }
    return Map.of("weights", weights, "whole", wholeArray());
  }

  /// What an engine says: result, loss and gradients, in the order of [#traceAll].
  public List<double[]> run(Engine engine, String prefix) {
    Variables variables = engine.variables(prefix + name);
    List<Parameter> parameters = parameters(variables);
    List<Tensor> traced = new ArrayList<>();
    try (Program program =
        engine.compile(
            name,
            graph -> {
              List<Tensor> all = traceAll(graph, parameters);
              for (int i = 0; i < all.size(); i++) {
                graph.output("out" + i, all.get(i));
              }
              traced.addAll(all);
            })) {
      MemorySegment values = MemorySegment.ofArray(new float[(int) (variables.bytes() / 4)]);
      for (int p = 0; p < parameters.size(); p++) {
        put(values, parameters.get(p).offset(), array(p));
      }
      variables.write(values);
      Map<String, double[]> inputs = inputs(traced.getFirst().shape());
      put(program.input("weights"), 0, inputs.getOrDefault("weights", new double[0]));
      if (whole.choices > 0) {
        putWhole(program.input("whole"));
      }
      program.run();
      List<double[]> results = new ArrayList<>();
      for (int i = 0; i < traced.size(); i++) {
        results.add(get(program.output("out" + i), traced.get(i)));
      }
      return results;
    }
  }

  /// One parameter per array.
  public List<Parameter> parameters(Variables variables) {
    List<Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < arrays.size(); i++) {
      parameters.add(
          variables.add("array" + i, arrays.get(i), Initializer.zeros(), new SplittableRandom(0)));
    }
    return parameters;
  }

  private static void put(MemorySegment to, int offset, double[] values) {
    for (int i = 0; i < values.length; i++) {
      to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * (offset + i), (float) values[i]);
    }
  }

  private void putWhole(MemorySegment to) {
    double[] numbers = wholeArray();
    for (int i = 0; i < numbers.length; i++) {
      if (whole.dtype == DType.U8) {
        to.set(ValueLayout.JAVA_BYTE, i, (byte) numbers[i]);
      } else {
        to.setAtIndex(ValueLayout.JAVA_INT, i, (int) numbers[i]);
      }
    }
  }

  private static double[] get(MemorySegment from, Tensor tensor) {
    double[] values = new double[tensor.shape().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          tensor.dtype() == DType.I32
              ? from.getAtIndex(ValueLayout.JAVA_INT, i)
              : from.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }
    return values;
  }

  /// Mean of `|a - b| / (|a| + |b| + floor)`: relative where numbers are large, absolute near zero.
  public static double relativeError(double[] a, double[] b) {
    double scale = 1e-9;
    for (double v : a) {
      scale = Math.max(scale, Math.abs(v));
    }
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs(a[i] - b[i]) / (Math.abs(a[i]) + Math.abs(b[i]) + 0.01 * scale);
    }
    return sum / a.length;
  }

  @Override
  public String toString() {
    return name;
  }
}
