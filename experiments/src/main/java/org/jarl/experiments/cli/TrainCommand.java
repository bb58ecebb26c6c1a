package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.show.TrainingShow;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `jarl train`: a new run.
@Command(
    name = "train",
    description = "Run an experiment: train, evaluate, and leave a run folder.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class TrainCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;
  @Mixin private RunOptions options;
  @Mixin private ShowOptions show;
  @Mixin private DashboardOption dashboard;

  @Parameters(paramLabel = "CONFIG", description = "Experiment file.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Lay a value over the file, for example training.agentSteps=20000.")
  private @Nullable List<String> overrides;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "New folder for the run (default: runs/<config>-s<seed>-<n>).")
  private @Nullable Path out;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description = "auto, cpu, cuda or nd4j; short for --set device=NAME.")
  private @Nullable String device;

  @Option(
      names = "--watch",
      description = "Show the training in a window; closing it ends only the show.")
  private boolean watch;

  @Override
  public Integer call() {
    List<String> laid = new java.util.ArrayList<>(overrides == null ? List.of() : overrides);
    if (device != null) {
      laid.add("device=" + device);
    }
    int threads = options.threads();
    Experiment experiment = jarl.files().read(config, laid).experiment();
    // Before there is a folder for a run that cannot begin.
    jarl.environments().requirePresent(experiment.environment().id());
    Device.choose(experiment.device(), experiment.precision(), experiment.agent(), threads)
        .require();
    RunTools tools = jarl.tools(threads);
    if (!watch && !show.records()) {
      return train(tools, experiment, threads, null);
    }
    return new ShowCommands(tools, jarl.spectators(), show)
        .train(
            experiment.environment(),
            tools.files().typeOf(experiment.agent()),
            watch,
            shown -> train(tools, experiment, threads, shown));
  }

  private int train(
      RunTools tools, Experiment experiment, int threads, @Nullable TrainingShow shown) {
    try (DashboardOption.Page page = dashboard.open();
        RunFolder folder = folder(experiment)) {
      return new RunCommands(page.show(tools, folder.path()))
          .train(experiment, folder, threads, shown);
    }
  }

  private RunFolder folder(Experiment experiment) {
    if (out != null) {
      return RunFolder.create(out);
    }
    String name = String.valueOf(config.getFileName()).replaceFirst("\\.ya?ml$", "");
    return RunFolder.createNext(Path.of("runs"), name, experiment.seed());
  }
}
