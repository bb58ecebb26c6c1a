package org.jarl.experiments.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jarl.agents.Agent;
import org.jarl.agents.DivergedException;
import org.jarl.agents.Policy;
import org.jarl.agents.Task;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentFailedException;
import org.jarl.env.Printable;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.CheckpointFile.Surroundings;
import org.jarl.experiments.checkpoint.CheckpointReader;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.checkpoint.UnusableCheckpointException;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.EvaluationConfig;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.jarl.experiments.run.TrainingLoop.Reports;
import org.jarl.experiments.show.TrainingShow;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;

/// One process's part of a run: from its newest checkpoint, or from the start, to the end of its
/// config or to an interruption.
///
///     engine, environment, agent <--load-- checkpoint, metrics cut back to it
///              |
///         agent.train(loop) ----> checkpoints, evaluations, metrics, progress
///              |
///     last checkpoint, policy, last evaluation, receipt, summary
///
/// Everything that decides is in the checkpoint, so it does not matter how many processes share a
/// run. One thread uses it, but [#stop], which any thread may call.
public final class Training {
  private final RunTools tools;
  private final Experiment experiment;
  private final RunFolder folder;
  private final Device device;
  private final String configHash;
  private final Checkpoints checkpoints;
  private final @Nullable TrainingShow show;
  private final AtomicBoolean stop = new AtomicBoolean();

  /// A run in a folder, whose `config.yaml` is that of the experiment where there is one.
  ///
  /// @param device what to compute with; it may say more than the experiment's `auto`
  public Training(RunTools tools, Experiment experiment, RunFolder folder, Device device) {
    this(tools, experiment, folder, device, null);
  }

  /// A run in a folder, whose `config.yaml` is that of the experiment where there is one.
  ///
  /// @param device what to compute with; it may say more than the experiment's `auto`
  /// @param show to those who look; null when nobody does
  public Training(
      RunTools tools,
      Experiment experiment,
      RunFolder folder,
      Device device,
      @Nullable TrainingShow show) {
    this.tools = tools;
    this.experiment = experiment;
    this.folder = folder;
    this.device = device;
    this.show = show;
    byte[] config = tools.files().write(experiment).getBytes(StandardCharsets.UTF_8);
    configHash = StateHash.of(config);
    checkpoints = new Checkpoints(folder.checkpoints(), configHash, tools.disk());
    if (Files.exists(folder.config())) {
      checkpoints.acceptText(folder.configHash());
    }
  }

  /// What is left of the run when its device has failed, for people.
  public String kept() {
    return checkpoints.kept();
  }

  /// How a process's part ended.
  ///
  /// @param agentSteps taken so far
  /// @param position towards the goal, in its unit
  /// @param summary of the finished run; null when it was interrupted
  public record Outcome(long agentSteps, long position, @Nullable Summary summary) {}

  /// Unit of the goal in a sentence, `agent step`.
  public String unit() {
    return experiment.training().unit().one();
  }

  /// Asks the run to end after the present step, with a checkpoint.
  public void stop() {
    stop.set(true);
  }

  /// Trains.
  ///
  /// @throws UserErrorException if learning diverges, the environment fails or no checkpoint can be
  ///   used; the last good checkpoint stays
  /// @throws org.jarl.experiments.base.UnavailableException if the device is missing or the disk is
  ///   full
  /// @throws org.jarl.nn.DeviceException if the device fails; what it held is lost, what was saved
  ///   is not
  public Outcome run() {
    try {
      return open();
    } catch (OutOfMemoryError e) {
      throw new UnavailableException(
          "not enough memory for this run (%s); %s; give the JVM more, JARL_JAVA_OPTIONS=-Xmx8g, or make agent, environment.count or evaluation.count smaller"
              .formatted(e.getMessage(), checkpoints.kept()),
          e);
    }
  }

  private Outcome open() {
    try (Engine engine = tools.open(device);
        TrainingEnvironment environment = tools.environments().training(experiment.environment());
        Agent agent = createAgent(engine, environment.vector());
        Session session = new Session(engine, environment, agent)) {
      // Not only when the first evaluation is due, which may be hours from now.
      RandomizedPolicy.check(experiment.evaluation().epsilon(), environment.vector().spec());
      return session.run();
    }
  }

  private Agent createAgent(Engine engine, VectorEnvironment environment) {
    tools.out().println("device " + engine.description() + device.reason());
    try {
      experiment
          .agent()
          .memory(environment.spec(), environment.count())
          .forEach((name, size) -> tools.out().println(name + " " + size));
      return experiment
          .agent()
          .create(new Task(environment.spec(), environment.count(), engine, experiment.seed()));
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "this agent cannot learn " + experiment.environment().id() + ": " + e.getMessage(), e);
    }
  }

  /// What evaluations need, kept from one to the next.
  private record Measuring(EvaluationEnvironment environment, Policy policy)
      implements AutoCloseable {
    @Override
    public void close() {
      try (environment) {
        policy.close();
      }
    }
  }

  /// The run while its engine, environment and agent are open.
  private final class Session implements TrainingLoop.Occasions, AutoCloseable {
    private final Receipt receipt;
    private final TrainingEnvironment environment;
    private final Agent agent;
    private final Stopwatch stopwatch;
    private final MetricsLog metrics;
    private final ProgressLine progress;
    private final TrainingLoop loop;
    private final @Nullable CheckpointReader start;

    private @Nullable Measuring measuring;
    private @Nullable Policy watchedPolicy;
    private TrainingShow.@Nullable Watched watched;
    private @Nullable Evaluation evaluation;
    private long savedSteps = -1;
    private String savedHash = "";

    Session(Engine engine, TrainingEnvironment environment, Agent agent) {
      this.environment = environment;
      this.agent = agent;
      ProgressLine.Goal goal =
          new ProgressLine.Goal(
              experiment.training().goal(), experiment.training().unit().several());
      this.progress = new ProgressLine(tools.out(), tools.terminal(), goal, System.nanoTime());
      this.start = newest();
      this.receipt = receipt(engine, start);
      Surroundings around = start == null ? new Surroundings(0, 0, 0) : start.surroundings();
      this.stopwatch = new Stopwatch(around.trainingNanos());
      this.metrics =
          new MetricsLog(
              folder.metrics(),
              around.metricsBytes(),
              folder.events(),
              around.eventBytes(),
              tools.onlooker(),
              progress::say);
      Reports reports = new Reports(metrics, progress, stopwatch, tools.onlooker());
      if (show != null) {
        VectorEnvironment vector = environment.vector();
        Controls controls =
            tools.environments().controls(experiment.environment(), vector.spec().actionSpace());
        watchedPolicy = agent.policy(1, experiment.evaluation().actions());
        watched = show.watch(vector, controls, agent, watchedPolicy, experiment.seed());
      }
      VectorEnvironment stepped = watched == null ? environment.vector() : watched;
      this.loop = new TrainingLoop(experiment, agent, environment, stepped, reports, this, stop);
    }

    /// What computes the run from here on, after what has computed it so far.
    private Receipt receipt(Engine engine, @Nullable CheckpointReader from) {
      Receipt now =
          Receipt.begin(engine, configHash, tools.environments().plugin(experiment.environment()));
      if (from == null || !Files.exists(folder.receipt())) {
        return now;
      }
      Receipt before = Receipt.read(folder.receipt());
      String changed = before.otherPlugin(now.plugin());
      if (changed != null) {
        progress.say(changed + "; from here on the run is of another environment");
      }
      return now.after(before, from.agentSteps());
    }

    private @Nullable CheckpointReader newest() {
      try {
        checkpoints.clean();
        return checkpoints.newest(progress::say);
      } catch (IOException | UncheckedIOException e) {
        throw new UnavailableException(
            "cannot read " + folder.checkpoints() + ": " + Disk.reason(e) + "; nothing was changed",
            e);
      }
    }

    Outcome run() {
      receipt.write(folder.receipt());
      try {
        restore();
        learn();
        return end();
      } catch (DivergedException e) {
        throw failed("learning diverged", e);
      } catch (EnvironmentFailedException e) {
        throw failed("the environment failed", e);
      }
    }

    private void learn() {
      try {
        if (loop.begin()) {
          stopwatch.start();
          agent.train(loop);
          agent.state().settle();
        }
      } finally {
        stopwatch.stop();
        progress.clear();
      }
    }

    private void restore() {
      if (start == null) {
        environment.vector().reset(experiment.seed());
        return;
      }
      try {
        loop.load(start);
        start.finish();
      } catch (EnvironmentFailedException | UncheckedIOException e) {
        throw e;
      } catch (RuntimeException | OutOfMemoryError e) {
        // Its hashes are right, so it was written thus: by another version, or by a forger.
        throw new UnusableCheckpointException(
            start.name()
                + " cannot be taken up by this version of Jarl: "
                + (e instanceof IllegalArgumentException ? e.getMessage() : Printable.of(e)));
      }
      savedSteps = start.agentSteps();
      savedHash = start.stateHash();
    }

    private UserErrorException failed(String what, RuntimeException e) {
      return new UserErrorException(
          what
              + " at "
              + experiment.training().unit().one()
              + " "
              + position()
              + ": "
              + e.getMessage()
              + "; "
              + checkpoints.kept(),
          e);
    }

    /// Towards the goal.
    private long position() {
      return experiment.training().position(agent.state());
    }

    private Outcome end() {
      long steps = position();
      checkpoint();
      if (steps < experiment.training().goal()) {
        return new Outcome(agent.state().agentSteps(), steps, null);
      }
      if (experiment.evaluation().episodes() > 0 && !evaluate()) {
        return new Outcome(agent.state().agentSteps(), steps, null);
      }
      metrics.sync();
      receipt.ended(agent.state().agentSteps(), savedHash).write(folder.receipt());
      Summary summary = summary(agent.state().agentSteps());
      summary.write(folder.summary());
      return new Outcome(agent.state().agentSteps(), steps, summary);
    }

    private Summary summary(long steps) {
      return new Summary(
          experiment.environment().id(),
          tools.files().typeOf(experiment.agent()),
          experiment.seed(),
          steps,
          steps * frameSkip(),
          environment.episodes().episodes(),
          agent.state().updates(),
          stopwatch.nanos() / 1e9,
          environment.episodes().meanReturn(),
          evaluation,
          receipt.device().name(),
          receipt.device().threads(),
          savedHash);
    }

    private int frameSkip() {
      return experiment.environment().options().get("frameSkip") instanceof Integer skip ? skip : 1;
    }

    @Override
    public void checkpoint() {
      long steps = position();
      if (steps != savedSteps) {
        metrics.sync();
        var around =
            new Surroundings(metrics.linesBytes(), metrics.eventBytes(), stopwatch.nanos());
        savedHash = checkpoints.save(steps, around, loop);
        savedSteps = steps;
      }
      Policies.save(folder.policy(), tools.files(), experiment, environment, agent);
    }

    @Override
    public boolean saveAhead() {
      return checkpoints.saveAhead(loop);
    }

    @Override
    public boolean evaluate() {
      agent.state().settle();
      EvaluationConfig config = experiment.evaluation();
      int count = Math.min(config.count(), config.episodes());
      Measuring on = measuring;
      if (on == null) {
        EvaluationEnvironment place =
            tools.environments().evaluation(experiment.environment(), count);
        on =
            new Measuring(
                place,
                RandomizedPolicy.of(
                    agent.policy(count, config.actions()),
                    config.epsilon(),
                    place.vector().spec()));
        measuring = on;
      }
      on.environment().adopt().accept(environment.statistics().get());
      var plan =
          new Evaluation.Plan(
              config.episodes(), config.maxEpisodeSteps(), experiment.seed(), position());
      evaluation = Evaluation.play(on.policy(), on.environment().vector(), plan, stop::get);
      if (evaluation == null) {
        return false;
      }
      if (evaluation.cut() > 0) {
        progress.say(
            "%d of %d episodes of the evaluation had not ended after %,d agent steps and were cut (evaluation.maxEpisodeSteps)"
                .formatted(evaluation.cut(), config.episodes(), config.maxEpisodeSteps()));
      }
      metrics.add(position(), "evaluation/mean", evaluation.mean());
      metrics.add(position(), "evaluation/std", evaluation.std());
      metrics.add(position(), "evaluation/iqm", evaluation.iqm());
      metrics.flush();
      return true;
    }

    @Override
    public void close() {
      try (MetricsLog _ = metrics) {
        if (start != null) {
          start.close();
        }
        if (measuring != null) {
          measuring.close();
        }
        if (watched != null) {
          watched.close();
        }
        if (watchedPolicy != null) {
          watchedPolicy.close();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
