package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jarl.agents.config.Loss;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.agents.config.OptimizerConfig;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.agents.config.Schedule;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.MemoryState;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.wrappers.FrameStack;
import org.jarl.nn.Engine;
import org.jarl.nn.Precision;
import org.jarl.nn.cpu.CpuEngine;
import org.jarl.nn.cuda.CudaEngine;
import org.jarl.nn.cuda.EmulatedDriver;
import org.jarl.nn.cuda.WithEmulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every agent on a GPU, beside the same agent on the processor.
@WithEmulatedDriver
class CudaUpdatesTest {
  private static final int UPDATES = 20;
  private static final float TOLERANCE = 1e-4f;

  @TempDir Path folder;

  @AfterEach
  void plainOrder() {
    EmulatedDriver.configure("seed", Long.getLong("jarl.cuda.seed", 1));
  }

  /// An agent and two copies of its task.
  record Case(String name, AgentConfig config, Supplier<Environment> simulator, int depth) {
    Observed on(Engine engine) {
      VectorEnvironment copies = Training.vector(simulator, 2, 1);
      return new Observed(config, depth > 1 ? new FrameStack(copies, depth) : copies, engine);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /// A training whose actions and numbers are kept.
  static final class Observed implements AutoCloseable {
    final Training training;
    final List<float[]> actions = new ArrayList<>();
    final List<Map<String, Double>> numbers = new ArrayList<>();
    private long updates;

    Observed(AgentConfig config, VectorEnvironment environment, Engine engine) {
      training = new Training(config, new Watched(environment, new Recorder()), engine);
      training.metricPeriod = 1;
    }

    private final class Recorder implements Watched.Watcher {
      @Override
      public void acts(StepBatch seen, ActionBatch taken) {
        int[] indices = taken.indices();
        float[] copy = indices.length == 0 ? taken.values().clone() : new float[indices.length];
        for (int i = 0; i < indices.length; i++) {
          copy[i] = indices[i];
        }
        actions.add(copy);
      }

      @Override
      public void sees(StepBatch step) {}
    }

    /// Goes on until it has learned so many times more.
    Observed learn(int times) {
      int goal = numbers.size() + times;
      training.train(() -> {
        if (training.agent.state().updates() > updates) {
          updates = training.agent.state().updates();
          numbers.add(Map.copyOf(training.metrics));
        }
        return numbers.size() < goal;
      });
      return this;
    }

    void restore(Observed other) {
      MemoryState.load(other.training.state(), training.agent.state());
      MemoryState.load(MemoryState.save(other.training.environment), training.environment);
      updates = training.agent.state().updates();
    }

    @Override
    public void close() {
      training.close();
    }
  }

  private static Dqn.Config dqn(Consumer<DqnTest.Changed> change) {
    return DqnTest.with(c -> {
      c.batchSize = 16;
      c.learningStarts = 24;
      c.epsilon = new Schedule.Constant(0.3f);
      c.network = new NetworkConfig.Mlp(List.of(20, 12), NetworkConfig.Activation.RELU);
      change.accept(c);
    });
  }

  /// The smallest pictures that the network takes are 36 x 36.
  private static Dqn.Config nature(boolean overlap) {
    return dqn(c -> {
      c.batchSize = 3;
      c.network = new NetworkConfig.NatureCnn(List.of(16));
      c.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(2.5e-4f), 1e-5f);
      c.overlap = overlap;
    });
  }

  private static Settings policy(Consumer<Settings> change) {
    return Settings.with(s -> {
      s.horizon = 8;
      s.minibatches = 2;
      s.epochs = 2;
      s.episodes = 2;
      s.learningRate = new Schedule.Constant(1e-3f);
      change.accept(s);
    });
  }

  private static final Case EAGER =
      new Case(
          "ppo that stops early",
          policy(
                  s -> {
                    s.epochs = 4;
                    s.valueClipRange = 0.2f;
                    s.targetKl = 4e-3f;
                    s.learningRate = new Schedule.Constant(3e-3f);
                  })
              .ppo(),
          PolicyGradientTest.MASKED,
          1);

  private static final Case STACKS = new Case("dqn, stacks", nature(false), pictures(36), 4);

  private static Supplier<Environment> pictures(int side) {
    return () -> new Identity(side, false, _ -> {});
  }

  private static Stream<Case> values() {
    Supplier<Environment> numbers = pictures(0);
    return Stream.of(
        new Case(
            "dqn, double and dueling",
            dqn(c -> {
              c.doubleQ = true;
              c.dueling = true;
              c.nStep = 3;
              c.maxGradientNorm = 0.1f;
            }),
            numbers,
            1),
        new Case(
            "dqn, centered rmsprop",
            dqn(c -> {
              c.optimizer =
                  new OptimizerConfig.Rmsprop(new Schedule.Constant(2.5e-4f), 0.95f, 1e-5f, true);
              c.loss = Loss.MSE;
              c.gradientSteps = 2;
              c.overlap = true;
              c.updatePeriod = 4;
            }),
            numbers,
            1),
        STACKS,
        new Case("dqn, stacks beside steps", nature(true), pictures(36), 4),
        new Case("dqn, single pictures", nature(false), pictures(36), 1),
        new Case(
            "dqn, residual network",
            dqn(c -> {
              c.batchSize = 3;
              c.network = new NetworkConfig.ImpalaResnet(List.of(4, 5), List.of(8));
              c.optimizer = new OptimizerConfig.Adam(new Schedule.Constant(2.5e-4f), 1e-5f);
            }),
            pictures(12),
            2));
  }

  private static Stream<Case> policies() {
    Supplier<Environment> pair = PolicyGradientTest.simulator(Identity.Panel.PAIR, false);
    Supplier<Environment> sliders = PolicyGradientTest.simulator(Identity.Panel.SLIDERS, false);
    Settings spread =
        policy(s -> {
          s.noise = new PolicyConfig.Noise.StateDependent(-1, 4);
          s.sharedTorso = true;
        });
    return Stream.of(
        EAGER,
        new Case("ppo, a memory", policy(s -> s.memory = Settings.LSTM).ppo(), pair, 1),
        new Case("ppo, numbers", policy(s -> s.valueClipRange = 0.2f).ppo(), sliders, 1),
        new Case("ppo, smooth numbers", spread.ppo(), sliders, 1),
        new Case("a2c", policy(s -> {}).a2c(), PolicyGradientTest.MASKED, 1),
        new Case("reinforce", policy(s -> {}).reinforce(), PolicyGradientTest.MASKED, 1));
  }

  static Stream<Case> cases() {
    return Stream.concat(values(), policies());
  }

  private static Engine cuda(Precision precision) {
    return new CudaEngine(1, precision);
  }

  /// All that was done, said and learned.
  @ParameterizedTest
  @MethodSource("cases")
  void twentyUpdatesAreThoseOfTheProcessor(Case some) {
    try (Observed want = some.on(new CpuEngine(1));
        Observed got = some.on(cuda(Precision.FP32))) {
      FloatBuffer begun = parameters(want);
      want.learn(UPDATES);
      got.learn(UPDATES);
      assertEquals(want.actions.size(), got.actions.size());
      boolean exact = !(want.training.environment.spec().actionSpace() instanceof Space.Box);
      for (int step = 0; step < want.actions.size(); step++) {
        float[] taken = want.actions.get(step);
        assertArrayEquals(taken, got.actions.get(step), exact ? 0 : TOLERANCE, "step " + step);
      }
      double learned = most(begun, parameters(want));
      double off = most(parameters(want), parameters(got));
      assertTrue(off < TOLERANCE && learned > 20 * TOLERANCE, off + " of " + learned);
      assertTrue(numbers(want, got) < TOLERANCE, "numbers differ by " + numbers(want, got));
    }
  }

  private static double off(double want, double got) {
    return Math.abs(want - got) / Math.max(1, Math.abs(want));
  }

  /// The most that a loss or another number of an update is off by.
  private static double numbers(Observed want, Observed got) {
    assertEquals(want.numbers.size(), got.numbers.size());
    double most = 0;
    for (int update = 0; update < want.numbers.size(); update++) {
      Map<String, Double> other = got.numbers.get(update);
      assertEquals(want.numbers.get(update).keySet(), other.keySet());
      for (Map.Entry<String, Double> said : want.numbers.get(update).entrySet()) {
        most = Math.max(most, off(said.getValue(), other.getOrDefault(said.getKey(), Double.NaN)));
      }
    }
    return most;
  }

  /// The most that a parameter is off by, relative to those above 1.
  private static double most(FloatBuffer want, FloatBuffer got) {
    assertEquals(want.remaining(), got.remaining());
    double most = 0;
    for (int i = 0; i < want.remaining(); i++) {
      most = Math.max(most, off(want.get(i), got.get(i)));
    }
    return most;
  }

  private static double distance(FloatBuffer a, FloatBuffer b) {
    double squares = 0;
    for (int i = 0; i < a.remaining(); i++) {
      squares += Math.pow(a.get(i) - b.get(i), 2);
    }
    return Math.sqrt(squares);
  }

  /// Behind the header of the file of weights, whose length it begins with.
  private FloatBuffer parameters(Observed observed) {
    ByteBuffer file =
        ByteBuffer.wrap(observed.training.weights(folder)).order(ByteOrder.LITTLE_ENDIAN);
    int begin = 8 + Math.toIntExact(file.getLong(0));
    return file.slice(begin, file.capacity() - begin)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer();
  }

  @Test
  void anUpdateEndsOnTheDeviceToo() {
    try (Observed eager = EAGER.on(cuda(Precision.FP32))) {
      eager.learn(UPDATES);
      List<Double> rounds = eager.numbers.stream().map(said -> said.get("ppo/rounds")).toList();
      assertTrue(rounds.stream().anyMatch(count -> count < 8), rounds.toString());
      assertTrue(rounds.stream().anyMatch(count -> count == 8), rounds.toString());
    }
  }

  /// The second run meets another order of threads, blocks and copies, and is saved, ended and
  /// taken up half way.
  @ParameterizedTest
  @MethodSource("cases")
  void whatIsRestoredGoesOnBitForBitInAnyOrder(Case some) {
    assertGoesOn(some, Precision.FP32);
  }

  private static void assertGoesOn(Case some, Precision precision) {
    try (Observed whole = some.on(cuda(precision))) {
      whole.learn(UPDATES);
      EmulatedDriver.configure("seed", 77);
      try (Observed before = some.on(cuda(precision));
          Observed after = some.on(cuda(precision))) {
        before.learn(UPDATES / 2);
        after.restore(before);
        after.learn(UPDATES / 2);
        assertArrayEquals(whole.training.state(), after.training.state());
        assertEquals(whole.numbers.getLast(), after.numbers.getLast());
      }
    }
  }

  /// Operands with 10 or 7 bits of mantissa; off by so much of the way that was learned.
  @ParameterizedTest
  @CsvSource({"TF32,0.02", "BF16,0.2"})
  void coarserProductsStayNearAndKeepTheirBits(Precision precision, double tolerance) {
    try (Observed want = STACKS.on(new CpuEngine(1));
        Observed got = STACKS.on(cuda(precision))) {
      FloatBuffer begun = parameters(want);
      want.learn(UPDATES);
      got.learn(UPDATES);
      double learned = distance(begun, parameters(want));
      double off = distance(parameters(want), parameters(got)) / learned;
      assertTrue(off < tolerance && off > 1e-4, precision + " is off by " + off);
      assertEquals(0, numbers(want, got), 0.01 * tolerance);
    }
    assertGoesOn(STACKS, precision);
  }

  /// Acting, stepping, storing, sampling and updating.
  @ParameterizedTest
  @CsvSource({"dqn,false", "dqn,true", "ppo,false"})
  void theTrainingLoopAllocatesNothing(String agent, boolean overlap) {
    AgentConfig config =
        agent.equals("dqn")
            ? dqn(c -> c.overlap = overlap)
            : policy(
                    s -> {
                      s.horizon = 4;
                      s.targetKl = 0.02f;
                    })
                .ppo();
    try (Training training =
        new Training(config, Training.vector(pictures(0), 2, 1), cuda(Precision.FP32))) {
      assertEquals(0, training.leastBytes(agent.equals("dqn") ? 40 : 4), "bytes allocated, warm");
    }
  }
}
