package org.jarl.experiments.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jarl.agents.Agent;
import org.jarl.agents.Run;
import org.jarl.agents.Task;
import org.jarl.env.VectorEnvironment;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.Checkpoints;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.TrainingConfig;
import org.jarl.experiments.environment.EnvironmentFactory.TrainingEnvironment;
import org.jarl.experiments.run.RunTools;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `jarl plan`: what a run will take.
@Command(
    name = "plan",
    description = "Tell memory, disk and time of a run before it starts, from a short trial.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class PlanCommand implements Callable<Integer> {
  private static final double MIB = 1 << 20;

  @ParentCommand private Jarl jarl;
  @Spec private CommandSpec spec;
  @Mixin private RunOptions options;

  @Parameters(paramLabel = "CONFIG", description = "Experiment file.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Lay a value over the file; may be repeated.")
  private @Nullable List<String> overrides;

  @Override
  public Integer call() {
    List<String> laid = overrides == null ? List.of() : overrides;
    Experiment experiment = jarl.files().read(config, laid).experiment();
    int threads = options.threads();
    RunTools tools = jarl.tools(threads);
    try (TrainingEnvironment environment =
        tools.environments().training(experiment.environment())) {
      VectorEnvironment vector = environment.vector();
      experiment.agent().memory(vector.spec(), vector.count()).forEach(this::say);
      Device device =
          Device.choose(experiment.device(), experiment.precision(), experiment.agent(), threads);
      try (Engine engine = tools.open(device);
          Agent agent = create(experiment, vector, engine)) {
        say("memory", mib(agent.state().offHeapBytes()) + " outside the heap");
        say("disk", disk(agent.state().offHeapBytes()));
        say("device", engine.description() + device.reason());
        var _ = vector.reset(experiment.seed());
        Trial trial = new Trial(vector, agent, experiment.training());
        agent.train(trial);
        sayTime(trial, experiment.training());
      }
    }
    return Jarl.OK;
  }

  private static Agent create(Experiment experiment, VectorEnvironment vector, Engine engine) {
    try {
      return experiment
          .agent()
          .create(new Task(vector.spec(), vector.count(), engine, experiment.seed()));
    } catch (IllegalArgumentException e) {
      throw new UserErrorException(
          "this agent cannot learn " + experiment.environment().id() + ": " + e.getMessage(), e);
    }
  }

  /// What is written for a new checkpoint lies beside those that are kept; they share what did not
  /// change between them.
  static String disk(long bytes) {
    String most = mib((Checkpoints.KEPT + 1) * bytes);
    return mib(bytes) + " for a checkpoint, at most " + most + " for those that are kept";
  }

  private void sayTime(Trial trial, TrainingConfig training) {
    double rate = trial.perSecond();
    Duration time = Duration.ofSeconds(Math.round(training.goal() / rate));
    String text =
        String.format(
            Locale.ROOT,
            "about %d:%02d:%02d for %,d %ss at %,.0f per second",
            time.toHours(),
            time.toMinutesPart(),
            time.toSecondsPart(),
            training.goal(),
            training.unit().one(),
            rate);
    String left = trial.learned() ? "evaluations" : "updates, of which none came in the trial,";
    say("time", text + ", " + left + " left out");
  }

  private static String mib(long bytes) {
    return String.format(Locale.ROOT, "%,.1f MiB", bytes / MIB);
  }

  private void say(String what, String answer) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(Locale.ROOT, "%-8s%s%n", what, answer);
  }

  /// Trains for a moment, and takes the time from the first update on.
  private static final class Trial implements Run {
    private static final long LEARNING_NANOS = 2_000_000_000L;
    private static final long MOST_NANOS = 10_000_000_000L;

    private final VectorEnvironment environment;
    private final Agent agent;
    private final TrainingConfig training;
    private final long begin = System.nanoTime();
    private long since = begin;
    private long positionBefore;
    private boolean learned;

    Trial(VectorEnvironment environment, Agent agent, TrainingConfig training) {
      this.environment = environment;
      this.agent = agent;
      this.training = training;
    }

    @Override
    public VectorEnvironment environment() {
      return environment;
    }

    @Override
    public boolean proceed() {
      long now = System.nanoTime();
      if (!learned && agent.state().updates() > 0) {
        learned = true;
        since = now;
        positionBefore = training.position(agent.state());
      }
      return now - begin < MOST_NANOS && (!learned || now - since < LEARNING_NANOS);
    }

    @Override
    public void metric(String name, double value) {
      // A trial has nobody to tell.
    }

    @Override
    public boolean wantsMetrics() {
      return false;
    }

    /// Whether updates are part of the time.
    boolean learned() {
      return learned;
    }

    /// Agent steps or updates, whichever the goal counts.
    double perSecond() {
      long done = training.position(agent.state()) - positionBefore;
      return done * 1e9 / (System.nanoTime() - since);
    }
  }
}
