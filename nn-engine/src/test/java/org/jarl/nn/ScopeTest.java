package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;

class ScopeTest {
  private static List<String> names(Variables variables) {
    return variables.parameters().stream().map(Parameter::name).toList();
  }

  private static float[] values(Variables variables) {
    float[] values = new float[variables.elements()];
    variables.read(MemorySegment.ofArray(values));
    return values;
  }

  @Test
  void parametersAreNamedByTheirPath() {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      Scope scope = Scope.of(variables, new SplittableRandom(1));
      scope.linear("hidden1", 4, 3);
      Scope torso = scope.at("torso");
      torso.conv2d("conv1", Shape.of(3, 3, 1, 2), 1, 0);
      torso.layerNorm("norm", 3);
      scope.at("policy").at("core").lstm("memory", 3, 2);
      assertEquals(
          List.of(
              "hidden1.weight",
              "hidden1.bias",
              "torso.conv1.weight",
              "torso.conv1.bias",
              "torso.norm.weight",
              "torso.norm.bias",
              "policy.core.memory.input.weight",
              "policy.core.memory.input.bias",
              "policy.core.memory.state.weight",
              "policy.core.memory.state.bias"),
          names(variables));
    }
  }

  @Test
  void valuesAreDrawnInTheOrderOfTheCalls() {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      Scope scope = Scope.of(variables, new SplittableRandom(7));
      scope.linear("a", 4, 3);
      scope.with(Initialization.ORTHOGONAL).linear("b", 3, 2, 0.5f);
      SplittableRandom random = new SplittableRandom(7);
      Variables byHand = engine.variables("by hand");
      byHand.add("a.weight", Shape.of(4, 3), Initializer.fanIn(4), random);
      byHand.add("a.bias", Shape.of(3), Initializer.fanIn(4), random);
      byHand.add("b.weight", Shape.of(3, 2), new Initializer.Orthogonal(0.5f), random);
      byHand.add("b.bias", Shape.of(2), Initializer.zeros(), random);
      assertArrayEquals(values(byHand), values(variables));
    }
  }

  @Test
  void valuesThatWillBeLoadedAreZero() {
    try (Engine engine = new CpuEngine(1)) {
      Variables variables = engine.variables("net");
      Scope scope = Scope.uninitialized(variables);
      scope.linear("a", 4, 3);
      scope.layerNorm("b", 3);
      assertArrayEquals(new float[variables.elements()], values(variables));
    }
  }
}
