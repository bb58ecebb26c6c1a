package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GradientsTest {
  private static final Engine ONE = new CpuEngine(1);
  private static final Engine TWO = new CpuEngine(2);

  static Stream<GraphCase> cases() {
    return GraphCases.all().stream();
  }

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void cpuAgreesWithTheReferenceAndWithCentralDifferences(GraphCase graphCase) {
    List<double[]> cpu = graphCase.run(ONE, "");
    Variables layout = ONE.variables("layout of " + graphCase.name());
    List<Parameter> parameters = graphCase.parameters(layout);
    List<double[]> reference = graphCase.reference(parameters);
    // The loss is a sum of numbers of both signs: compare it on their scale, not on its own.
    double terms = reference.getFirst().length;
    assertEquals(reference.get(1)[0], cpu.get(1)[0], 1e-5 * terms, graphCase + " loss");
    for (int i = 0; i < cpu.size(); i++) {
      if (i == 1) {
        continue;
      }
      double error = GraphCase.relativeError(reference.get(i), cpu.get(i));
      assertTrue(error < 1e-5, graphCase + " tensor " + i + ": relative error " + error);
    }
    List<double[]> differences = graphCase.centralDifferences(parameters);
    for (int i = 0; i < differences.size(); i++) {
      double[] gradient = cpu.get(i + 2);
      double[] sampled =
          Arrays.stream(GraphCase.sample(gradient.length)).mapToDouble(k -> gradient[k]).toArray();
      double error = GraphCase.relativeError(differences.get(i), sampled);
      assertTrue(error < 1e-4, graphCase + " gradient " + i + ": relative error " + error);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void twoThreadsGiveTheBitsOfOne(GraphCase graphCase) {
    List<double[]> one = graphCase.run(ONE, "one ");
    List<double[]> two = graphCase.run(TWO, "two ");
    for (int i = 0; i < one.size(); i++) {
      assertArrayEquals(one.get(i), two.get(i), graphCase + " tensor " + i);
    }
  }
}
