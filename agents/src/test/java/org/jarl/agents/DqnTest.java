package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jarl.agents.config.DuelingStreams;
import org.jarl.agents.config.Loss;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.MemoryState;
import org.jarl.env.Space;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.wrappers.FrameStack;
import org.jarl.nn.DistantEngine;
import org.jarl.nn.Engine;
import org.jarl.nn.Module;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jarl.nn.cpu.CpuEngine;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DqnTest {
  @TempDir Path folder;

  private static final Dqn.Config SMALL = new Changed().config();

  /// Settings that learn in a second, to be changed one by one.
  static final class Changed {
    float gamma = 0.5f;
    int nStep = 1;
    OptimizerConfig optimizer = new OptimizerConfig.Adam(new Schedule.Constant(2e-3f), 1e-8f);
    int batchSize = 32;
    int learningStarts = 100;
    boolean doubleQ;
    boolean dueling;
    DuelingStreams streams = DuelingStreams.HIDDEN;
    ValueHead head = new ExpectationHead();
    Loss loss = Loss.HUBER;
    float maxGradientNorm = 10;
    NetworkConfig network = new NetworkConfig.Mlp(List.of(32), NetworkConfig.Activation.RELU);
    int updatePeriod = 2;
    int gradientSteps = 1;
    Schedule epsilon = new Schedule.Linear(1f, 0.05f, 1500);
    boolean overlap;

    Dqn.Config config() {
      return new Dqn.Config(
          gamma,
          nStep,
          optimizer,
          batchSize,
          1000,
          learningStarts,
          updatePeriod,
          gradientSteps,
          100,
          epsilon,
          doubleQ,
          dueling,
          streams,
          head,
          loss,
          maxGradientNorm,
          network,
          overlap);
    }
  }

  static Dqn.Config with(Consumer<Changed> change) {
    Changed changed = new Changed();
    change.accept(changed);
    return changed.config();
  }

  private static Training training(Dqn.Config config, int copies, int threads) {
    return new Training(config, () -> new Identity(0, false, _ -> {}), copies, threads);
  }

  static Stream<Dqn.Config> variants() {
    return Stream.of(
        SMALL,
        with(c -> c.doubleQ = true),
        with(c -> {
          c.dueling = true;
          c.streams = DuelingStreams.LINEAR;
          c.loss = Loss.MSE;
        }),
        with(c -> {
          c.nStep = 3;
          c.doubleQ = true;
          c.dueling = true;
        }),
        with(c -> c.optimizer = rmsprop(new Schedule.Constant(1e-3f))),
        with(c -> {
          c.overlap = true;
          c.updatePeriod = 6;
          c.gradientSteps = 3;
        }));
  }

  /// Two copies of a task, whose observations may be stacks of three numbers or pictures.
  record Case(Dqn.Config config, Supplier<Environment> simulator, boolean stacked) {
    Training on(Engine engine) {
      VectorEnvironment copies = Training.vector(simulator, 2, 1);
      VectorEnvironment seen = stacked ? new FrameStack(copies, 3) : copies;
      Training training = new Training(config, seen, engine);
      training.metricPeriod = 60;
      return training;
    }
  }

  static Stream<Case> tasks() {
    Supplier<Environment> numbers = () -> new Identity(0, false, _ -> {});
    Supplier<Environment> pictures = () -> new Identity(20, false, _ -> {});
    Consumer<Changed> convolutions =
        c -> {
          c.network = new NetworkConfig.NipsCnn(List.of(16));
          c.updatePeriod = 40;
        };
    Dqn.Config overlapped =
        with(
            convolutions.andThen(c -> {
              c.overlap = true;
              c.nStep = 3;
              c.gradientSteps = 2;
            }));
    return Stream.concat(
        variants().map(config -> new Case(config, numbers, false)),
        Stream.of(
            new Case(with(c -> c.overlap = true), numbers, true),
            new Case(with(convolutions), pictures, true),
            new Case(overlapped, pictures, true)));
  }

  /// So whatever it reads it has asked for after the run that computed it, and a device that keeps
  /// a copy of the moments has heard of all of them.
  @ParameterizedTest
  @MethodSource("tasks")
  void aDistantDeviceGivesTheBitsOfThisOne(Case task) {
    for (int threads : new int[] {1, 2}) {
      try (Training near = task.on(new CpuEngine(1));
          Training distant = task.on(new DistantEngine(threads))) {
        near.trainTo(480);
        distant.trainTo(480);
        assertTrue(near.agent.state().updates() > 0);
        assertArrayEquals(near.state(), distant.state());
        try (Training restored = task.on(new DistantEngine(threads))) {
          MemoryState.load(distant.state(), restored.agent.state());
          MemoryState.load(MemoryState.save(distant.environment), restored.environment);
          near.trainTo(1_000);
          restored.trainTo(1_000);
          assertArrayEquals(near.state(), restored.state());
          assertFalse(near.metrics.isEmpty());
          assertEquals(near.metrics, restored.metrics);
          assertEquals(
              near.score(near.agent.policy(2, Policy.Choice.MODE)),
              restored.score(restored.agent.policy(2, Policy.Choice.MODE)));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("variants")
  void everyVariantLearnsToLook(Dqn.Config config) {
    try (Training training = training(config, 1, 1)) {
      training.trainTo(3000);
      double score = training.score(training.agent.policy(1, Policy.Choice.MODE));
      assertTrue(score > 0.97, config + " scores " + score);
    }
  }

  @Test
  void picturesAndSeveralCopiesAreLearnedToo() {
    try (Training training = new Training(SMALL, () -> new Identity(2, false, _ -> {}), 4, 1)) {
      training.trainTo(4000);
      double score = training.score(training.agent.policy(4, Policy.Choice.MODE));
      assertTrue(score > 0.97, "scores " + score);
    }
  }

  @Test
  void stacksOfPicturesAreLearnedWithConvolutions() {
    Dqn.Config config =
        with(c -> {
          c.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(1e-3f), 1e-8f);
          c.network = new NetworkConfig.NipsCnn(List.of(32));
          c.epsilon = new Schedule.Linear(1f, 0.05f, 600);
        });
    VectorEnvironment single = Training.vector(() -> new Identity(20, false, _ -> {}), 2, 1);
    try (Training training = new Training(config, new FrameStack(single, 2), 1)) {
      training.trainTo(1200);
      double score = training.score(training.agent.policy(2, Policy.Choice.MODE));
      assertTrue(score > 0.97, "scores " + score);
    }
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void moreThreadsGiveTheBitsOfOne(Case task) {
    byte[] one = null;
    for (int threads : new int[] {1, 2, 4}) {
      try (Training training = task.on(new CpuEngine(threads))) {
        training.trainTo(1000);
        one = one == null ? training.state() : one;
        assertArrayEquals(one, training.state(), threads + " threads");
      }
    }
  }

  /// The first update falls due at step 100.
  @Test
  void anUpdateTakesTheLearningRateOfItsAgentStep() {
    Schedule line = new Schedule.Linear(1e-2f, 0, 200);
    Schedule constant = new Schedule.Constant(line.at(100));
    assertEquals(5e-3f, line.at(100));
    assertArrayEquals(weights(line, 100), weights(constant, 100));
    assertFalse(Arrays.equals(weights(line, 110), weights(constant, 110)));
  }

  /// 4,096 agent steps, of which the first 100 bring no update.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 64})
  void asManyUpdatesAreMadeAsAreDueHoweverManyCopiesThereAre(int copies) {
    for (boolean overlap : new boolean[] {false, true}) {
      Dqn.Config config =
          with(c -> {
            c.updatePeriod = 4;
            c.learningStarts = 128;
            c.overlap = overlap;
          });
      try (Training training = training(config, copies, 1)) {
        training.trainTo(4096);
        long updates = training.agent.state().updates();
        // Of the step that passes learningStarts, all updates count that its copies bring.
        long least = (4096 - 128) / 4;
        assertTrue(
            updates >= least && updates <= least + Math.max(1, copies / 4)
                || overlap && updates >= least - copies / 4 - 1,
            updates + " updates of " + copies + " copies");
      }
    }
  }

  @Test
  void learningCannotStartBeforeTheFirstTransitionIsWhole() {
    Dqn.Config config =
        with(c -> {
          c.nStep = 20;
          c.learningStarts = 159;
        });
    assertRefused(
        "Dqn.Config.learningStarts must be at least nStep * environment.count (160), when the first"
            + " transition is whole, got 159",
        () -> training(config, 8, 1));
    Dqn.Config enough =
        with(c -> {
          c.nStep = 20;
          c.learningStarts = 160;
        });
    try (Training training = training(enough, 8, 1)) {
      training.trainTo(200);
      assertTrue(training.agent.state().updates() > 0);
    }
  }

  @Test
  void nothingIsLearnedWhereTheLearningRateHasFallenToZero() {
    Schedule line = new Schedule.Linear(1e-2f, 0, 120);
    assertFalse(Arrays.equals(weights(line, 110), weights(line, 118)));
    assertArrayEquals(weights(line, 120), weights(line, 150));
  }

  private byte[] weights(Schedule learningRate, long agentSteps) {
    Dqn.Config config = with(c -> c.optimizer = new OptimizerConfig.Adam(learningRate, 1e-8f));
    try (Training training = training(config, 1, 1)) {
      training.trainTo(agentSteps);
      return training.weights(folder);
    }
  }

  /// The first update falls due at step 104. Without overlap it is done when the loop says that
  /// step 104 is over, with overlap when it says so of step 112.
  @Test
  void anOverlappedUpdateSeesNothingOfTheStepsBesideIt() {
    Changed settings = new Changed();
    settings.updatePeriod = 8;
    settings.learningStarts = 104;
    Dqn.Config plain = settings.config();
    settings.overlap = true;
    Dqn.Config overlapped = settings.config();
    try (Training first = training(plain, 1, 1);
        Training second = training(overlapped, 1, 2)) {
      first.trainTo(104);
      assertEquals(1, first.agent.state().updates());
      second.trainTo(104);
      assertEquals(0, second.agent.state().updates());
      second.trainTo(105);
      assertEquals(112, second.agent.state().agentSteps());
      assertEquals(1, second.agent.state().updates());
      assertArrayEquals(first.weights(folder), second.weights(folder));
    }
  }

  @Test
  void theStepsBesideAnUpdateAreActedWithTheParametersBeforeIt() {
    Changed settings = new Changed();
    settings.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(1f), 1e-8f);
    settings.updatePeriod = 20;
    settings.learningStarts = 100;
    settings.epsilon = new Schedule.Constant(0.1f);
    settings.overlap = true;
    Dqn.Config learning = settings.config();
    settings.learningStarts = 1000;
    Dqn.Config idle = settings.config();
    settings.learningStarts = 100;
    settings.overlap = false;
    Dqn.Config plain = settings.config();
    List<List<Integer>> acted = new ArrayList<>();
    for (Dqn.Config config : List.of(learning, idle, plain)) {
      List<Integer> pressed = new ArrayList<>();
      try (Training training =
          new Training(config, () -> new Identity(0, false, pressed::add), 1, 2)) {
        training.trainTo(120);
      }
      acted.add(pressed);
    }
    assertEquals(120, acted.getFirst().size());
    assertEquals(acted.get(1), acted.get(0));
    assertNotEquals(acted.get(2), acted.get(0), "an update that changes no action proves nothing");
  }

  @ParameterizedTest
  @MethodSource("tasks")
  void whatIsRestoredGoesOnAsIfItHadNeverStopped(Case task) {
    try (Training whole = task.on(new CpuEngine(1));
        Training before = task.on(new CpuEngine(1));
        Training after = task.on(new CpuEngine(1))) {
      whole.trainTo(800);
      before.trainTo(500);
      MemoryState.load(before.state(), after.agent.state());
      MemoryState.load(MemoryState.save(before.environment), after.environment);
      assertEquals(before.agent.state().agentSteps(), after.agent.state().agentSteps());
      after.trainTo(800);
      assertArrayEquals(whole.state(), after.state());
      assertArrayEquals(MemoryState.save(whole.environment), MemoryState.save(after.environment));
    }
  }

  @Test
  void weightsThatAreSavedActAlike() {
    Dqn.Config config =
        with(c -> {
          c.doubleQ = true;
          c.dueling = true;
        });
    try (Training training = training(config, 1, 1)) {
      training.trainTo(3000);
      Path file = folder.resolve("weights.safetensors");
      training.agent.state().saveWeights(file);
      Policy loaded =
          config.loadPolicy(
              new Task(training.environment.spec(), 1, training.engine, 7),
              file,
              Policy.Choice.MODE);
      assertEquals(
          training.score(training.agent.policy(1, Policy.Choice.MODE)), training.score(loaded));
    }
  }

  /// Acting, stepping, storing, sampling and updating, once the compiler has done its work.
  @ParameterizedTest
  @CsvSource({"false,false", "true,false", "false,true"})
  void theTrainingLoopAllocatesNothing(boolean overlap, boolean stacked) {
    Supplier<Environment> simulator = () -> new Identity(0, false, _ -> {});
    Case task = new Case(with(c -> c.overlap = overlap), simulator, stacked);
    try (Training training = task.on(new CpuEngine(1))) {
      training.trainTo(200);
      assertEquals(0, training.leastBytes(400), "bytes allocated in 400 agent steps, warm");
    }
  }

  @Test
  void divergenceNamesUpdateAndTensor() {
    Dqn.Config wild =
        with(c -> {
          c.gamma = 0.99f;
          c.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(1e38f), 1e-8f);
          c.loss = Loss.MSE;
          c.maxGradientNorm = 0;
        });
    try (Training training = training(wild, 1, 1)) {
      var error = assertThrows(DivergedException.class, () -> training.trainTo(3000));
      String message = String.valueOf(error.getMessage());
      assertTrue(
          message.matches(
              "dqn diverged at update \\d+: the loss is (NaN|Infinity), and online/.+ element \\d+"
                  + " is \\S+; a smaller optimizer.learningRate or a dqn.maxGradientNorm may help"),
          message);
      assertThrows(DivergedException.class, training::state);
    }
  }

  /// The first update falls due at step 100, and nobody looks at its loss before the next. Of a
  /// learning rate that large nothing is left after one step.
  @ParameterizedTest
  @ValueSource(longs = {100, 101, 102, 104})
  void theLossOfAnUpdateIsLookedAtBeforeTheNextAndAtTheEnd(long end) {
    Dqn.Config wild =
        with(c -> {
          c.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(1e38f), 1e-8f);
          c.loss = Loss.MSE;
          c.maxGradientNorm = 0;
        });
    try (Training training = training(wild, 1, 1)) {
      if (end < 102) {
        training.trainTo(end);
        assertEquals(1, training.agent.state().updates());
        return;
      }
      var error = assertThrows(DivergedException.class, () -> training.trainTo(end));
      String message = String.valueOf(error.getMessage());
      assertTrue(message.startsWith("dqn diverged at update 2: the loss is "), message);
      assertEquals(end, training.agent.state().agentSteps());
      assertEquals(2, training.agent.state().updates());
    }
  }

  @Test
  void environmentsItCannotLearnAreRefused() {
    try (Engine engine = new CpuEngine(1)) {
      EnvironmentSpec continuous =
          EnvironmentSpec.of(Space.Box.f32(3), Space.Box.bounded(-1f, 1f, 1));
      String message =
          String.valueOf(
              assertThrows(
                      IllegalArgumentException.class,
                      () -> SMALL.create(new Task(continuous, 1, engine, 1)))
                  .getMessage());
      assertTrue(message.startsWith("action values need discrete actions"), message);
    }
  }

  /// The environment refuses what its mask forbids, so no random action, no greedy one and none of
  /// an evaluation is illegal; values of illegal actions are never learned from.
  @ParameterizedTest
  @MethodSource("variants")
  void actionsAreLearnedUnderAMask(Dqn.Config config) {
    Supplier<Environment> masked = () -> new Identity(Identity.Panel.BUTTONS, true, 0.1f);
    try (Training training = new Training(config, masked, 2, 1)) {
      training.trainTo(3000);
      double score = training.score(training.agent.policy(2, Policy.Choice.MODE));
      assertTrue(score > 0.9, config + " scores " + score);
    }
  }

  @Test
  void aMaskThatAllowsNothingIsStopped() {
    String message =
        "policy needs at least one legal action in every state, and the mask of copy 1 allows none"
            + " of 4: fix the environment's mask";
    for (float epsilon : new float[] {0, 1}) {
      VectorEnvironment spoilt =
          new Watched(
              Training.vector(() -> new Identity(Identity.Panel.BUTTONS, true, 0.1f), 2, 1),
              step -> Arrays.fill(step.legalActions(), 4, 8, false));
      Dqn.Config config = with(c -> c.epsilon = new Schedule.Constant(epsilon));
      try (Training training = new Training(config, spoilt, 1)) {
        assertRefused(message, () -> training.trainTo(64));
      }
    }
  }

  /// A head of two numbers per action, whose mean is the expected return: no other class knows it.
  private record PairHead() implements ValueHead.Custom {
    @Override
    public Net net(Scope scope, int features, int actions, @Nullable Streams dueling) {
      Module layer =
          dueling == null
              ? scope.linear("head", features, 2 * actions)
              : new Dueling(scope.at("head"), features, actions, dueling, 2);
      return x -> {
        Tensor pairs = layer.apply(x).reshape(-1, actions, 2);
        return new Values(pairs.mean(2), pairs, null);
      };
    }

    @Override
    public Tensor target(Tensor rewards, Tensor discounts, Chosen next) {
      Tensor column = rewards.reshape(-1, 1);
      return column.plus(discounts.reshape(-1, 1).times(next.outputs())).stopGradient();
    }

    @Override
    public Tensor losses(Chosen taken, Tensor target, Loss loss) {
      return loss.of(taken.outputs().minus(target)).mean(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aHeadOfOnesOwnIsLearnedActedOnAndSaved(boolean dueling) {
    Dqn.Config config =
        with(c -> {
          c.head = new PairHead();
          c.doubleQ = true;
          c.dueling = dueling;
        });
    try (Training training = training(config, 1, 1)) {
      training.trainTo(3000);
      double score = training.score(training.agent.policy(1, Policy.Choice.MODE));
      assertTrue(score > 0.97, "scores " + score);
      Path file = folder.resolve("weights.safetensors");
      training.agent.state().saveWeights(file);
      Task task = new Task(training.environment.spec(), 1, training.engine, 7);
      assertEquals(score, training.score(config.loadPolicy(task, file, Policy.Choice.MODE)));
    }
  }

  @Test
  void aConfigCannotExistWhenWrong() {
    assertRefused(
        "Dqn.Config.learningStarts must be at least batchSize (32), got 0",
        () -> with(c -> c.learningStarts = 0));
    assertRefused(
        "Dqn.Config.gamma must be between 0 and 1, got 1.5", () -> with(c -> c.gamma = 1.5f));
    assertRefused(
        "NetworkConfig.Mlp.hiddenSizes must be at least 1, got 0",
        () -> new NetworkConfig.Mlp(List.of(32, 0), NetworkConfig.Activation.RELU));
    assertRefused(
        "OptimizerConfig.Adam.learningRate must be above 0 (a linear schedule may end at 0), got"
            + " 0.0",
        () -> new OptimizerConfig.Adam(new Schedule.Constant(0), 1e-8f));
    assertRefused(
        "OptimizerConfig.Adam.learningRate must be above 0 (a linear schedule may end at 0), got"
            + " from 0.0 to 1.0 over 9 agent steps",
        () -> new OptimizerConfig.Adam(new Schedule.Linear(0, 1, 9), 1e-8f));
    assertRefused(
        "OptimizerConfig.Rmsprop.learningRate must be above 0 (a linear schedule may end at 0), got"
            + " from 1.0 to -0.1 over 9 agent steps",
        () -> rmsprop(new Schedule.Linear(1, -0.1f, 9)));
    assertRefused(
        "OptimizerConfig.Rmsprop.decay must be at least 0 and below 1, got 1.0",
        () -> new OptimizerConfig.Rmsprop(new Schedule.Constant(1e-3f), 1, 0.01f, true));
  }

  private static OptimizerConfig rmsprop(Schedule learningRate) {
    return new OptimizerConfig.Rmsprop(learningRate, 0.95f, 0.01f, true);
  }

  private static void assertRefused(String message, Executable made) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, made).getMessage());
  }
}
