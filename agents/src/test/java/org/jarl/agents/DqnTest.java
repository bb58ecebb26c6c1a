package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.SimpleVectorEnvironment;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Engine;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DqnTest {
  @TempDir Path folder;

  private static final Dqn.Config SMALL =
      new Dqn.Config(
          0.5f,
          1,
          2e-3f,
          1e-8f,
          32,
          1000,
          100,
          2,
          1,
          100,
          new Schedule.Linear(1f, 0.05f, 1500),
          false,
          false,
          Dqn.Loss.HUBER,
          10f,
          List.of(32));

  private static Dqn.Config with(int nStep, boolean doubleQ, boolean dueling, Dqn.Loss loss) {
    return new Dqn.Config(
        0.5f,
        nStep,
        2e-3f,
        1e-8f,
        32,
        1000,
        100,
        2,
        1,
        100,
        SMALL.epsilon(),
        doubleQ,
        dueling,
        loss,
        10f,
        List.of(32));
  }

  /// An agent with its own engine and environment.
  private static final class Setting implements AutoCloseable {
    final Engine engine;
    final VectorEnvironment environment;
    final Dqn agent;

    Setting(Dqn.Config config, int copies, int threads, boolean image) {
      engine = new CpuEngine(threads);
      environment =
          new SimpleVectorEnvironment(
              "test/identity-v0", () -> new Identity(image, false), copies, 1);
      environment.reset(7);
      agent = new Dqn(config, environment.spec(), copies, engine, 7);
    }

    void train(BooleanSupplier proceed) {
      agent.train(
          new Run() {
            @Override
            public VectorEnvironment environment() {
              return environment;
            }

            @Override
            public boolean proceed() {
              return proceed.getAsBoolean();
            }

            @Override
            public void metric(String name, double value) {
              assertTrue(Double.isFinite(value), name + " is " + value);
            }

            @Override
            public boolean wantsMetrics() {
              return agent.agentSteps() % 500 == 0;
            }
          });
    }

    void trainTo(long steps) {
      train(() -> agent.agentSteps() < steps);
    }

    byte[] state() {
      return MemoryState.save(agent);
    }

    /// Mean reward of 400 steps without exploration.
    double score(Policy policy) {
      ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), environment.count());
      environment.reset(99);
      double sum = 0;
      for (int i = 0; i < 400; i++) {
        StepBatch seen = environment.current();
        policy.act(seen.observations(), seen.legalActions(), RandomStream.of(1, "unused"), actions);
        for (float reward : environment.step(actions).rewards()) {
          sum += reward / environment.count() / 400;
        }
      }
      return sum;
    }

    @Override
    public void close() {
      agent.close();
      environment.close();
      engine.close();
    }
  }

  static Stream<Dqn.Config> variants() {
    return Stream.of(
        SMALL,
        with(1, true, false, Dqn.Loss.HUBER),
        with(1, false, true, Dqn.Loss.MSE),
        with(3, true, true, Dqn.Loss.HUBER));
  }

  @ParameterizedTest
  @MethodSource("variants")
  void everyVariantLearnsToLook(Dqn.Config config) {
    try (Setting setting = new Setting(config, 1, 1, false)) {
      setting.trainTo(3000);
      double score = setting.score(setting.agent.policy(1));
      assertTrue(score > 0.97, config + " scores " + score);
    }
  }

  @Test
  void picturesAndSeveralCopiesAreLearnedToo() {
    try (Setting setting = new Setting(SMALL, 4, 1, true)) {
      setting.trainTo(4000);
      double score = setting.score(setting.agent.policy(4));
      assertTrue(score > 0.97, "scores " + score);
    }
  }

  @Test
  void twoThreadsGiveTheBitsOfOne() {
    byte[][] states = new byte[2][];
    for (int threads = 1; threads <= 2; threads++) {
      try (Setting setting = new Setting(SMALL, 2, threads, false)) {
        setting.trainTo(1000);
        states[threads - 1] = setting.state();
      }
    }
    assertArrayEquals(states[0], states[1]);
  }

  @ParameterizedTest
  @MethodSource("variants")
  void whatIsRestoredGoesOnAsIfItHadNeverStopped(Dqn.Config config) {
    try (Setting whole = new Setting(config, 2, 1, false);
        Setting before = new Setting(config, 2, 1, false);
        Setting after = new Setting(config, 2, 1, false)) {
      whole.trainTo(800);
      before.trainTo(502);
      MemoryState.load(before.state(), after.agent);
      MemoryState.load(MemoryState.save(before.environment), after.environment);
      assertEquals(502, after.agent.agentSteps());
      after.trainTo(800);
      assertArrayEquals(whole.state(), after.state());
      assertArrayEquals(MemoryState.save(whole.environment), MemoryState.save(after.environment));
    }
  }

  @Test
  void weightsThatAreSavedActAlike() {
    try (Setting setting = new Setting(with(1, true, true, Dqn.Loss.HUBER), 1, 1, false)) {
      setting.trainTo(3000);
      Path file = folder.resolve("weights.safetensors");
      setting.agent.saveWeights(file);
      Policy loaded =
          with(1, true, true, Dqn.Loss.HUBER)
              .loadPolicy(setting.environment.spec(), 1, setting.engine, file);
      assertEquals(setting.score(setting.agent.policy(1)), setting.score(loaded));
    }
  }

  /// Acting, stepping, storing, sampling and updating, once the compiler has done its work.
  @Test
  void theTrainingLoopAllocatesNothing() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Setting setting = new Setting(SMALL, 1, 1, false)) {
      long[] before = {Long.MAX_VALUE};
      long[] least = {Long.MAX_VALUE};
      setting.train(() -> {
        long steps = setting.agent.agentSteps();
        if (steps % 2000 == 1) {
          before[0] = threads.getCurrentThreadAllocatedBytes();
        } else if (steps % 2000 == 401 && steps > 2000) {
          least[0] = Math.min(least[0], threads.getCurrentThreadAllocatedBytes() - before[0]);
        }
        return least[0] > 0 && steps < 200_000;
      });
      assertEquals(0, least[0], "bytes allocated in 400 agent steps, warm");
    }
  }

  @Test
  void divergenceNamesUpdateAndTensor() {
    Dqn.Config wild =
        new Dqn.Config(
            0.99f,
            1,
            1e38f,
            1e-8f,
            32,
            1000,
            100,
            2,
            1,
            100,
            SMALL.epsilon(),
            false,
            false,
            Dqn.Loss.MSE,
            0,
            List.of(32));
    try (Setting setting = new Setting(wild, 1, 1, false)) {
      var error = assertThrows(DivergedException.class, () -> setting.trainTo(3000));
      String message = String.valueOf(error.getMessage());
      assertTrue(
          message.matches(
              "dqn diverged at update \\d+: the loss is (NaN|Infinity), and online/.+ element"
                  + " \\d+ is \\S+; a smaller dqn.learningRate or a dqn.maxGradientNorm may help"),
          message);
      assertThrows(DivergedException.class, setting::state);
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
                      IllegalArgumentException.class, () -> SMALL.create(continuous, 1, engine, 1))
                  .getMessage());
      assertTrue(message.startsWith("dqn chooses between discrete actions"), message);
      EnvironmentSpec masked = new Identity(false, true).spec();
      assertEquals(
          "dqn values every action, and this environment forbids some: use it without its"
              + " legal-action mask",
          assertThrows(IllegalArgumentException.class, () -> SMALL.create(masked, 1, engine, 1))
              .getMessage());
    }
  }

  @Test
  void aConfigCannotExistWhenWrong() {
    assertEquals(
        "dqn.learningStarts must be at least dqn.batchSize (32), got 0",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Dqn.Config(
                        0.99f,
                        1,
                        1e-3f,
                        1e-8f,
                        32,
                        1000,
                        0,
                        2,
                        1,
                        100,
                        SMALL.epsilon(),
                        false,
                        false,
                        Dqn.Loss.MSE,
                        0,
                        List.of(32)))
            .getMessage());
    assertEquals(
        "dqn.gamma must be between 0 and 1, got 1.5",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Dqn.Config(
                        1.5f,
                        1,
                        1e-3f,
                        1e-8f,
                        32,
                        1000,
                        100,
                        2,
                        1,
                        100,
                        SMALL.epsilon(),
                        false,
                        false,
                        Dqn.Loss.MSE,
                        0,
                        List.of(32)))
            .getMessage());
    assertEquals(
        "dqn.hiddenSizes must be at least 1, got 0",
        assertThrows(
                IllegalArgumentException.class,
                () ->
                    new Dqn.Config(
                        0.9f,
                        1,
                        1e-3f,
                        1e-8f,
                        32,
                        1000,
                        100,
                        2,
                        1,
                        100,
                        SMALL.epsilon(),
                        false,
                        false,
                        Dqn.Loss.MSE,
                        0,
                        List.of(32, 0)))
            .getMessage());
  }
}
