package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class TargetsTest {
  private interface Formula {
    Tensor of(Tensor rewards, Tensor discounts, Tensor online, Tensor target);
  }

  /// Two transitions: the second one terminated, so its discount is 0.
  private static float[] evaluate(Formula formula) {
    try (Engine engine = new CpuEngine(1)) {
      Program program = engine.compile("targets", g -> g.output("y", trace(g, formula)));
      set(program.input("rewards"), 1, -1);
      set(program.input("discounts"), 0.5f, 0);
      set(program.input("online"), 3, 9, 4, 7, 1, 2);
      set(program.input("target"), 10, 20, 30, 40, 50, 60);
      program.run();
      return program.output("y").toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static Tensor trace(Graph graph, Formula formula) {
    return formula.of(
        graph.input("rewards", 2),
        graph.input("discounts", 2),
        graph.input("online", 2, 3),
        graph.input("target", 2, 3));
  }

  private static void set(MemorySegment memory, float... values) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length);
  }

  /// 1 + 0.5 * max(10, 20, 30) = 16; -1 + 0 * 60 = -1.
  @Test
  void theMaximumIsTheTargetNetworks() {
    assertArrayEquals(
        new float[] {16, -1}, evaluate((r, d, _, target) -> Targets.maximum(r, d, target)));
  }

  /// The online network prefers action 1 (value 9), which the target network values 20: 1 + 0.5 *
  /// 20.
  @Test
  void doubleQTakesTheTargetsValueOfTheOnlineChoice() {
    assertArrayEquals(
        new float[] {11, -1},
        evaluate((r, d, online, target) -> Targets.doubleQ(r, d, online, target)));
  }
}
