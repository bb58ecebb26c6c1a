package org.jarl.nn.nd4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jarl.nn.GraphCase;
import org.jarl.nn.GraphCases;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The cpu back end against one that shares no kernel with it.
class Nd4jOracleTest {
  private static final Engine CPU = new CpuEngine(1);
  private static final Engine ND4J = Engines.open("nd4j", 2);

  static Stream<GraphCase> cases() {
    return GraphCases.all().stream();
  }

  @AfterAll
  static void close() {
    CPU.close();
    ND4J.close();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void cpuAndNd4jAgreeOnResultsAndGradients(GraphCase graphCase) {
    List<double[]> cpu = graphCase.run(CPU, "");
    List<double[]> nd4j = graphCase.run(ND4J, "");
    // The loss is a sum of numbers of both signs: compare it on their scale, not on its own.
    double loss = cpu.get(1)[0];
    double scale = Math.max(Math.abs(loss), cpu.getFirst().length);
    assertEquals(loss, nd4j.get(1)[0], 1e-5 * scale, graphCase + " loss");
    for (int i = 0; i < cpu.size(); i++) {
      if (i == 1) {
        continue;
      }
      double error = GraphCase.relativeError(cpu.get(i), nd4j.get(i));
      assertTrue(error < 1e-5, graphCase + " tensor " + i + ": relative error " + error);
    }
  }
}
