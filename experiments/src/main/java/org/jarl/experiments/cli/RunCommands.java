package org.jarl.experiments.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jarl.agents.Policy;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.EvaluationConfig;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.environment.EnvironmentFactory.EvaluationEnvironment;
import org.jarl.experiments.run.Evaluation;
import org.jarl.experiments.run.Policies;
import org.jarl.experiments.run.RandomizedPolicy;
import org.jarl.experiments.run.Receipt;
import org.jarl.experiments.run.ReturnStatistics;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.run.Summary;
import org.jarl.experiments.run.Training;
import org.jarl.experiments.show.TrainingShow;
import org.jarl.nn.DeviceException;
import org.jarl.nn.Engine;
import org.jspecify.annotations.Nullable;

/// What can be done with a run: train, resume, evaluate, verify. Each answers with the exit code of
/// the command line and says the rest on the tools' stream.
final class RunCommands {
  private final RunTools tools;

  RunCommands(RunTools tools) {
    this.tools = tools;
  }

  /// Trains in a new folder, and ends with 130 when interrupted.
  ///
  /// @param folder new and taken; closed by the caller
  /// @param threads that the engine may use
  int train(Experiment experiment, RunFolder folder, int threads) {
    return train(experiment, folder, threads, null);
  }

  /// Trains in a new folder, and ends with 130 when interrupted.
  ///
  /// @param folder new and taken; closed by the caller
  /// @param threads that the engine may use
  /// @param show to those who look; null when nobody does
  int train(Experiment experiment, RunFolder folder, int threads, @Nullable TrainingShow show) {
    try {
      byte[] config = tools.files().write(experiment).getBytes(StandardCharsets.UTF_8);
      Disk.write(folder.config(), config);
      say(experiment.environment());
      Device device = device(experiment, threads);
      return train(new Training(tools, experiment, folder, device, show), folder);
    } catch (RuntimeException | Error e) {
      folder.removeUnlessBegun();
      throw e;
    }
  }

  private static Device device(Experiment experiment, int threads) {
    return Device.choose(experiment.device(), experiment.precision(), experiment.agent(), threads);
  }

  /// Goes on with a run as below, unseen.
  int resume(Path path, @Nullable Integer threads) {
    return resume(path, threads, null);
  }

  /// Goes on with a run until the end of its config, on the device it began on.
  ///
  /// @param threads that the engine may use; null for as many as the run had
  /// @param show to those who look; null when nobody does
  /// @throws UserErrorException if the folder is no run, is in use, or no checkpoint can be used
  int resume(Path path, @Nullable Integer threads, @Nullable TrainingShow show) {
    RunFolder.requireRun(path);
    Experiment experiment = experiment(path);
    if (RunFolder.isFinished(path)) {
      tools
          .out()
          .println(
              path
                  + " is finished: "
                  + experiment.training().goal()
                  + " "
                  + experiment.training().unit().one()
                  + "s; to learn for longer, train with a larger training."
                  + experiment.training().unit().key());
      return 0;
    }
    try (RunFolder folder = RunFolder.open(path)) {
      Training training;
      if (Files.exists(folder.receipt())) {
        Receipt receipt = Receipt.read(folder.receipt());
        int used = threads == null ? receipt.device().threads() : threads;
        Device device = receipt.device().withThreads(used);
        training = new Training(tools, experiment, folder, device, show);
      } else {
        // It was stopped before anything began.
        int used = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        training = new Training(tools, experiment, folder, device(experiment, used), show);
      }
      say(experiment.environment());
      return train(training, folder);
    }
  }

  /// What is about to be learned, with every choice that makes the task.
  private void say(EnvironmentConfig environment) {
    int count = environment.count();
    tools
        .out()
        .println("environment " + environment.id() + (count == 1 ? "" : ", " + count + " copies"));
    if (!environment.options().isEmpty()) {
      tools
          .out()
          .println(
              environment.options().entrySet().stream()
                  .map(option -> option.getKey() + " " + option.getValue())
                  .collect(Collectors.joining(", ", "  ", "")));
    }
  }

  private int train(Training training, RunFolder folder) {
    Runnable stop =
        () -> {
          tools.out().println();
          tools.out().println("stopping with a checkpoint; Ctrl-C again stops at once");
          training.stop();
        };
    Training.Outcome outcome;
    try (Interrupts _ = new Interrupts(stop)) {
      outcome = training.run();
    } catch (DeviceException e) {
      throw new UnavailableException(
          e.getMessage() + "; " + training.kept() + "; go on with: jarl resume " + folder.path(),
          e);
    }
    Summary summary = outcome.summary();
    if (summary == null) {
      tools
          .out()
          .printf(
              Locale.ROOT,
              "stopped at %s %,d; go on with: jarl resume %s%n",
              training.unit(),
              outcome.position(),
              folder.path());
      return Interrupts.EXIT;
    }
    say(summary, folder.path());
    return 0;
  }

  private void say(Summary summary, Path path) {
    tools
        .out()
        .printf(
            Locale.ROOT,
            "%,d agent steps in %.1f s (%,.0f steps/s), %,d episodes, return %s%n",
            summary.agentSteps(),
            summary.wallSeconds(),
            summary.agentStepsPerSecond(),
            summary.episodes(),
            Double.isNaN(summary.returnMean100())
                ? "-"
                : String.format(Locale.ROOT, "%.2f", summary.returnMean100()));
    if (summary.evaluation() != null) {
      say(summary.evaluation());
    }
    tools.out().println(summary.stateHash());
    tools.out().println("run folder: " + path);
  }

  private void say(Evaluation evaluation) {
    ReturnStatistics.Interval interval =
        ReturnStatistics.interval(List.of(evaluation.returns()), ReturnStatistics::iqm);
    tools
        .out()
        .printf(
            Locale.ROOT,
            "evaluation over %d episodes: mean %.2f, std %.2f, IQM %.2f, 95 %% interval of the IQM"
                + " %.2f to %.2f%n",
            evaluation.returns().length,
            evaluation.mean(),
            evaluation.std(),
            evaluation.iqm(),
            interval.low(),
            interval.high());
    if (evaluation.cut() > 0) {
      tools
          .out()
          .printf(
              Locale.ROOT,
              "%d of these episodes had not ended and were cut by evaluation.maxEpisodeSteps%n",
              evaluation.cut());
    }
  }

  /// Plays the saved policy of a run, also while the run goes on. With as many episodes as the
  /// config says it plays those of the last evaluation.
  ///
  /// @param episodes null for as many as the config says
  /// @param actions null for those that the config says
  /// @param threads that the engine may use
  /// @throws UserErrorException if there is no policy or it does not fit
  int evaluate(
      Path path,
      @Nullable Integer episodes,
      Policy.@Nullable Choice actions,
      String device,
      int threads) {
    RunFolder.requireRun(path);
    Policies.Saved saved = saved(tools, path, actions);
    EvaluationConfig config = saved.experiment().evaluation();
    int played = episodes == null ? config.episodes() : episodes;
    if (played < 1) {
      throw new UserErrorException("--episodes must be at least 1, got " + played);
    }
    int count = Math.min(config.count(), played);
    Device on =
        Device.choose(device, saved.experiment().precision(), saved.experiment().agent(), threads)
            .forPlaying();
    try (Engine engine = tools.open(on);
        EvaluationEnvironment environment =
            tools.environments().evaluation(saved.experiment().environment(), count);
        Policy policy =
            RandomizedPolicy.of(
                saved.load(environment, engine), config.epsilon(), environment.vector().spec())) {
      long seed = saved.experiment().seed();
      var plan = new Evaluation.Plan(played, config.maxEpisodeSteps(), seed, saved.agentSteps());
      Evaluation evaluation = Evaluation.play(policy, environment.vector(), plan, () -> false);
      tools.out().printf(Locale.ROOT, "policy of agent step %,d%n", saved.agentSteps());
      if (evaluation != null) {
        say(evaluation);
      }
      return 0;
    }
  }

  /// The policy of a run.
  ///
  /// @param actions null for those that the config says
  /// @throws UserErrorException if there is none, or it cannot be read
  static Policies.Saved saved(RunTools tools, Path run, Policy.@Nullable Choice actions) {
    Policies.Saved saved = Policies.read(run.resolve("policy"), tools.files());
    try {
      return actions == null ? saved : saved.withActions(actions);
    } catch (IllegalArgumentException e) {
      throw new UserErrorException("--actions: " + e.getMessage(), e);
    }
  }

  /// Runs a finished run again, from its config alone, in a folder of its own, and compares the
  /// hashes.
  ///
  /// @return 0 when they are equal, 1 when not
  /// @throws UserErrorException if the run is not finished, or config and receipt do not belong
  ///   together
  int verify(Path path) {
    RunFolder.requireRun(path);
    Experiment experiment = experiment(path);
    Receipt receipt = Receipt.read(path.resolve("receipt.json"));
    if (receipt.stateHash() == null) {
      throw new UserErrorException(path + " is not finished; first: jarl resume " + path);
    }
    byte[] config = tools.files().write(experiment).getBytes(StandardCharsets.UTF_8);
    if (!StateHash.of(config).equals(receipt.configHash())) {
      throw new UserErrorException(
          path
              + ": config.yaml is not the one of the receipt: its hash is "
              + StateHash.of(config)
              + ", the receipt says "
              + receipt.configHash());
    }
    String changed = receipt.otherPlugin(tools.environments().plugin(experiment.environment()));
    if (changed != null) {
      tools.out().println(changed);
    }
    String again = hashOfNewRun(experiment, receipt);
    if (again.equals(receipt.stateHash())) {
      tools.out().println("verified: the run gives " + again + " again");
      return 0;
    }
    tools.out().println("not verified: the receipt says " + receipt.stateHash());
    tools.out().println("              a new run gives  " + again);
    tools.out().println("the receipt is of " + maker(receipt));
    return 1;
  }

  private static String maker(Receipt receipt) {
    return "Jarl "
        + receipt.version()
        + " ("
        + receipt.gitCommit()
        + ") on "
        + receipt.jdk()
        + ", "
        + receipt.os()
        + ", "
        + receipt.cpu()
        + ", "
        + receipt.deviceDescription();
  }

  private String hashOfNewRun(Experiment experiment, Receipt receipt) {
    try {
      Path parent = Files.createTempDirectory("jarl-verify");
      try (RunFolder folder = RunFolder.create(parent.resolve("run"))) {
        var training = new Training(tools, experiment, folder, receipt.device());
        Summary summary;
        try (Interrupts _ = new Interrupts(training::stop)) {
          summary = training.run().summary();
        }
        if (summary == null) {
          throw new UserErrorException("interrupted: nothing was compared");
        }
        return summary.stateHash();
      } finally {
        delete(parent);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private Experiment experiment(Path path) {
    return tools.files().read(path.resolve("config.yaml"), List.of()).experiment();
  }
}
