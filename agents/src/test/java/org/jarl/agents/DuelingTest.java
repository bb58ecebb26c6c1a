package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jarl.agents.config.DuelingStreams;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.nn.Engine;
import org.jarl.nn.Initializer;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Streams beside plain loops, and the gradient that they send back beside differences.
class DuelingTest {
  private static final int FEATURES = 4;
  private static final int ACTIONS = 3;

  private final Map<String, float[]> weights = new LinkedHashMap<>();

  private void keep(Variables variables) {
    float[] all = new float[variables.elements()];
    variables.read(MemorySegment.ofArray(all));
    for (Parameter p : variables.parameters()) {
      float[] values = new float[Math.toIntExact(p.shape().elements())];
      System.arraycopy(all, p.offset(), values, 0, values.length);
      weights.put(p.name(), values);
    }
  }

  private static double[] linear(double[] x, float[] weight, float[] bias) {
    double[] y = new double[bias.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = bias[o];
      for (int i = 0; i < x.length; i++) {
        y[o] += x[i] * weight[i * y.length + o];
      }
    }
    return y;
  }

  private double[] stream(double[] x, String name, boolean hidden) {
    double[] h = x;
    if (hidden) {
      h = linear(x, weight(name + "Hidden.weight"), weight(name + "Hidden.bias"));
      for (int i = 0; i < h.length; i++) {
        h[i] = Math.max(0, h[i]);
      }
    }
    return linear(h, weight(name + ".weight"), weight(name + ".bias"));
  }

  private float[] weight(String name) {
    return Objects.requireNonNull(weights.get(name));
  }

  /// Equation 9.
  private double[] values(double[] x, boolean hidden) {
    double v = stream(x, "value", hidden)[0];
    double[] a = stream(x, "advantage", hidden);
    double mean = 0;
    for (double each : a) {
      mean += each / a.length;
    }
    for (int i = 0; i < a.length; i++) {
      a[i] = v + a[i] - mean;
    }
    return a;
  }

  /// The loss is `Q(x, 1)`; a step of size 1 shows the gradient with respect to `x`.
  @ParameterizedTest
  @CsvSource({"5, 0.70710678", "0, 1"})
  void streamsAreThoseOfEquationNineAndTheirGradientIsScaled(int units, double scale) {
    try (Engine engine = new CpuEngine(1)) {
      Variables network = engine.variables("network");
      Variables input = engine.variables("input");
      var random = new SplittableRandom(1);
      Parameter x = input.add("x", Shape.of(1, FEATURES), new Initializer.Uniform(1), random);
      var streams = new ValueHead.Streams(units, NetworkConfig.Activation.RELU);
      Dueling dueling =
          new Dueling(
              Scope.of(network, RandomStream.of(1, "dueling")), FEATURES, ACTIONS, streams, 0);
      Optimizer step = new Optimizer(engine, input, new Optimizer.Rule.Sgd(0), 0);
      Program program =
          engine.compile(
              "q",
              g -> {
                Tensor q = dueling.apply(g.variable(x));
                g.output("q", q);
                Tensor one = q.flatten().times(g.input("which", 1, ACTIONS)).sum();
                g.output("loss", step.minimize(one, 1f));
              });
      program.input("which").setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, 1, 1f);
      keep(network);
      float[] before = new float[input.elements()];
      input.read(MemorySegment.ofArray(before));
      program.run();
      float[] after = new float[input.elements()];
      input.read(MemorySegment.ofArray(after));
      double[] start = new double[FEATURES];
      for (int i = 0; i < FEATURES; i++) {
        start[i] = before[i];
      }
      double[] expected = values(start, units > 0);
      List<Double> seen = new ArrayList<>();
      for (int a = 0; a < ACTIONS; a++) {
        double q = program.output("q").getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, a);
        seen.add(q);
        assertEquals(expected[a], q, 1e-5, "action " + a + " of " + seen);
      }
      for (int i = 0; i < FEATURES; i++) {
        double[] more = start.clone();
        more[i] += 1e-4;
        double slope = (values(more, units > 0)[1] - expected[1]) / 1e-4;
        assertEquals(scale * slope, before[i] - after[i], 1e-3, "gradient " + i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 120, 84", "false, 120-84, 0"})
  void hiddenStreamsTakeThePlaceOfTheLastHiddenLayer(boolean hidden, String torso, int units) {
    NetworkConfig network = new NetworkConfig.Mlp(List.of(120, 84), NetworkConfig.Activation.TANH);
    QNetwork.Layers layers =
        QNetwork.Layers.of(
            network, new ExpectationHead(), hidden ? DuelingStreams.HIDDEN : DuelingStreams.LINEAR);
    assertEquals(
        torso,
        String.join("-", layers.torso().hiddenSizes().stream().map(String::valueOf).toList()));
    assertEquals(new ValueHead.Streams(units, NetworkConfig.Activation.TANH), layers.dueling());
    EnvironmentSpec spec = EnvironmentSpec.of(Space.Box.bounded(0f, 6f, 3), new Space.Discrete(2));
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("q");
      QNetwork q = new QNetwork(Scope.of(variables, RandomStream.of(1, "q")), spec, layers);
      assertEquals(2, q.actions());
      assertEquals(
          hidden
              ? List.of(
                  "hidden1.weight",
                  "hidden1.bias",
                  "head.valueHidden.weight",
                  "head.valueHidden.bias",
                  "head.value.weight",
                  "head.value.bias",
                  "head.advantageHidden.weight",
                  "head.advantageHidden.bias",
                  "head.advantage.weight",
                  "head.advantage.bias")
              : List.of(
                  "hidden1.weight",
                  "hidden1.bias",
                  "hidden2.weight",
                  "hidden2.bias",
                  "head.value.weight",
                  "head.value.bias",
                  "head.advantage.weight",
                  "head.advantage.bias"),
          variables.parameters().stream().map(Parameter::name).toList());
    }
  }
}
