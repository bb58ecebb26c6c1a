package org.jarl.experiments;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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

  @Override
  public Integer call() {
    List<String> laid = new java.util.ArrayList<>(overrides == null ? List.of() : overrides);
    if (device != null) {
      laid.add("device=" + device);
    }
    int threads = options.threads();
    Experiment experiment = jarl.files().read(config, laid).experiment();
    // Before there is a folder for a run that cannot begin.
    String missing = jarl.environments().missing(experiment.environment().id());
    if (missing != null) {
      throw new UnavailableException(missing);
    }
    Device.choose(experiment.device(), experiment.precision(), experiment.agent(), threads)
        .require();
    try (DashboardOption.Page page = dashboard.open();
        RunFolder folder = folder(experiment)) {
      RunTools tools = page.show(jarl.tools(threads), folder.path());
      return new RunCommands(tools).train(experiment, folder, threads);
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
