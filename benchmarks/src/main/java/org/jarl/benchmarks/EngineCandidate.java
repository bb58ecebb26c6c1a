package org.jarl.benchmarks;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.DType;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.Graph;
import org.jarl.nn.Linear;
import org.jarl.nn.Module;
import org.jarl.nn.Optimizer;
import org.jarl.nn.Parameter;
import org.jarl.nn.Program;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;

/// A workload as a program of one of Jarl's own engines.
final class EngineCandidate implements Candidate {
  private final Engine engine;
  private final Program program;

  EngineCandidate(String device, Workload workload, int threads) {
    engine = Engines.open(device, threads);
    program = workload.kind() == Workload.Kind.UPDATE ? update(workload) : forward(workload);
    Workload.Data data = workload.data();
    fill("observations", data.observations());
    if (workload.kind() == Workload.Kind.UPDATE) {
      fill("nextObservations", data.nextObservations());
      fill("rewards", data.rewards());
      fill("discounts", data.discounts());
      MemorySegment actions = program.input("actions");
      MemorySegment.copy(
          data.actions(), 0, actions, ValueLayout.JAVA_INT, 0, data.actions().length);
    }
  }

  private void fill(String input, float[] values) {
    MemorySegment.copy(values, 0, program.input(input), ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  private Program forward(Workload workload) {
    Built online = build(workload.network(), "online", workload.onlineSeed());
    return engine.compile(
        workload.id(), g -> g.output("result", online.apply(observations(g, workload, ""))));
  }

  private Program update(Workload workload) {
    Built online = build(workload.network(), "online", workload.onlineSeed());
    Built target = build(workload.network(), "target", workload.targetSeed());
    Optimizer.Rule adam = Optimizer.Rule.Adam.withEpsilon(Workload.EPSILON);
    Optimizer optimizer = new Optimizer(engine, online.variables, adam, 0);
    int batch = workload.batch();
    return engine.compile(
        workload.id(),
        g -> {
          Tensor nextQ = target.apply(observations(g, workload, "next"));
          Tensor y =
              g.input("rewards", batch).plus(g.input("discounts", batch).times(nextQ.max(1)));
          Tensor q =
              online
                  .apply(observations(g, workload, ""))
                  .gather(g.input("actions", DType.I32, batch));
          Tensor loss = q.minus(y.stopGradient()).square().mean();
          g.output("result", optimizer.minimize(loss, Workload.LEARNING_RATE));
        });
  }

  private static Tensor observations(Graph graph, Workload workload, String prefix) {
    Shape one = workload.network().input();
    int[] sizes = new int[one.rank() + 1];
    sizes[0] = workload.batch();
    System.arraycopy(one.toArray(), 0, sizes, 1, one.rank());
    return graph.input(prefix.isEmpty() ? "observations" : prefix + "Observations", sizes);
  }

  /// Modules with ReLU between them.
  private record Built(Variables variables, List<Module> modules) {
    Tensor apply(Tensor x) {
      Tensor y = x;
      for (int i = 0; i < modules.size(); i++) {
        if (modules.get(i) instanceof Linear && y.shape().rank() > 2) {
          y = y.flatten();
        }
        y = modules.get(i).apply(y);
        y = i < modules.size() - 1 ? y.relu() : y;
      }
      return y;
    }
  }

  private Built build(Network network, String name, long seed) {
    Variables variables = engine.variables(name);
    Scope scope = Scope.uninitialized(variables);
    List<Module> modules = new ArrayList<>();
    for (Network.Layer layer : network.layers()) {
      String path = "layer" + modules.size();
      modules.add(
          switch (layer) {
            case Network.Layer.Convolution c -> scope.conv2d(path, c.weights(), c.stride(), 0);
            case Network.Layer.Dense d -> scope.linear(path, d.inputs(), d.outputs());
          });
    }
    List<Network.Values> values = network.values(seed);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(variables.bytes(), 64);
      List<Parameter> parameters = variables.parameters();
      for (int i = 0; i < values.size(); i++) {
        put(host, parameters.get(2 * i), values.get(i).weights());
        put(host, parameters.get(2 * i + 1), values.get(i).biases());
      }
      variables.write(host);
    }
    return new Built(variables, modules);
  }

  private static void put(MemorySegment host, Parameter parameter, float[] values) {
    MemorySegment.copy(
        values, 0, host, ValueLayout.JAVA_FLOAT, 4L * parameter.offset(), values.length);
  }

  /// The plan with the time of each step, for people.
  String profile(int runs) {
    return program.profile(runs);
  }

  @Override
  public void run(float[] into) {
    program.run();
    MemorySegment result = program.output("result");
    MemorySegment.copy(result, ValueLayout.JAVA_FLOAT, 0, into, 0, into.length);
  }

  @Override
  public void close() {
    program.close();
    engine.close();
  }
}
