package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.DistantEngine;
import org.jarl.nn.Variables;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What holds for every policy gradient.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PolicyGradientTest {
  static final Supplier<Environment> MASKED = simulator(Identity.Panel.BUTTONS, true);

  /// What its messages begin with.
  abstract String name();

  /// What refusals of its settings begin with.
  private String owner() {
    return name().substring(0, 1).toUpperCase(Locale.ROOT) + name().substring(1) + ".Config";
  }

  /// The agent's part of the settings.
  abstract AgentConfig config(Settings settings);

  /// Whether it can have a memory.
  abstract boolean remembers();

  abstract ActorCriticLearner learner(Agent agent);

  final AgentConfig with(Consumer<Settings> change) {
    return config(Settings.with(change));
  }

  static Supplier<Environment> simulator(Identity.Panel panel, boolean masked) {
    return () -> new Identity(panel, masked, 0.1f);
  }

  /// Settings and a task for them.
  record Case(String name, Settings settings, Supplier<Environment> simulator) {
    @Override
    public String toString() {
      return name;
    }
  }

  Stream<Case> cases() {
    PolicyConfig.Noise noise = new PolicyConfig.Noise.StateDependent(-1, 4);
    Stream<Case> all =
        Stream.of(
            new Case("a mask", new Settings(), MASKED),
            new Case(
                "smooth numbers",
                Settings.with(s -> {
                  s.noise = noise;
                  s.sharedTorso = true;
                }),
                simulator(Identity.Panel.SLIDERS, false)));
    Case memory =
        new Case(
            "a memory",
            Settings.with(s -> s.memory = Settings.LSTM),
            simulator(Identity.Panel.PAIR, false));
    return remembers() ? Stream.concat(all, Stream.of(memory)) : all;
  }

  @ParameterizedTest
  @EnumSource
  void itLearnsToLook(Identity.Panel panel) {
    AgentConfig config = with(s -> s.noise = new PolicyConfig.Noise.Gaussian(-1));
    try (Training training = new Training(config, simulator(panel, false), 8, 1)) {
      training.trainTo(8_000);
      double mode = training.score(training.agent.policy(8, Policy.Choice.MODE));
      double drawn = training.score(training.agent.policy(8, Policy.Choice.SAMPLE));
      assertTrue(mode > (panel == Identity.Panel.SLIDERS ? 0.85 : 0.97), "scores " + mode);
      assertTrue(drawn <= mode && drawn > mode - 0.3, mode + ", when drawn " + drawn);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void moreThreadsGiveTheBitsOfOne(Case some) {
    byte[] one = null;
    for (int threads : new int[] {1, 2, 3}) {
      try (Training training =
          new Training(config(some.settings()), some.simulator(), 4, threads)) {
        training.trainTo(512);
        one = one == null ? training.state() : one;
        assertArrayEquals(one, training.state(), threads + " threads");
      }
    }
  }

  /// So whatever it reads it has asked for after the run that computed it.
  @ParameterizedTest
  @MethodSource("cases")
  void aDistantDeviceGivesTheBitsOfThisOne(Case some) {
    AgentConfig config = config(some.settings());
    try (Training near = new Training(config, some.simulator(), 2, 1);
        Training distant =
            new Training(config, Training.vector(some.simulator(), 2, 1), new DistantEngine(1))) {
      near.trainTo(640);
      distant.trainTo(640);
      assertTrue(near.agent.state().updates() > 0);
      assertArrayEquals(near.state(), distant.state());
      assertEquals(near.metrics, distant.metrics);
      for (Policy.Choice choice : Policy.Choice.values()) {
        assertEquals(
            near.score(near.agent.policy(2, choice)),
            distant.score(distant.agent.policy(2, choice)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsRestoredGoesOnAsIfItHadNeverStopped(Case some) {
    assertGoesOn(some, 320, 640);
  }

  /// Episodes end at random, so that both copies are in the middle of one.
  final void assertGoesOn(Case some, long stop, long end) {
    AgentConfig config = config(some.settings());
    try (Training whole = new Training(config, some.simulator(), 2, 1);
        Training before = new Training(config, some.simulator(), 2, 1);
        Training after = new Training(config, some.simulator(), 2, 1)) {
      whole.trainTo(end);
      before.trainTo(stop);
      for (int copy = 0; copy < 2; copy++) {
        assertTrue(((ThreadedVectorEnvironment) before.environment).episodeStep(copy) > 0);
      }
      long updates = before.agent.state().updates();
      MemoryState.load(before.state(), after.agent.state());
      MemoryState.load(MemoryState.save(before.environment), after.environment);
      assertEquals(stop, after.agent.state().agentSteps());
      assertEquals(updates, after.agent.state().updates());
      assertArrayEquals(before.state(), after.state());
      after.trainTo(end);
      assertTrue(after.agent.state().updates() > updates);
      assertArrayEquals(whole.state(), after.state());
      assertArrayEquals(MemoryState.save(whole.environment), MemoryState.save(after.environment));
    }
  }

  /// Acting, stepping, remembering and learning.
  @ParameterizedTest
  @MethodSource("cases")
  void theTrainingLoopAllocatesNothing(Case some) {
    try (Training training = new Training(config(some.settings()), some.simulator(), 2, 1)) {
      assertEquals(0, training.leastBytes(32), "bytes allocated in 32 turns, warm");
    }
  }

  /// An environment refuses what its mask forbids, which is a quarter of the draws of a policy that
  /// knows nothing.
  @ParameterizedTest
  @EnumSource
  void whatIsForbiddenIsNotDone(Policy.Choice choice) {
    try (Training training = new Training(config(new Settings()), MASKED, 2, 1)) {
      training.score(training.agent.policy(2, choice));
      training.trainTo(640);
      training.score(training.agent.policy(2, choice));
    }
  }

  @Test
  void aMaskThatAllowsNothingIsStopped() {
    VectorEnvironment spoilt =
        new Watched(
            Training.vector(MASKED, 2, 1), step -> Arrays.fill(step.legalActions(), 4, 8, false));
    String rule =
        " needs at least one legal action in every state, and the mask of copy 1 allows none of 4:"
            + " fix the environment's mask";
    try (Training training = new Training(config(new Settings()), spoilt, 1)) {
      assertRefused(name() + rule, () -> training.trainTo(64));
      StepBatch seen = training.environment.current();
      ActionBatch actions = new ActionBatch(training.environment.spec().actionSpace(), 2);
      RandomStream random = RandomStream.of(1, "drawing");
      Policy policy = training.agent.policy(2, Policy.Choice.MODE);
      assertRefused(
          "policy" + rule,
          () -> policy.act(seen.observations(), seen.legalActions(), random, actions));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weightsThatAreSavedActAlike(Case some, @TempDir Path folder) {
    AgentConfig config = config(some.settings());
    try (Training training = new Training(config, some.simulator(), 2, 1)) {
      training.trainTo(640);
      Path file = folder.resolve("weights.safetensors");
      training.agent.state().saveWeights(file);
      Set<Double> scores = new HashSet<>();
      for (Policy.Choice choice : Policy.Choice.values()) {
        double own = training.score(training.agent.policy(2, choice));
        try (Training other = new Training(config, some.simulator(), 2, 1);
            Policy loaded =
                config.loadPolicy(
                    new Task(other.environment.spec(), 2, other.engine, 7), file, choice)) {
          assertEquals(own, other.score(loaded), choice.toString());
        }
        scores.add(own);
      }
      assertEquals(2, scores.size(), "drawn as if it were the mode: " + scores);
    }
  }

  @Test
  void divergenceNamesUpdateAndTensor() {
    AgentConfig wild =
        with(s -> {
          s.learningRate = new Schedule.Constant(1e38f);
          s.maxGradientNorm = 0;
          s.activation = NetworkConfig.Activation.RELU;
        });
    try (Training training = new Training(wild, MASKED, 2, 1)) {
      String message = diverged(() -> training.trainTo(3000));
      String atUpdate =
          " at update \\d+: the loss is (NaN|-?Infinity), and (all parameters are still finite|"
              + name()
              + "/.+ element \\d+ is \\S+); a smaller optimizer.learningRate or a "
              + name()
              + ".maxGradientNorm may help";
      String atStep = ": value and log-probability of an action must be finite, got .+";
      assertTrue(message.matches(name() + " diverged(" + atUpdate + "|" + atStep + ")"), message);
    }
  }

  /// Parameters that an update has spoilt do not reach a checkpoint, nor do they act.
  @Test
  void parametersThatAreNotFiniteAreNotedBeforeTheyAct() {
    try (Training training = new Training(config(new Settings()), MASKED, 2, 1)) {
      training.trainTo(640);
      Variables parameters = learner(training.agent).parameters;
      try (Arena arena = Arena.ofConfined()) {
        // Every byte 255 is a NaN.
        parameters.write(arena.allocate(parameters.bytes(), 64).fill((byte) 255));
      }
      long update = training.agent.state().updates();
      String saved = diverged(training::state);
      assertTrue(
          saved.matches(name() + " diverged at update " + update + ": " + name() + "/.+ is NaN"),
          saved);
      assertEquals(
          notFinite("NaN and NaN for copy 0 at its step 320"),
          diverged(() -> training.trainTo(1280)));
    }
  }

  private String notFinite(String what) {
    return name()
        + " diverged: value and log-probability of an action must be finite, got "
        + what
        + "; a smaller optimizer.learningRate or normalized observations may help";
  }

  /// A wrapper that divides by nothing, say; what the simulators themselves say is checked before.
  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void observationsThatAreNotFiniteStopIt(float spoilt) {
    for (Identity.Panel panel : Identity.Panel.values()) {
      int[] steps = {0};
      VectorEnvironment environment =
          new Watched(
              Training.vector(simulator(panel, false), 2, 1),
              step -> {
                if (++steps[0] == 40) {
                  for (int i = 4; i < 8; i++) {
                    float value = i % 2 == 0 ? spoilt : -spoilt;
                    step.observations().setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
                  }
                }
              });
      try (Training training = new Training(config(new Settings()), environment, 1)) {
        String message = diverged(() -> training.trainTo(640));
        assertEquals(notFinite("NaN and NaN for copy 1 at its step 40"), message);
      }
    }
  }

  /// They are what a cut episode is valued by; nothing is acted on them.
  @Test
  void finalObservationsThatAreNotFiniteStopIt() {
    VectorEnvironment environment =
        new Watched(
            Training.vector(() -> new Identity(Identity.Panel.BUTTONS, false, 0), 2, 1),
            step -> {
              if (step.truncated()[1]) {
                step.finalObservations().fill((byte) 255);
              }
            });
    try (Training training = new Training(config(new Settings()), environment, 1)) {
      String message = diverged(() -> training.trainTo(640));
      assertTrue(message.matches(name() + " diverged at update \\d+: the loss is NaN.+"), message);
    }
  }

  /// Values of 1e38, whose squares are not finite any more.
  @Test
  void hugeObservationsStopIt() {
    VectorEnvironment environment =
        new Watched(
            Training.vector(MASKED, 2, 1),
            step -> {
              for (int i = 0; i < 8; i++) {
                step.observations().setAtIndex(ValueLayout.JAVA_FLOAT, i, 1e38f);
              }
            });
    AgentConfig config = with(s -> s.activation = NetworkConfig.Activation.RELU);
    try (Training training = new Training(config, environment, 1)) {
      String message = diverged(() -> training.trainTo(640));
      assertTrue(
          message.startsWith(name() + " diverged at update 1: the loss is ")
              || message.startsWith(
                  name() + " diverged: value and log-probability of an action must be"),
          message);
    }
  }

  static String diverged(Executable training) {
    return String.valueOf(assertThrows(DivergedException.class, training).getMessage());
  }

  /// Of the first of ten steps at 1 each with a discount of 0.9: 10 where it would go on for ever,
  /// 6.51 where it ends.
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCutEpisodeIsValuedAsIfItWentOnAndAnEndedOneIsNot(boolean ends) {
    AgentConfig config =
        with(s -> {
          s.gamma = 0.9f;
          s.horizon = 5;
          s.maxGradientNorm = 0;
          s.minibatches = 1;
          s.epochs = 2;
          s.learningRate = new Schedule.Linear(2e-2f, 1e-3f, 20_000);
        });
    try (Training training = new Training(config, () -> new Salary(ends), 8, 1)) {
      training.trainTo(20_000);
      training.environment.reset(1);
      float value =
          learner(training.agent)
              .actor
              .values(training.environment.current().observations())
              .get(ValueLayout.JAVA_FLOAT, 0);
      assertEquals(ends ? (1 - Math.pow(0.9, 10)) / 0.1 : 10, value, 0.4);
    }
  }

  /// An update takes the learning rate of the step that it begins at.
  @Test
  void nothingIsLearnedWhereTheLearningRateHasFallenToZero(@TempDir Path folder) {
    AgentConfig config = with(s -> s.learningRate = new Schedule.Linear(1e-2f, 0, 640));
    try (Training training = new Training(config, simulator(Identity.Panel.BUTTONS, false), 2, 1)) {
      training.trainTo(512);
      byte[] early = training.weights(folder);
      training.trainTo(640);
      byte[] last = training.weights(folder);
      assertFalse(Arrays.equals(early, last));
      long updates = training.agent.state().updates();
      training.trainTo(1280);
      assertTrue(training.agent.state().updates() > updates);
      assertArrayEquals(last, training.weights(folder));
    }
  }

  @Test
  void settingsThatAllHaveCannotBeWrong() {
    assertRefused(
        owner() + ".gamma must be between 0 and 1, got 1.5", () -> with(s -> s.gamma = 1.5f));
    assertRefused(
        owner() + ".gamma must be between 0 and 1, got NaN", () -> with(s -> s.gamma = Float.NaN));
    assertRefused(
        owner() + ".entropyCoefficient must be 0 or more, got -0.01",
        () -> with(s -> s.entropyCoefficient = -0.01f));
    assertRefused(
        owner() + ".valueCoefficient must be 0 or more, got -1.0",
        () -> with(s -> s.valueCoefficient = -1));
    assertRefused(
        owner() + ".maxGradientNorm must be 0 or more, got -0.5",
        () -> with(s -> s.maxGradientNorm = -0.5f));
    assertRefused(
        "PolicyConfig.Noise.StateDependent.resamplePeriod must be at least 1, got 0",
        () -> new PolicyConfig.Noise.StateDependent(0, 0));
    assertRefused(
        "PolicyConfig.Noise.Gaussian.initialLogDeviation must be a finite number, got Infinity",
        () -> new PolicyConfig.Noise.Gaussian(Float.POSITIVE_INFINITY));
    assertRefused(
        "PolicyConfig.Memory.Lstm.units must be at least 1, got 0",
        () -> new PolicyConfig.Memory.Lstm(0));
  }

  @Test
  void stateDependentNoiseNeedsNumbers() {
    AgentConfig config = with(s -> s.noise = new PolicyConfig.Noise.StateDependent(0, 4));
    assertRefused(
        "policy.noise state-dependent spreads actions that are numbers, and this environment takes"
            + " Discrete[n=4]: leave policy.noise out",
        () -> new Training(config, MASKED, 2, 1));
  }

  static void assertRefused(String message, Executable made) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, made).getMessage());
  }
}
