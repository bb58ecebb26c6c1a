package org.jarl.experiments.environment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environments;
import org.jarl.env.MemoryState;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.WrapperConfig;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.junit.jupiter.api.Test;

class WrappedEnvironmentsTest {
  private static final Environments REGISTERED = Environments.discover(List.of());

  private final WrappedEnvironments factory = new WrappedEnvironments(REGISTERED, 1);

  private static EnvironmentConfig cartPole(WrapperConfig... wrappers) {
    return new EnvironmentConfig("classic/cartpole-v1", 2, Map.of(), List.of(wrappers));
  }

  /// Pushes to the right all the time, so that poles fall soon.
  private static StepBatch push(VectorEnvironment environment, int steps) {
    ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), environment.count());
    java.util.Arrays.fill(actions.indices(), 1);
    StepBatch batch = environment.reset(1);
    for (int i = 0; i < steps; i++) {
      batch = environment.step(actions);
    }
    return batch;
  }

  @Test
  void returnsOfTrainingAreCountedBeforeTheyAreClipped() {
    try (TrainingEnvironment clipped =
        factory.training(cartPole(new WrapperConfig.RewardClip(-1, 0.5f)))) {
      StepBatch last = push(clipped.vector(), 40);
      assertEquals(0.5f, last.rewards()[0]);
      assertTrue(clipped.episodes().episodes() > 2);
      assertEquals(clipped.episodes().meanLength(), clipped.episodes().meanReturn());
    }
  }

  @Test
  void ofSeveralTimeLimitsTheShortestHolds() {
    var longer = cartPole(new WrapperConfig.TimeLimit(1000));
    var two = cartPole(new WrapperConfig.TimeLimit(90), new WrapperConfig.TimeLimit(70));
    try (EvaluationEnvironment own = factory.evaluation(longer, 1);
        EvaluationEnvironment shorter = factory.evaluation(two, 1)) {
      assertEquals(500, own.vector().spec().timeLimit());
      assertEquals(70, shorter.vector().spec().timeLimit());
    }
  }

  @Test
  void rewardsOfEvaluationAreAsTheEnvironmentGivesThem() {
    var config =
        cartPole(
            new WrapperConfig.RewardClip(-1, 0.5f), new WrapperConfig.NormalizeReward(0.9f, 2));
    try (EvaluationEnvironment environment = factory.evaluation(config, 3)) {
      assertEquals(3, environment.vector().count());
      assertArrayEquals(new float[] {1, 1, 1}, push(environment.vector(), 3).rewards());
    }
  }

  @Test
  void evaluationSeesWhatTrainingHasGatheredAndAddsNothingToIt() {
    var config = cartPole(new WrapperConfig.NormalizeObservation(10));
    try (TrainingEnvironment training = factory.training(config);
        EvaluationEnvironment evaluation = factory.evaluation(config, 2);
        EvaluationEnvironment again = factory.evaluation(config, 2)) {
      push(training.vector(), 50);
      byte[] before = MemoryState.save(training.vector());
      List<double[]> gathered = training.statistics().get();
      evaluation.adopt().accept(gathered);
      assertEquals(9, gathered.getFirst().length);
      MemorySegment seen = push(evaluation.vector(), 7).observations();
      push(evaluation.vector(), 20);
      again.adopt().accept(training.statistics().get());
      assertEquals(-1, seen.mismatch(push(evaluation.vector(), 7).observations()));
      assertArrayEquals(
          seen.toArray(ValueLayout.JAVA_FLOAT),
          push(again.vector(), 7).observations().toArray(ValueLayout.JAVA_FLOAT));
      assertArrayEquals(before, MemoryState.save(training.vector()));
    }
  }

  @Test
  void wrappersAreAppliedFromTheInsideOut() {
    var config =
        cartPole(
            new WrapperConfig.TimeLimit(5),
            new WrapperConfig.ObservationScale(2, 1),
            new WrapperConfig.FrameStack(3));
    try (TrainingEnvironment plain = factory.training(cartPole());
        TrainingEnvironment wrapped = factory.training(config)) {
      assertEquals(List.of(3, 4), wrapped.vector().spec().observationSpace().shape());
      assertEquals(5, wrapped.vector().spec().timeLimit());
      float raw = push(plain.vector(), 4).observations().get(ValueLayout.JAVA_FLOAT, 0);
      float shown = push(wrapped.vector(), 4).observations().get(ValueLayout.JAVA_FLOAT, 32);
      assertEquals((raw - 1) / 2, shown);
      push(wrapped.vector(), 5);
      assertEquals(5, wrapped.episodes().meanLength());
    }
  }

  @Test
  void anUnknownEnvironmentIsTheUsersError() {
    var config = new EnvironmentConfig("classic/cartpol-v1", 1, Map.of(), List.of());
    var refused = assertThrows(UserErrorException.class, () -> factory.training(config).close());
    assertTrue(
        String.valueOf(refused.getMessage())
            .startsWith(
                "Unknown environment \"classic/cartpol-v1\". Did you mean"
                    + " \"classic/cartpole-v1\"?"),
        refused.getMessage());
  }

  @Test
  void statisticsOfOtherWrappersAreRefused() {
    var config = cartPole(new WrapperConfig.NormalizeObservation(10));
    try (EvaluationEnvironment environment = factory.evaluation(config, 1)) {
      assertEquals(
          "statistics of 1 normalizing wrappers are needed, got 0",
          assertThrows(IllegalArgumentException.class, () -> environment.adopt().accept(List.of()))
              .getMessage());
      assertEquals(
          "statistics of 4 numbers take 9 values, got 3",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> environment.adopt().accept(List.of(new double[3])))
              .getMessage());
    }
  }
}
