package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.agents.config.Loss;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ExpectationHeadTest {
  private static final ValueHead HEAD = new ExpectationHead();

  /// The values that choose the next action.
  private enum Chooser {
    TARGET,
    ONLINE
  }

  private static ValueHead.Values values(Tensor of) {
    return new ValueHead.Values(of, of, null);
  }

  /// Targets of two transitions: the second one terminated, so its discount is 0.
  private static float[] targets(Chooser chooser, float @Nullable [] legal) {
    try (Engine engine = new CpuEngine(1)) {
      Program program = engine.compile("targets", g -> trace(g, chooser, legal != null));
      set(program.input("rewards"), 1, -1);
      set(program.input("discounts"), 0.5f, 0);
      set(program.input("online"), 3, 9, 4, 7, 1, 2);
      set(program.input("target"), 10, 20, 30, 40, 50, 60);
      if (legal != null) {
        set(program.input("legal"), legal);
      }
      program.run();
      return program.output("y").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static void trace(Graph graph, Chooser chooser, boolean masked) {
    ValueHead.Values online = values(graph.input("online", 2, 3));
    ValueHead.Values target = values(graph.input("target", 2, 3));
    Tensor legal = masked ? graph.input("legal", 2, 3) : null;
    Tensor best = QNetwork.greedy(chooser == Chooser.ONLINE ? online : target, legal);
    graph.output(
        "y", HEAD.target(graph.input("rewards", 2), graph.input("discounts", 2), target.of(best)));
    if (chooser == Chooser.TARGET) {
      graph.output("unused", online.expected());
    }
  }

  private static void set(MemorySegment memory, float... values) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  /// 1 + 0.5 * max(10, 20, 30) = 16; -1 + 0 * 60 = -1.
  @Test
  void theTargetOfQLearningIsTheLargestValueOfTheTargetNetwork() {
    assertArrayEquals(new float[] {16, -1}, targets(Chooser.TARGET, null));
  }

  /// The online network prefers action 1 (value 9), which the target network values 20: 1 + 0.5 *
  /// 20.
  @Test
  void theTargetOfDoubleQLearningIsTheTargetValueOfTheOnlineChoice() {
    assertArrayEquals(new float[] {11, -1}, targets(Chooser.ONLINE, null));
  }

  /// Without action 2 the best is 20, without action 1 the online network prefers action 2: 30.
  @Test
  void illegalActionsAreNotChosen() {
    assertArrayEquals(
        new float[] {11, -1}, targets(Chooser.TARGET, new float[] {1, 1, 0, 0, 0, 0}));
    assertArrayEquals(
        new float[] {16, -1}, targets(Chooser.ONLINE, new float[] {1, 0, 1, 0, 0, 0}));
  }

  /// Errors of 0.5 and 3: 0.5 * 0.25 = 0.125 and 3 - 0.5 = 2.5, or their squares.
  @Test
  void lossesWeighTheErrorOfEachTransition() {
    assertArrayEquals(new float[] {0.125f, 2.5f}, losses(Loss.HUBER));
    assertArrayEquals(new float[] {0.25f, 9}, losses(Loss.MSE));
  }

  private static float[] losses(Loss loss) {
    try (Engine engine = new CpuEngine(1)) {
      Program program =
          engine.compile(
              "losses",
              g -> {
                Tensor taken = g.input("taken", 2);
                ValueHead.Chosen chosen = new ValueHead.Chosen(taken, taken, null);
                g.output("losses", HEAD.losses(chosen, g.input("target", 2), loss));
              });
      set(program.input("taken"), 1.5f, -1);
      set(program.input("target"), 1, 2);
      program.run();
      return program.output("losses").toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
