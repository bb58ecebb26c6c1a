package org.jarl.experiments.run;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jarl.env.Environment;
import org.jarl.env.Environments;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.SuppliedEnvironment;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jspecify.annotations.Nullable;

/// Trains an agent from a Java program, as `jarl train` does: same settings, same defaults, same
/// run folder, same results.
///
/// An experiment is a file, or an environment with settings; a setting has the name and the form
/// that it has in a file:
///
///     TrainedRun run =
///         Trainer.of("own/corridor-v0", Corridor::new)
///             .set("agent.type", "dqn")
///             .set("training.agentSteps", 20_000)
///             .train();
///
/// The JVM must be started with `--add-modules jdk.incubator.vector
/// --enable-native-access=ALL-UNNAMED`. One thread uses a trainer, but [#stop], which any thread
/// may call. See `docs/embedding.md`.
public final class Trainer {
  private final @Nullable Path file;
  private final List<String> settings = new ArrayList<>();
  private final @Nullable SuppliedEnvironment supplied;

  private @Nullable Path folder;
  private TrainingListener listener = TrainingListener.NOBODY;
  private PrintStream out = new PrintStream(OutputStream.nullOutputStream());
  private int threads = Runtime.getRuntime().availableProcessors();
  private volatile @Nullable Training training;
  private volatile boolean stopped;

  private Trainer(@Nullable Path file, @Nullable SuppliedEnvironment supplied) {
    this.file = file;
    this.supplied = supplied;
  }

  /// Trains what an experiment file says.
  public static Trainer ofFile(Path file) {
    return new Trainer(file, null);
  }

  /// Trains in an environment of the class path, by its id.
  ///
  /// @param id such as `classic/cartpole-v1`
  public static Trainer of(String id) {
    return new Trainer(null, null).set("environment.id", id);
  }

  /// Trains in an environment of the program's own.
  ///
  /// @param id a name `family/name-vN` for it, which the saved policy remembers
  /// @param factory makes one copy; called for each that is trained or evaluated in
  public static Trainer of(String id, Supplier<? extends Environment> factory) {
    return new Trainer(null, new SuppliedEnvironment(id, factory)).set("environment.id", id);
  }

  /// Sets one value of the experiment, over what its file says. Whether it can be is checked by
  /// [#train].
  ///
  /// @param key with the blocks around it, `agent.batchSize`
  /// @param value a number, a boolean, a list of numbers, or text as in a file, such as `{type:
  ///   adam, learningRate: 1.0e-3}`
  public Trainer set(String key, Object value) {
    settings.add(key + "=" + value);
    return this;
  }

  /// Sets the run folder, which must be new or empty; without it the next free one below `runs`.
  public Trainer folder(Path path) {
    folder = path;
    return this;
  }

  /// Sets who hears how the run goes.
  public Trainer listener(TrainingListener who) {
    listener = who;
    return this;
  }

  /// Sets where the lines go that `jarl train` prints; without it nowhere.
  public Trainer out(PrintStream stream) {
    out = stream;
    return this;
  }

  /// Sets the threads that engine and environments may use, at least 1; without it one for each
  /// processor. Results do not depend on it.
  public Trainer threads(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + count);
    }
    threads = count;
    return this;
  }

  /// Asks [#train] to end after the present step, with a checkpoint. May come before it.
  public void stop() {
    stopped = true;
    Training now = training;
    if (now != null) {
      now.stop();
    }
  }

  /// Trains until the experiment's end, or until [#stop].
  ///
  /// @throws org.jarl.experiments.config.ConfigException if a setting cannot be used, with all that
  ///   is wrong
  /// @throws org.jarl.experiments.base.UserErrorException if the folder is not free, the agent
  ///   cannot learn this environment, learning diverges or the environment fails
  /// @throws org.jarl.experiments.base.UnavailableException if something is not available here: a
  ///   device, a flag of the JVM, room on the disk
  public TrainedRun train() {
    EnvironmentRegistry environments = environments(supplied);
    ExperimentFile files = new ExperimentFile(AgentTypes.all(), environments);
    Experiment experiment =
        file == null
            ? files.of("the settings of the trainer", settings)
            : files.read(file, settings).experiment();
    environments.requirePresent(experiment.environment().id());
    Device device =
        Device.choose(experiment.device(), experiment.precision(), experiment.agent(), threads);
    device.require();
    RunTools tools = tools(files, environments, threads, out).seenBy(listener);
    try (RunFolder taken = take(experiment)) {
      return train(experiment, tools, taken, device);
    } finally {
      training = null;
    }
  }

  private TrainedRun train(Experiment experiment, RunTools tools, RunFolder taken, Device device) {
    try {
      byte[] config = tools.files().write(experiment).getBytes(StandardCharsets.UTF_8);
      Disk.write(taken.config(), config);
      Training now = new Training(tools, experiment, taken, device);
      training = now;
      if (stopped) {
        now.stop();
      }
      Training.Outcome outcome = now.run();
      return new TrainedRun(taken.path(), outcome.agentSteps(), outcome.summary(), supplied);
    } catch (RuntimeException | Error e) {
      taken.removeUnlessBegun();
      throw e;
    }
  }

  private RunFolder take(Experiment experiment) {
    return folder == null
        ? RunFolder.createNext(Path.of("runs"), name(experiment), experiment.seed())
        : RunFolder.create(folder);
  }

  private String name(Experiment experiment) {
    String source =
        file == null
            ? experiment.environment().id().replaceFirst(".*/", "")
            : String.valueOf(file.getFileName());
    return source.replaceFirst("\\.ya?ml$", "");
  }

  static EnvironmentRegistry environments(@Nullable SuppliedEnvironment supplied) {
    Environments all = Environments.discover(List.of());
    if (supplied != null) {
      all.add(supplied);
    }
    return EnvironmentRegistry.of(all);
  }

  static RunTools tools(
      ExperimentFile files, EnvironmentRegistry environments, int threads, PrintStream out) {
    return new RunTools(
        files,
        new WrappedEnvironments(environments.environments(), threads),
        EngineFactory.INSTALLED,
        Objects.requireNonNull(out),
        false);
  }
}
