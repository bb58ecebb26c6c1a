package org.jarl.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import org.bytedeco.javacpp.Loader;
import org.jarl.nn.Parameter;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Ten updates of the real agent on a rollout of a real environment, beside the same ten on
/// libtorch from equal parameters, data and minibatches.
///
/// Runs where libtorch is: `mvn -P peers -Dexcluded.groups= -pl benchmarks -am verify`.
@Tag("slow")
class PpoParityTest {
  /// Of losses and gradients, relative to the loss or to the largest number of the array.
  private static final double TOLERANCE = 1e-4;

  /// Of parameters, which move by 1e-3 and more.
  private static final float PARAMETER_TOLERANCE = 1e-6f;

  @BeforeAll
  static void libtorchIsHere() {
    String library = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "/libjnitorch.so";
    assumeTrue(
        PpoParityTest.class.getResource(library) != null,
        "libtorch is on the class path with the profile peers alone");
  }

  /// One choice, two networks; numbers, two networks; pictures, one network.
  ///
  /// The rates are so large that ratios and values leave the range in which they are not clipped.
  private static List<PpoTask> tasks() {
    return List.of(
        PpoTask.cartPole(new PpoTask.Effort(64, 2, 5, 2.5e-3f)),
        PpoTask.pendulum(new PpoTask.Effort(64, 2, 5, 2.5e-3f)),
        PpoTask.wallball(4, new PpoTask.Effort(16, 2, 5, 1e-3f)));
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void tenUpdatesAreThoseOfLibtorch(PpoTask task) {
    try (PpoLearner ours = new PpoLearner(task, "cpu", 1, true);
        LibtorchPpo theirs = new LibtorchPpo(ours, 1)) {
      assertEquals(10, task.rounds());
      float[] losses = new float[task.rounds()];
      ours.run(losses);
      for (int round = 0; round < losses.length; round++) {
        String at = " in round " + round;
        for (Parameter parameter : ours.parameters()) {
          assertArrayEquals(
              theirs.value(parameter),
              ours.before(parameter, round),
              PARAMETER_TOLERANCE,
              parameter + " before its step" + at);
        }
        float loss = theirs.differentiate(round);
        assertEquals(loss, losses[round], TOLERANCE * Math.abs(loss), "loss" + at);
        for (Parameter parameter : ours.parameters()) {
          float[] wanted = theirs.gradient(parameter);
          assertArrayEquals(
              wanted,
              ours.gradient(parameter, round),
              (float) TOLERANCE * largest(wanted),
              "gradient of " + parameter + at);
        }
        theirs.step();
      }
      for (Parameter parameter : ours.parameters()) {
        assertArrayEquals(
            theirs.value(parameter),
            ours.value(parameter),
            PARAMETER_TOLERANCE,
            parameter + " after all");
      }
      assertTrue(everClipped(ours), "some ratios must have been clipped");
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void theAgentLearnsTheSameWhenNobodyLooks(PpoTask task) {
    float[] losses = new float[task.rounds()];
    float[] alone = new float[task.rounds()];
    try (PpoLearner seen = new PpoLearner(task, "cpu", 1, true);
        PpoLearner unseen = new PpoLearner(task, "cpu", 1, false)) {
      seen.run(losses);
      unseen.run(alone);
      assertArrayEquals(alone, losses);
      for (int i = 0; i < seen.parameters().size(); i++) {
        Parameter parameter = seen.parameters().get(i);
        assertArrayEquals(
            unseen.value(unseen.parameters().get(i)), seen.value(parameter), parameter.toString());
      }
    }
  }

  private static boolean everClipped(PpoLearner ours) {
    float[] fractions = ours.program().output("clipFraction").toArray(ValueLayout.JAVA_FLOAT);
    for (float fraction : fractions) {
      if (fraction > 0) {
        return true;
      }
    }
    return false;
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
