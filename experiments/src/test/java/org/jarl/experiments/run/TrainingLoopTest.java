package org.jarl.experiments.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jarl.agents.Agent;
import org.jarl.agents.AgentState;
import org.jarl.agents.Policy;
import org.jarl.agents.Run;
import org.jarl.agents.Task;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.experiments.cli.FakeEngine;
import org.jarl.experiments.cli.ToyRuns;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingLoopTest {
  private static final long HOUR = 3_600_000_000_000L;

  @TempDir Path temporary;

  private final ToyRuns runs = new ToyRuns();
  private final Walker agent = new Walker();
  private final List<String> events = new ArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();
  private long checkpointMillis;
  private boolean hasBlocks = true;
  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

  /// An agent that only counts.
  private static final class Walker implements Agent {
    private final AgentState state =
        new AgentState(
            "walker",
            new Task(
                EnvironmentSpec.of(Space.Box.f32(1), new Space.Discrete(2)),
                1,
                new FakeEngine("cpu", 1),
                1));

    @Override
    public void train(Run run) {
      do {
        state.stepped(1);
      } while (run.proceed());
    }

    @Override
    public Policy policy(int count, Policy.Choice choice) {
      throw new UnsupportedOperationException("it only counts");
    }

    @Override
    public AgentState state() {
      return state;
    }

    long steps() {
      return state.agentSteps();
    }

    void walk(long steps) {
      state.stepped(steps);
    }
  }

  private interface Body {
    void with(TrainingLoop loop, TrainingEnvironment environment);
  }

  private void loop(Experiment experiment, Body body) {
    TrainingLoop.Occasions occasions =
        new TrainingLoop.Occasions() {
          @Override
          public void checkpoint() {
            events.add("checkpoint " + agent.steps());
            LockSupport.parkNanos(1_000_000 * checkpointMillis);
          }

          @Override
          public boolean saveAhead() {
            events.add("ahead " + agent.steps());
            return hasBlocks;
          }

          @Override
          public boolean evaluate() {
            events.add("evaluate " + agent.steps());
            return true;
          }
        };
    ProgressLine progress =
        new ProgressLine(
            new PrintStream(shown, true),
            false,
            new ProgressLine.Goal(5000, "steps"),
            System.nanoTime() - HOUR);
    try (TrainingEnvironment environment =
            runs.tools.environments().training(experiment.environment());
        MetricsLog metrics =
            new MetricsLog(
                temporary.resolve("m"),
                0,
                temporary.resolve("e"),
                0,
                TrainingListener.NOBODY,
                _ -> {})) {
      environment.vector().reset(1);
      var reports =
          new TrainingLoop.Reports(metrics, progress, new Stopwatch(0), TrainingListener.NOBODY);
      body.with(
          new TrainingLoop(
              experiment, agent, environment, environment.vector(), reports, occasions, stop),
          environment);
    }
  }

  @Test
  void checkpointsComeBeforeEvaluationsAndNeitherAtTheEnd() {
    Experiment experiment =
        ToyRuns.experiment(
            "training.agentSteps=100", "training.checkpointPeriod=20", "evaluation.period=50");
    loop(
        experiment,
        (loop, environment) -> {
          assertTrue(loop.begin());
          agent.train(loop);
        });
    assertEquals(
        List.of("checkpoint 20", "checkpoint 40", "evaluate 50", "checkpoint 60", "checkpoint 80"),
        events);
    assertEquals(100, agent.steps());
  }

  @Test
  void everyThousandStepsTheNextCheckpointIsPrepared() {
    Experiment experiment =
        ToyRuns.experiment(
            "training.agentSteps=5500", "training.checkpointPeriod=2500", "evaluation.period=0");
    loop(
        experiment,
        (loop, environment) -> {
          loop.begin();
          agent.train(loop);
        });
    assertEquals(
        List.of(
            "ahead 1000",
            "ahead 2000",
            "checkpoint 2500",
            "ahead 3000",
            "ahead 4000",
            "checkpoint 5000"),
        events);
  }

  @Test
  void nothingIsPreparedOfAStateWithoutBlocks() {
    hasBlocks = false;
    loop(
        ToyRuns.experiment(
            "training.agentSteps=5500", "training.checkpointPeriod=2500", "evaluation.period=0"),
        (loop, environment) -> {
          loop.begin();
          agent.train(loop);
        });
    assertEquals(List.of("ahead 1000", "checkpoint 2500", "checkpoint 5000"), events);
  }

  @Test
  void aTurnOfManyStepsShowsProgressToo() {
    loop(
        ToyRuns.experiment("training.agentSteps=5000"),
        (loop, environment) -> {
          loop.begin();
          agent.walk(1000);
          loop.proceed();
        });
    String text = shown.toString(StandardCharsets.UTF_8);
    assertTrue(text.startsWith("1,000 / 5,000 steps   20 %"), text);
  }

  @Test
  void theLongestPauseForCheckpointsIsAMetric() throws IOException {
    checkpointMillis = 20;
    Experiment experiment =
        ToyRuns.experiment(
            "training.agentSteps=30",
            "training.checkpointPeriod=15",
            "training.metricsPeriod=10",
            "evaluation.period=0");
    loop(
        experiment,
        (loop, environment) -> {
          loop.begin();
          agent.train(loop);
        });
    List<Double> seconds =
        Files.readAllLines(temporary.resolve("m")).stream()
            .filter(line -> line.contains("\"checkpointSeconds\""))
            .map(line -> Double.parseDouble(line.replaceAll(".*:|}", "")))
            .toList();
    assertEquals(3, seconds.size());
    assertEquals(0, seconds.get(0));
    assertTrue(seconds.get(1) >= 0.02, () -> "after the checkpoint " + seconds.get(1));
    assertEquals(0, seconds.get(2));
  }

  @Test
  void periodsOfZeroMeanNever() {
    Experiment experiment =
        ToyRuns.experiment(
            "training.agentSteps=3000", "training.checkpointPeriod=0", "evaluation.period=0");
    loop(
        experiment,
        (loop, environment) -> {
          loop.begin();
          agent.train(loop);
        });
    assertEquals(List.of(), events);
  }

  @Test
  void metricsAreWantedFromEachPeriodUntilTheyAreGiven() {
    loop(
        ToyRuns.experiment("training.metricsPeriod=10"),
        (loop, environment) -> {
          loop.begin();
          List<Long> wanted = new ArrayList<>();
          while (agent.steps() < 40) {
            agent.walk(1);
            if (loop.wantsMetrics() && agent.steps() % 4 == 0) {
              wanted.add(agent.steps());
              loop.metric("loss", 1);
            }
            loop.proceed();
          }
          assertEquals(List.of(12L, 24L, 32L), wanted);
        });
  }

  @Test
  void aRunThatIsOverHasNothingToLearn() {
    agent.walk(2000 - agent.steps());
    loop(ToyRuns.experiment(), (loop, environment) -> assertFalse(loop.begin()));
  }

  @Test
  void anEvaluationThatWasDueIsMadeFirst() {
    loop(
        ToyRuns.experiment("evaluation.period=50"),
        (loop, environment) -> {
          agent.walk(50 - agent.steps());
          assertTrue(loop.begin());
        });
    assertEquals(List.of("evaluate 50"), events);
  }

  @Test
  void proceedAllocatesNothing() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    loop(
        ToyRuns.experiment(
            "training.agentSteps=100000000",
            "training.metricsPeriod=100000000",
            "training.checkpointPeriod=0",
            "evaluation.period=0"),
        (loop, environment) -> {
          loop.begin();
          // The JVM itself may allocate once in a while; a loop that allocates does so every time.
          long least = Long.MAX_VALUE;
          for (int round = 0; round < 10; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            walk(loop, 100_000);
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
          }
          assertEquals(0, least);
        });
  }

  private void walk(TrainingLoop loop, int turns) {
    for (int i = 0; i < turns; i++) {
      agent.walk(1);
      assertTrue(loop.proceed());
    }
  }

  /// An agent that learns from what it has brought along: no step of the environment, ever. Its
  /// periods and its end are counted in updates.
  @Test
  void anOfflineAgentTrainsToItsGoalInUpdates() {
    Experiment experiment =
        ToyRuns.experiment(
            "training.agentSteps=0",
            "training.updates=100",
            "training.checkpointPeriod=40",
            "training.metricsPeriod=10",
            "evaluation.period=50");
    loop(
        experiment,
        (loop, environment) -> {
          assertTrue(loop.begin());
          int turns = 0;
          do {
            agent.state().updated(1);
            turns++;
          } while (loop.proceed());
          assertEquals(100, turns);
          assertEquals(0, agent.state().agentSteps());
        });
    assertEquals(
        List.of("checkpoint 0", "evaluate 0", "checkpoint 0"),
        events.stream().filter(event -> !event.startsWith("ahead")).toList());
  }
}
