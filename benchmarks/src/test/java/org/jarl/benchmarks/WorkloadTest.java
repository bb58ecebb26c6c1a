package org.jarl.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What is measured computes what it should.
class WorkloadTest {

  // The largest takes seconds for a call.
  @ParameterizedTest
  @EnumSource(names = "CNN_PPO_256", mode = EnumSource.Mode.EXCLUDE)
  void everyWorkloadRunsAndRepeatsItself(Workload workload) {
    float[] once = numbers(workload, 1);
    assertArrayEquals(once, numbers(workload, 2), "2 threads must give the bits of 1");
    for (float number : once) {
      assertTrue(Float.isFinite(number), "all numbers must be finite");
    }
  }

  private static float[] numbers(Workload workload, int threads) {
    try (Candidate candidate = Candidate.open("cpu", workload, threads)) {
      return EngineProcess.numbers(candidate, workload);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CNN_FORWARD_1", "MLP_120_84_FORWARD_1", "MLP_64_64_FORWARD_1"})
  void forwardPassesAgreeWithPlainLoops(Workload workload) {
    double[] x = toDoubles(workload.data().observations());
    List<Network.Values> values = workload.network().values(workload.onlineSeed());
    int side = workload.network().input().size(0);
    for (int i = 0; i < values.size(); i++) {
      Network.Values v = values.get(i);
      switch (workload.network().layers().get(i)) {
        case Network.Layer.Convolution c -> {
          x = convolve(c, side, x, v);
          side = (side - c.kernel()) / c.stride() + 1;
        }
        case Network.Layer.Dense d -> x = dense(d, x, v);
      }
      if (i < values.size() - 1) {
        x = java.util.Arrays.stream(x).map(y -> Math.max(0, y)).toArray();
      }
    }
    float[] got = new float[Candidate.resultLength(workload)];
    try (Candidate candidate = Candidate.open("cpu", workload, 1)) {
      candidate.run(got);
    }
    assertArrayEquals(x, toDoubles(got), 1e-6);
  }

  private static double[] toDoubles(float[] values) {
    double[] all = new double[values.length];
    java.util.Arrays.setAll(all, i -> values[i]);
    return all;
  }

  private static double[] dense(Network.Layer.Dense d, double[] x, Network.Values v) {
    double[] y = new double[d.outputs()];
    for (int o = 0; o < y.length; o++) {
      y[o] = v.biases()[o];
      for (int i = 0; i < d.inputs(); i++) {
        y[o] += x[i] * v.weights()[i * d.outputs() + o];
      }
    }
    return y;
  }

  private static double[] convolve(
      Network.Layer.Convolution c, int side, double[] x, Network.Values v) {
    int out = (side - c.kernel()) / c.stride() + 1;
    int window = c.kernel() * c.channels();
    double[] y = new double[out * out * c.outputs()];
    for (int at = 0; at < y.length; at++) {
      int o = at % c.outputs();
      int column = at / c.outputs() % out;
      int row = at / c.outputs() / out;
      y[at] = v.biases()[o];
      for (int k = 0; k < c.kernel() * window; k++) {
        int image = ((row * c.stride() + k / window) * side + column * c.stride()) * c.channels();
        y[at] += x[image + k % window] * v.weights()[k * c.outputs() + o];
      }
    }
    return y;
  }

  @Test
  void numbersThatDifferAreFound() {
    float[] wanted = {1, 100};
    assertEquals(-1, PeerTable.firstDifference(wanted, new float[] {1.005f, 100}));
    assertEquals(0, PeerTable.firstDifference(wanted, new float[] {1.02f, 100}));
    assertEquals(1, PeerTable.firstDifference(wanted, new float[] {1, Float.NaN}));
  }

  @Test
  void resultsSurviveTheWayBetweenProcesses() {
    var sent =
        new EngineProcess.Result(
            Workload.CNN_FORWARD_1, new Timing(1234.5, 1e6), new float[] {0.1f, -3e-9f});
    List<EngineProcess.Result> got =
        EngineProcess.Result.parse(List.of("a warning", sent.line(), ""));
    assertEquals(1, got.size());
    assertEquals(sent.timing(), got.getFirst().timing());
    assertEquals(sent.workload(), got.getFirst().workload());
    assertArrayEquals(sent.numbers(), got.getFirst().numbers());
  }
}
