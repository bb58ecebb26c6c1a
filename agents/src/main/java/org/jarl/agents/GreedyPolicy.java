package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.RandomStream;
import org.jarl.env.show.Scene;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// `argmax_a Q(s, a)`, the first of equals.
final class GreedyPolicy implements Policy {
  private final Engine engine;
  private final QNetwork network;
  private final EnvironmentSpec spec;
  private final Program program;
  private final MemorySegment input;
  private MemorySegment values;
  private final int count;
  private final int actionCount;

  GreedyPolicy(Engine engine, QNetwork network, EnvironmentSpec spec, int count) {
    this.engine = engine;
    this.network = network;
    this.spec = spec;
    this.count = count;
    this.actionCount = QNetwork.actions(spec);
    program =
        engine.compile(
            "dqn.act",
            graph ->
                graph.output(
                    "values", network.apply(Torso.input(graph, "observations", spec, count))));
    input = program.input("observations");
    values = program.output("values");
  }

  @Override
  public void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out) {
    MemorySegment.copy(observations, 0, input, 0, input.byteSize());
    program.run();
    values = program.output("values"); // waits where the device is not this processor
    for (int i = 0; i < count; i++) {
      out.indices()[i] = best(i * actionCount, legalActions);
    }
  }

  private int best(int row, boolean[] legalActions) {
    int best = -1;
    float highest = Float.NEGATIVE_INFINITY;
    for (int a = 0; a < actionCount; a++) {
      float value = values.get(ValueLayout.JAVA_FLOAT, 4L * (row + a));
      boolean legal = legalActions.length == 0 || legalActions[row + a];
      if (legal && (best < 0 || value > highest)) {
        highest = value;
        best = a;
      }
    }
    return best;
  }

  @Override
  public @Nullable Thoughts thoughts() {
    return count == 1
        ? new Thoughts(engine, "dqn", spec, Scene.Bars.ACTION_VALUES, new ActionValues(network))
        : null;
  }

  /// `Q(s, a)` of each action; the value of the state is that of the best one.
  private record ActionValues(QNetwork network) implements Thoughts.Mind {
    @Override
    public Thoughts.Idea trace(Graph graph, Tensor observations) {
      Tensor values = network.apply(observations);
      Tensor best = values.pick(values.argMax());
      return new Thoughts.Idea(values, null, best, best);
    }

    @Override
    public void fill(Program program, boolean[] legal) {}
  }

  @Override
  public void close() {
    program.close();
  }
}
