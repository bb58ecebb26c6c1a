package org.jarl.experiments.cli;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jarl.agents.Explainer;
import org.jarl.agents.Policy;
import org.jarl.env.Controls;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.environment.EnvironmentFactory.ShownEnvironment;
import org.jarl.experiments.run.Policies;
import org.jarl.experiments.run.RandomizedPolicy;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.show.Demonstrations;
import org.jarl.experiments.show.EpisodeTally;
import org.jarl.experiments.show.ShowSession;
import org.jarl.experiments.show.ShowSession.Setting;
import org.jarl.experiments.show.ShowThreads;
import org.jarl.experiments.show.ShowThreads.Seat;
import org.jarl.experiments.show.Spectators;
import org.jarl.experiments.show.TrainingShow;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;

/// What `jarl watch` and `jarl play` do, and the show beside `jarl train`. Each answers with the
/// exit code.
final class ShowCommands {
  private final RunTools tools;
  private final Spectators spectators;
  private final ShowOptions options;

  ShowCommands(RunTools tools, Spectators spectators, ShowOptions options) {
    this.tools = tools;
    this.spectators = spectators;
    this.options = options;
  }

  /// Refuses what is no speed.
  ///
  /// @throws UserErrorException if it is out of range
  static void requireSpeed(double speed) {
    if (!(speed >= ShowSession.SLOWEST && speed <= ShowSession.FASTEST)) {
      throw new UserErrorException(
          "--speed must be in %s .. %s, got %s"
              .formatted(ShowSession.SLOWEST, ShowSession.FASTEST, speed));
    }
  }

  /// Episodes of a session; 0 for no end.
  ///
  /// @throws UserErrorException if the number is not positive
  static int episodes(@Nullable Integer given, boolean headless) {
    if (given == null) {
      return headless ? 1 : 0;
    }
    if (given < 1) {
      throw new UserErrorException("--episodes must be at least 1, got " + given);
    }
    return given;
  }

  /// What to watch.
  ///
  /// @param run its folder
  /// @param seed null for the run's
  /// @param actions null for those that the config says
  /// @param threads that the engine may use
  record Watching(
      Path run,
      @Nullable Long seed,
      int episodes,
      boolean headless,
      double speed,
      Policy.@Nullable Choice actions,
      String device,
      int threads) {}

  /// Shows the policy of a run.
  ///
  /// @throws UserErrorException if there is no policy, or it does not fit
  /// @throws UnavailableException if nothing can be shown here
  int watch(Watching what) {
    RunFolder.requireRun(what.run());
    Policies.Saved saved = RunCommands.saved(tools, what.run(), what.actions());
    Experiment experiment = saved.experiment();
    EnvironmentConfig config = experiment.environment();
    String title = config.id() + " · " + tools.files().typeOf(experiment.agent());
    long seed = what.seed() == null ? experiment.seed() : what.seed();
    boolean window = !what.headless();
    Setting setting = new Setting(title, seed, what.episodes(), what.speed(), window);
    List<Seat> seats = options.seats(spectators, title, window, Stage.Handover.EVERY);
    Device device =
        Device.choose(what.device(), experiment.precision(), experiment.agent(), what.threads())
            .forPlaying();
    return play(
        "watch",
        seats,
        () -> {
          try (Engine engine = tools.open(device);
              ShownEnvironment shown = tools.environments().shown(config)) {
            EnvironmentSpec spec = shown.place().vector().spec();
            float epsilon = experiment.evaluation().epsilon();
            try (Policy policy =
                    RandomizedPolicy.of(saved.load(shown.place(), engine), epsilon, spec);
                Explainer explainer = policy.explainer()) {
              Controls controls = tools.environments().controls(config, spec.actionSpace());
              return run(
                  config.id(),
                  new ShowSession(
                      shown, controls, policy, explainer, null, setting, stages(seats)));
            }
          }
        });
  }

  /// Lets the user play.
  ///
  /// @param demonstrations where to write what is played; null for nowhere
  /// @throws UserErrorException if the environment cannot be played or shown
  /// @throws UnavailableException if nothing can be shown here
  int play(
      EnvironmentConfig config,
      long seed,
      int episodes,
      double speed,
      @Nullable Path demonstrations) {
    Setting setting = new Setting(config.id(), seed, episodes, speed, true);
    List<Seat> seats = options.seats(spectators, config.id(), true, Stage.Handover.EVERY);
    return play(
        "play",
        seats,
        () -> {
          try (ShownEnvironment shown = tools.environments().shown(config)) {
            EnvironmentSpec spec = shown.place().vector().spec();
            Controls controls = tools.environments().controls(config, spec.actionSpace());
            if (controls.moves().isEmpty()) {
              throw new UserErrorException(
                  config.id()
                      + " has no keys to be played with, since its actions are "
                      + spec.actionSpace()
                      + ": its provider must say them in EnvironmentProvider.controls");
            }
            try (Demonstrations.Writer writer = writer(demonstrations, config, spec)) {
              return run(
                  config.id(),
                  new ShowSession(shown, controls, null, null, writer, setting, stages(seats)));
            }
          }
        });
  }

  private Demonstrations.@Nullable Writer writer(
      @Nullable Path file, EnvironmentConfig config, EnvironmentSpec spec) {
    return file == null
        ? null
        : new Demonstrations.Writer(
            file,
            new Demonstrations.Header(config.id(), config.options(), Policies.specJson(spec)),
            spec);
  }

  private static List<Stage> stages(List<Seat> seats) {
    return seats.stream().map(Seat::stage).toList();
  }

  private int run(String id, ShowSession session) {
    if (!session.canBeShown()) {
      throw new UserErrorException(
          id + " cannot be shown: its render() draws nothing; implement Environment.render");
    }
    boolean[] interrupted = new boolean[1];
    Runnable stop =
        () -> {
          interrupted[0] = true;
          session.stop();
        };
    try (Interrupts _ = new Interrupts(stop)) {
      session.run();
    }
    EpisodeTally tally = session.tally();
    if (tally.finished() > 0) {
      tools
          .out()
          .printf(
              Locale.ROOT,
              "%,d episodes: mean return %.2f, best %.2f%n",
              tally.finished(),
              tally.meanReturn(),
              tally.bestReturn());
    }
    return interrupted[0] ? Interrupts.EXIT : Jarl.OK;
  }

  /// Runs a session that ends when its spectators do.
  private static int play(String name, List<Seat> seats, Callable<Integer> session) {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    int code = ShowThreads.run(name, session, seats, (_, thrown) -> failures.add(thrown));
    for (Throwable failure : failures) {
      switch (failure) {
        case IllegalStateException e -> throw unavailable(e);
        case UncheckedIOException e -> throw unavailable(e);
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(failure);
      }
    }
    return code;
  }

  private static UnavailableException unavailable(RuntimeException e) {
    return new UnavailableException(String.valueOf(e.getMessage()), e);
  }

  /// Trains while somebody looks, which neither slows nor stops the training.
  ///
  /// @param window whether a window shall be opened; else only a film is written
  /// @param training trains with what is shown
  int train(
      EnvironmentConfig config,
      String agent,
      boolean window,
      java.util.function.ToIntFunction<TrainingShow> training) {
    String title = config.id() + " · " + agent + " (training)";
    List<Seat> seats = options.seats(spectators, title, window, Stage.Handover.LATEST);
    TrainingShow show = new TrainingShow(title, stages(seats));
    return ShowThreads.run("training", () -> training.applyAsInt(show), seats, this::sayFailed);
  }

  private void sayFailed(Spectator spectator, Throwable thrown) {
    boolean expected =
        thrown instanceof IllegalStateException || thrown instanceof UncheckedIOException;
    tools
        .out()
        .println(
            "the "
                + spectator.name()
                + " shows nothing any more: "
                + (expected ? thrown.getMessage() : thrown)
                + "; the training goes on");
  }
}
