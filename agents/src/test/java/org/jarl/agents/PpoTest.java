package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jarl.agents.config.Schedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PpoTest extends PolicyGradientTest {
  @Override
  String name() {
    return "ppo";
  }

  @Override
  AgentConfig config(Settings settings) {
    return settings.ppo();
  }

  @Override
  boolean remembers() {
    return true;
  }

  @Override
  ActorCriticLearner learner(Agent agent) {
    return ((Ppo) agent).learner;
  }

  /// One minibatch, so that a round is an epoch: an update that stopped after some rounds has the
  /// weights of one of so few epochs, and none of the round that was too far off.
  @Test
  void anUpdateEndsBeforeTheMinibatchThatIsTooFarOff(@TempDir Path folder) {
    Consumer<Settings> eager =
        s -> {
          s.minibatches = 1;
          s.epochs = 20;
          s.learningRate = new Schedule.Constant(3e-2f);
        };
    byte[] stopped;
    int rounds;
    try (Training training = once(eager.andThen(s -> s.targetKl = 0.02f))) {
      rounds = (int) training.agent.state().updates();
      assertTrue(rounds > 1 && rounds < 20, rounds + " rounds");
      assertEquals(rounds, training.metrics.get("ppo/rounds"));
      stopped = training.weights(folder);
    }
    try (Training same = once(eager.andThen(s -> s.epochs = rounds));
        Training further = once(eager.andThen(s -> s.epochs = rounds + 1))) {
      assertArrayEquals(same.weights(folder), stopped);
      assertFalse(Arrays.equals(further.weights(folder), stopped));
    }
  }

  /// A training after one rollout.
  private Training once(Consumer<Settings> change) {
    Training training = new Training(with(change), MASKED, 2, 1);
    training.metricPeriod = 1;
    training.train(() -> false);
    return training;
  }

  @Test
  void aConfigCannotExistWhenWrong() {
    assertRefused(
        "Ppo.Config.lambda must be between 0 and 1, got -0.1", () -> with(s -> s.lambda = -0.1f));
    assertRefused("Ppo.Config.horizon must be at least 1, got 0", () -> with(s -> s.horizon = 0));
    assertRefused(
        "Ppo.Config.minibatches must be at least 1, got 0", () -> with(s -> s.minibatches = 0));
    assertRefused("Ppo.Config.epochs must be at least 1, got 0", () -> with(s -> s.epochs = 0));
    assertRefused(
        "Ppo.Config.clipRange must be 0 or more, got -0.1",
        () -> with(s -> s.clipRange = new Schedule.Constant(-0.1f)));
    assertRefused(
        "Ppo.Config.clipRange must be 0 or more, got from 0.2 to -0.1 over 9 agent steps",
        () -> with(s -> s.clipRange = new Schedule.Linear(0.2f, -0.1f, 9)));
    assertRefused(
        "Ppo.Config.valueClipRange must be 0 or more, got -0.2",
        () -> with(s -> s.valueClipRange = -0.2f));
    assertRefused(
        "Ppo.Config.targetKl must be 0 or more, got -0.01", () -> with(s -> s.targetKl = -0.01f));
    assertRefused(
        "Ppo.Config.sequenceLength must be at least 1, got 0",
        () -> with(s -> s.sequenceLength = 0));
    assertRefused(
        "Ppo.Config.sequenceLength must be a divisor of horizon (16), got 5",
        () ->
            with(s -> {
              s.memory = Settings.LSTM;
              s.sequenceLength = 5;
            }));
    with(s -> s.sequenceLength = 5);
  }

  @Test
  void rolloutsOfMoreStepsThanCanBeCountedAreRefused() {
    assertRefused(
        "Ppo.Config.horizon must be so short that a rollout of all 65536 copies has at most"
            + " 2147483647 steps, got 2000000000",
        () -> with(s -> s.horizon = 2_000_000_000).check(65_536));
    assertRefused(
        "Ppo.Config.epochs must be so few that an update takes at most 2147483647 steps (horizon"
            + " 16 x environment.count 4 in each), got 2000000000",
        () -> with(s -> s.epochs = 2_000_000_000).check(4));
  }

  @Test
  void minibatchesThatDoNotDivideAreRefused() {
    assertRefused(
        "Ppo.Config.minibatches must be a divisor of the steps of a rollout (horizon 16 x"
            + " environment.count 3 = 48), got 5",
        () -> with(s -> s.minibatches = 5).check(3));
    AgentConfig memory =
        with(s -> {
          s.memory = Settings.LSTM;
          s.minibatches = 16;
        });
    assertRefused(
        "Ppo.Config.minibatches must be a divisor of the sequences of a rollout (horizon 16 /"
            + " sequenceLength 4 x environment.count 3 = 12), got 16",
        () -> memory.check(3));
    memory.check(4);
    assertRefused(
        "Ppo.Config.minibatches must be so few that each has 2 steps at least, where"
            + " normalizeAdvantages is true, got 48",
        () -> with(s -> s.minibatches = 48).check(3));
    with(
            s -> {
              s.minibatches = 48;
              s.normalizeAdvantages = false;
            })
        .check(3);
  }
}
