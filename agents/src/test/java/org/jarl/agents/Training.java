package org.jarl.agents;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.MemoryState;
import org.jarl.env.RandomStream;
import org.jarl.env.StepBatch;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Engine;
import org.jarl.nn.cpu.CpuEngine;

/// An agent with its own engine and environment, both of seed 7.
final class Training implements AutoCloseable {
  final Engine engine;
  final VectorEnvironment environment;
  final Agent agent;

  /// The latest of each name.
  final Map<String, Double> metrics = new HashMap<>();

  /// Agent steps at whose multiples numbers are asked for.
  long metricPeriod = 500;

  Training(AgentConfig config, VectorEnvironment environment, int threads) {
    this(config, environment, new CpuEngine(threads));
  }

  Training(AgentConfig config, VectorEnvironment environment, Engine engine) {
    this.environment = environment;
    this.engine = engine;
    environment.reset(7);
    agent = config.create(new Task(environment.spec(), environment.count(), engine, 7));
  }

  Training(AgentConfig config, Supplier<Environment> simulator, int copies, int threads) {
    this(config, vector(simulator, copies, threads), threads);
  }

  static VectorEnvironment vector(Supplier<Environment> simulator, int copies, int threads) {
    return new ThreadedVectorEnvironment("test/simulator-v0", simulator, copies, threads);
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
            metrics.put(name, value);
          }

          @Override
          public boolean wantsMetrics() {
            return agent.state().agentSteps() % metricPeriod == 0;
          }
        });
    agent.state().settle();
    agent.state().settle();
  }

  void trainTo(long steps) {
    train(() -> agent.state().agentSteps() < steps);
  }

  byte[] state() {
    return MemoryState.save(agent.state());
  }

  /// The file of weights.
  ///
  /// @param folder that it may lie in
  byte[] weights(Path folder) {
    try {
      Path file = folder.resolve("compared.safetensors");
      agent.state().saveWeights(file);
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Mean reward of 400 steps without learning.
  double score(Policy policy) {
    ActionBatch actions = new ActionBatch(environment.spec().actionSpace(), environment.count());
    RandomStream random = RandomStream.of(1, "drawing");
    environment.reset(99);
    double sum = 0;
    for (int t = 0; t < 400; t++) {
      StepBatch seen = environment.current();
      policy.act(seen.observations(), seen.legalActions(), random, actions);
      StepBatch step = environment.step(actions);
      for (int i = 0; i < environment.count(); i++) {
        sum += step.rewards()[i] / environment.count() / 400;
        if (step.ended(i)) {
          policy.begin(i);
        }
      }
    }
    return sum;
  }

  /// What some turns of the loop cost, one update at least among them, once the compiler has done
  /// its work and nothing grows any more: the fewest bytes that this thread has allocated in as
  /// many.
  long leastBytes(int turns) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    metricPeriod = Long.MAX_VALUE;
    long[] before = {threads.getCurrentThreadAllocatedBytes()};
    long[] updates = {agent.state().updates()};
    long[] least = {Long.MAX_VALUE};
    int[] turn = {0};
    train(() -> {
      if (++turn[0] % turns == 0) {
        long now = threads.getCurrentThreadAllocatedBytes();
        if (agent.state().updates() > updates[0]) {
          least[0] = Math.min(least[0], now - before[0]);
        }
        updates[0] = agent.state().updates();
        before[0] = threads.getCurrentThreadAllocatedBytes();
      }
      return least[0] > 0 && turn[0] < 200_000;
    });
    return least[0];
  }

  @Override
  public void close() {
    agent.close();
    environment.close();
    engine.close();
  }
}
