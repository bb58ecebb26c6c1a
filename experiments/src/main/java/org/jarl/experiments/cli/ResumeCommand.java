package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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

/// `jarl resume`: goes on with a run.
@Command(
    name = "resume",
    description = "Go on with a run from its last checkpoint to the end of its config.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class ResumeCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;
  @Mixin private RunOptions options;
  @Mixin private ShowOptions show;
  @Mixin private DashboardOption dashboard;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Option(
      names = "--watch",
      description = "Show the training in a window; closing it ends only the show.")
  private boolean watch;

  @Override
  public Integer call() {
    RunFolder.requireRun(run);
    RunTools tools = jarl.tools(options.threads());
    if (!watch && !show.records() || RunFolder.isFinished(run)) {
      return resume(tools, null);
    }
    Experiment experiment = tools.files().read(run.resolve("config.yaml"), List.of()).experiment();
    return new ShowCommands(tools, jarl.spectators(), show)
        .train(
            experiment.environment(),
            tools.files().typeOf(experiment.agent()),
            watch,
            shown -> resume(tools, shown));
  }

  private int resume(RunTools tools, @Nullable TrainingShow shown) {
    try (DashboardOption.Page page = dashboard.open()) {
      return new RunCommands(page.show(tools, run)).resume(run, options.asked(), shown);
    }
  }
}
