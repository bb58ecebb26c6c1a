package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.env.Environment;
import org.jarl.env.TimeLimit;
import org.jarl.nn.Initialization;
import org.jarl.nn.Program;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the learner makes of a rollout is what the actor made of it: rows, masks, memories and ends
/// of episodes are where they belong.
///
/// The learning rate is 0.1 for some rollouts, so that the policy is far from uniform and depends
/// on what it remembers, and then 0: nothing changes any more, all ratios of new to old
/// probabilities must be 1 in every minibatch of every epoch, and the learner can be run again on
/// other inputs.
class RecurrenceTest {
  private static final int COPIES = 3;
  private static final long LEARNS_UNTIL = 24 * COPIES * 8;

  private static Environment masked() {
    return new Identity(Identity.Panel.BUTTONS, true, 0.15f);
  }

  /// With these the ends of episodes, at random about every sixth step, lie everywhere in the
  /// sequences.
  private static Settings settings(PolicyConfig.Memory memory, int sequenceLength, int horizon) {
    return Settings.with(s -> {
      s.horizon = horizon;
      s.minibatches = 1;
      s.epochs = 2;
      s.learningRate = new Schedule.Linear(0.1f, 0, LEARNS_UNTIL);
      s.memory = memory;
      s.sequenceLength = sequenceLength;
      s.initialization = Initialization.FAN_IN;
    });
  }

  private static Settings settings(PolicyConfig.Memory memory, int sequenceLength) {
    return settings(memory, sequenceLength, 24);
  }

  private static Stream<Arguments> cases() {
    Supplier<Environment> masked = RecurrenceTest::masked;
    Supplier<Environment> numbers = () -> new Identity(Identity.Panel.SLIDERS, false, 0.15f);
    Settings shared = settings(Settings.LSTM, 4);
    shared.sharedTorso = true;
    shared.minibatches = 3;
    Settings plain = settings(new PolicyConfig.Memory.None(), 1);
    plain.minibatches = 4;
    return Stream.of(
        Arguments.of(settings(Settings.LSTM, 1), masked),
        Arguments.of(settings(Settings.LSTM, 4), masked),
        Arguments.of(settings(Settings.LSTM, 24), masked),
        Arguments.of(shared, masked),
        Arguments.of(plain, masked),
        Arguments.of(shared, numbers),
        Arguments.of(plain, numbers));
  }

  private static Training trained(AgentConfig config, Supplier<Environment> simulator) {
    Training training = new Training(config, simulator, COPIES, 1);
    training.trainTo(LEARNS_UNTIL + 24 * COPIES);
    return training;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theLearnerSeesTheProbabilitiesAndValuesOfTheRollout(
      Settings settings, Supplier<Environment> simulator) {
    try (Training training = trained(settings.ppo(), simulator)) {
      Ppo agent = (Ppo) training.agent;
      // A value that is its own target has no loss, and no ratio is beyond so narrow a range.
      agent.rollout.write(agent.rollout.rollout.values(), "returns");
      agent.update.input("clipRange").set(ValueLayout.JAVA_FLOAT, 0, 1e-5f);
      agent.update.run();
      for (int round = 0; round < settings.epochs * settings.minibatches; round++) {
        assertEquals(0, output(agent.update, "clipFraction", round), "round " + round);
        assertEquals(0, output(agent.update, "kl", round), 1e-6, "round " + round);
        assertEquals(0, output(agent.update, "valueLoss", round), 1e-10, "round " + round);
      }
    }
  }

  /// What the test above would say if a memory went on across the ends of episodes, or began anew
  /// with each sequence.
  @ParameterizedTest
  @ValueSource(strings = {"begins", "states"})
  void aMemoryThatIsNotTheRolloutsShows(String lost) {
    try (Training training = trained(settings(Settings.LSTM, 4).ppo(), RecurrenceTest::masked)) {
      Ppo agent = (Ppo) training.agent;
      agent.update.input(lost).fill((byte) 0);
      agent.update.input("clipRange").set(ValueLayout.JAVA_FLOAT, 0, 1e-5f);
      agent.update.run();
      double moved = output(agent.update, "clipFraction", 0);
      assertTrue(moved > 0.3, "of the ratios only " + moved + " are not 1");
    }
  }

  private static Stream<PolicyConfig.Memory> memories() {
    return Stream.of(Settings.LSTM, new PolicyConfig.Memory.None());
  }

  /// The policy's loss with one advantage of 1 and all others 0 is a probability of the rollout.
  @ParameterizedTest
  @MethodSource("memories")
  void theLearnerOfA2cSeesTheProbabilitiesAndValuesOfTheRollout(PolicyConfig.Memory memory) {
    Settings settings = settings(memory, 1);
    settings.normalizeAdvantages = false;
    try (Training training = trained(settings.a2c(), RecurrenceTest::masked)) {
      A2c agent = (A2c) training.agent;
      agent.rollout.write(agent.rollout.rollout.values(), "returns");
      MemorySegment advantages = agent.update.input("advantages");
      float[] old = agent.rollout.logProbabilities;
      for (int row = 0; row < old.length; row++) {
        advantages.fill((byte) 0);
        advantages.setAtIndex(ValueLayout.JAVA_FLOAT, row, 1);
        agent.update.run();
        double now = -output(agent.update, "policyLoss", 0) * old.length;
        assertEquals(old[row], now, 1e-5, "row " + row);
        assertEquals(0, output(agent.update, "valueLoss", 0), 1e-10);
      }
    }
  }

  /// What a rollout is worth is the same whether its last step cuts the episodes or they go on:
  /// what follows is seen with all that came before, and nothing of the next episode comes into it.
  @ParameterizedTest
  @MethodSource("memories")
  void aCutBehindTheLastStepOfARolloutChangesNothingOfIt(PolicyConfig.Memory memory) {
    AgentConfig config = settings(memory, 4, 16).ppo();
    List<float[]> returns = new ArrayList<>();
    for (int limit : new int[] {16, 20}) {
      Supplier<Environment> simulator =
          () -> new TimeLimit(new Identity(Identity.Panel.BUTTONS, true, 0), limit);
      try (Training training = new Training(config, simulator, COPIES, 1)) {
        training.train(() -> false);
        assertEquals(limit == 16, training.environment.current().truncated()[0]);
        Ppo agent = (Ppo) training.agent;
        returns.add(agent.update.input("returns").toArray(ValueLayout.JAVA_FLOAT));
      }
    }
    assertArrayEquals(returns.get(0), returns.get(1));
  }

  /// The value of what follows a rollout is the one that a longer rollout finds there.
  @ParameterizedTest
  @MethodSource("memories")
  void whatFollowsARolloutIsValuedAfterAllThatCameBefore(PolicyConfig.Memory memory) {
    List<float[]> values = new ArrayList<>();
    for (int horizon : new int[] {16, 17}) {
      Supplier<Environment> simulator = () -> new Identity(Identity.Panel.BUTTONS, true, 0);
      AgentConfig config = settings(memory, 1, horizon).ppo();
      try (Training training = new Training(config, simulator, COPIES, 1)) {
        training.train(() -> false);
        values.add(Arrays.copyOf(((Ppo) training.agent).rollout.rollout.values(), 17 * COPIES));
      }
    }
    assertArrayEquals(values.get(1), values.get(0), 1e-6f);
  }

  private static double output(Program program, String name, int round) {
    return program.output(name).getAtIndex(ValueLayout.JAVA_FLOAT, round);
  }

  private static double recalled(PolicyConfig.Memory memory) {
    Settings settings =
        Settings.with(s -> {
          s.gamma = 0.9f;
          s.horizon = 32;
          s.minibatches = 2;
          s.sequenceLength = 8;
          s.entropyCoefficient = 0.01f;
          s.memory = memory;
        });
    try (Training training = new Training(settings.ppo(), Recall::new, 8, 1)) {
      training.trainTo(10_000);
      return training.score(training.agent.policy(8, Policy.Choice.MODE)) * Recall.STEPS;
    }
  }

  @Test
  void whatWasSeenThreeStepsAgoIsRecalledWithAMemoryOnly() {
    double with = recalled(new PolicyConfig.Memory.Lstm(8));
    double without = recalled(new PolicyConfig.Memory.None());
    assertTrue(with > 0.97, "with a memory " + with);
    assertEquals(0.5, without, 0.1, "without a memory");
  }
}
