package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// `argmax_a Q(s, a)` over the legal actions, the first of equals.
final class GreedyPolicy implements Policy {
  private final Engine engine;
  private final QNetwork network;
  private final Program program;
  private final MemorySegment input;
  private final MemorySegment counter;
  private MemorySegment values;
  private final int count;
  private final int actionCount;

  GreedyPolicy(Engine engine, QNetwork network, int count) {
    this.engine = engine;
    this.network = network;
    this.count = count;
    actionCount = network.actions();
    boolean[] draws = new boolean[1];
    program =
        engine.compile(
            "greedy.act",
            graph -> {
              Tensor observations = Torso.input(graph, "observations", network.spec(), count);
              graph.output("values", network.apply(observations).expected());
              draws[0] = graph.usesCounter();
            });
    input = program.input("observations");
    counter = draws[0] ? program.input(Graph.COUNTER) : MemorySegment.NULL;
    values = program.output("values");
  }

  @Override
  public void act(
      MemorySegment observations, boolean[] legalActions, RandomStream random, ActionBatch out) {
    MemorySegment.copy(observations, 0, input, 0, input.byteSize());
    if (counter.byteSize() > 0) {
      counter.set(ValueLayout.JAVA_LONG, 0, random.nextLong());
    }
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
    if (best < 0) {
      throw noLegalAction(row / actionCount, actionCount);
    }
    return best;
  }

  /// Refusal of a mask without a legal action.
  static IllegalArgumentException noLegalAction(int copy, int actionCount) {
    return Actor.noLegalAction("policy", copy, actionCount);
  }

  @Override
  public @Nullable Explainer explainer() {
    return count == 1
        ? new Explainer(
            engine, "greedy", network.spec(), Explainer.Kind.ACTION_VALUES, new Source(network))
        : null;
  }

  /// `Q(s, a)` of each action; the value of the state is that of the best one.
  private record Source(QNetwork network) implements Explainer.Source {
    @Override
    public Explainer.Explanation trace(Graph graph, Tensor observations) {
      Tensor values = network.apply(observations).expected();
      Tensor best = values.gather(values.argMax());
      return new Explainer.Explanation(values, null, best, best);
    }

    @Override
    public void fill(Program program, boolean[] legal) {}
  }

  @Override
  public void close() {
    program.close();
  }
}
