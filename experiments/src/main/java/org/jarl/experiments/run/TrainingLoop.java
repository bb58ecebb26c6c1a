package org.jarl.experiments.run;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jarl.agents.Agent;
import org.jarl.agents.Run;
import org.jarl.env.Checkpointable;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.TrainingConfig;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;

/// The run as an agent sees it, with the counters that say what is due. Its saved state is the
/// whole state of the run: counters, environment and agent.
///
/// Between two things that are due, [#proceed] compares counters and allocates nothing. One thread
/// uses it.
final class TrainingLoop implements Run, Checkpointable {
  /// Agent steps between two looks at the clock. A turn may take one of them or a whole rollout.
  private static final int CLOCK_PERIOD = 64;

  /// Agent steps between two looks at what the next checkpoint will need. In as many steps an Atari
  /// game fills some 7 MB of a replay memory, so each look finds about a block to write.
  private static final long AHEAD_PERIOD = 1000;

  /// Weight of the newest reading in the speed that is shown.
  private static final double SMOOTHING = 0.2;

  private final Agent agent;
  private final TrainingEnvironment environment;
  private final VectorEnvironment stepped;
  private final MetricsLog metrics;
  private final ProgressLine progress;
  private final Occasions occasions;
  private final TrainingConfig training;
  private final long goal;
  private final long metricsPeriod;
  private final long checkpointPeriod;
  private final long evaluationPeriod;
  private final Stopwatch stopwatch;
  private final TrainingListener onlooker;
  private final AtomicBoolean stop;

  private long aheadPeriod;
  private long nextMetrics;
  private long nextCheckpoint;
  private long nextEvaluation;
  private long nextAhead;
  private long nextDue;
  private boolean wantsMetrics;
  private boolean gotMetrics;
  private long nextLook;

  private double stepsPerSecond;
  private long seenSteps;
  private long seenNanos;
  private long longestPause;

  /// What happens outside the loop, with the stopwatch held.
  interface Occasions {
    /// Writes the whole state down.
    void checkpoint();

    /// Writes down some of what the next checkpoint needs.
    ///
    /// @return false when the state holds nothing that can be written before
    boolean saveAhead();

    /// Measures the policy.
    ///
    /// @return false when it was stopped before the end
    boolean evaluate();
  }

  /// @param environment whose state is saved
  /// @param stepped what the agent steps: the same, or what shows it to somebody
  TrainingLoop(
      Experiment experiment,
      Agent agent,
      TrainingEnvironment environment,
      VectorEnvironment stepped,
      Reports reports,
      Occasions occasions,
      AtomicBoolean stop) {
    this.agent = agent;
    this.environment = environment;
    this.stepped = stepped;
    this.metrics = reports.metrics();
    this.progress = reports.progress();
    this.stopwatch = reports.stopwatch();
    this.onlooker = reports.onlooker();
    this.occasions = occasions;
    this.stop = stop;
    this.training = experiment.training();
    this.goal = training.goal();
    this.metricsPeriod = experiment.training().metricsPeriod();
    this.checkpointPeriod = never(experiment.training().checkpointPeriod());
    this.aheadPeriod = checkpointPeriod == Long.MAX_VALUE ? checkpointPeriod : AHEAD_PERIOD;
    this.evaluationPeriod =
        never(experiment.evaluation().episodes() == 0 ? 0 : experiment.evaluation().period());
    this.nextMetrics = metricsPeriod;
    this.nextCheckpoint = checkpointPeriod;
    this.nextEvaluation = evaluationPeriod;
  }

  /// Where a run tells what it does.
  record Reports(
      MetricsLog metrics, ProgressLine progress, Stopwatch stopwatch, TrainingListener onlooker) {}

  private static long never(long period) {
    return period == 0 ? Long.MAX_VALUE : period;
  }

  /// Makes ready for [Agent#train], anew or after [#load]: does what was still due.
  ///
  /// @return whether there is anything to learn
  boolean begin() {
    long steps = training.position(agent.state());
    nextCheckpoint = after(steps, checkpointPeriod);
    nextAhead = after(steps, aheadPeriod);
    seenSteps = steps;
    seenNanos = stopwatch.nanos();
    if (steps < goal && steps >= nextEvaluation && occasions.evaluate()) {
      nextEvaluation = after(steps, evaluationPeriod);
    }
    findNextDue();
    return steps < goal && !stop.get();
  }

  @Override
  public VectorEnvironment environment() {
    return stepped;
  }

  @Override
  public boolean proceed() {
    long steps = training.position(agent.state());
    if (gotMetrics) {
      gotMetrics = false;
      wantsMetrics = false;
    }
    if (steps >= nextLook) {
      nextLook = steps + CLOCK_PERIOD;
      showProgress(steps);
    }
    onlooker.turn(steps, environment.vector());
    return steps < nextDue && !stop.get() || attend(steps);
  }

  /// Does what is due.
  private boolean attend(long steps) {
    if (steps >= nextMetrics) {
      recordMetrics(steps);
    }
    if (stop.get() || steps >= goal) {
      return false;
    }
    boolean save = steps >= Math.min(nextCheckpoint, nextAhead);
    boolean evaluation = steps >= nextEvaluation;
    if (save || evaluation) {
      stopwatch.stop();
      if (save) {
        // Before the evaluation, so that whoever resumes from it evaluates again and alike.
        save(steps);
      }
      if (evaluation && occasions.evaluate()) {
        nextEvaluation = after(steps, evaluationPeriod);
      }
      stopwatch.start();
    }
    findNextDue();
    return !stop.get();
  }

  private void save(long steps) {
    long start = System.nanoTime();
    if (steps >= nextCheckpoint) {
      nextCheckpoint = after(steps, checkpointPeriod);
      occasions.checkpoint();
    } else if (!occasions.saveAhead()) {
      aheadPeriod = Long.MAX_VALUE;
    }
    nextAhead = after(steps, aheadPeriod);
    longestPause = Math.max(longestPause, System.nanoTime() - start);
  }

  private void recordMetrics(long steps) {
    nextMetrics = after(steps, metricsPeriod);
    wantsMetrics = true;
    long episodes = environment.episodes().episodes();
    metrics.add(steps, "episodes", (double) episodes);
    if (episodes > 0) {
      metrics.add(steps, "returnMean100", environment.episodes().meanReturn());
      metrics.add(steps, "lengthMean100", environment.episodes().meanLength());
    }
    metrics.add(steps, "updates", (double) agent.state().updates());
    String speed =
        training.unit() == TrainingConfig.Unit.UPDATES ? "updatesPerSecond" : "agentStepsPerSecond";
    metrics.add(steps, speed, steps * 1e9 / Math.max(1, stopwatch.nanos()));
    metrics.add(steps, "checkpointSeconds", longestPause / 1e9);
    longestPause = 0;
    metrics.flush();
  }

  private void showProgress(long steps) {
    long now = System.nanoTime();
    if (!progress.due(now)) {
      return;
    }
    long nanos = stopwatch.nanos();
    double speed = (steps - seenSteps) * 1e9 / Math.max(1, nanos - seenNanos);
    stepsPerSecond =
        stepsPerSecond == 0 ? speed : stepsPerSecond + SMOOTHING * (speed - stepsPerSecond);
    seenSteps = steps;
    seenNanos = nanos;
    progress.show(now, steps, stepsPerSecond, environment.episodes().meanReturn());
  }

  @Override
  public void metric(String name, double value) {
    metrics.add(training.position(agent.state()), name, value);
    gotMetrics = true;
  }

  @Override
  public boolean wantsMetrics() {
    return wantsMetrics;
  }

  private void findNextDue() {
    long nextSave = Math.min(nextCheckpoint, nextAhead);
    nextDue = Math.min(Math.min(nextMetrics, goal), Math.min(nextSave, nextEvaluation));
  }

  /// The first multiple of a period beyond some steps.
  private static long after(long steps, long period) {
    return period == Long.MAX_VALUE ? period : (steps / period + 1) * period;
  }

  @Override
  public void save(StateWriter to) {
    to.section("run");
    to.putLong(nextMetrics);
    to.putLong(nextEvaluation);
    to.putBoolean(wantsMetrics);
    to.section("environment");
    environment.vector().save(to);
    to.section("agent");
    agent.state().save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("run");
    nextMetrics = from.getLong();
    nextEvaluation = from.getLong();
    wantsMetrics = from.getBoolean();
    gotMetrics = false;
    from.section("environment");
    environment.vector().load(from);
    from.section("agent");
    agent.state().load(from);
  }
}
