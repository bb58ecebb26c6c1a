package org.jarl.experiments;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  @Mixin private DashboardOption dashboard;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Override
  public Integer call() {
    RunFolder.requireRun(run);
    try (DashboardOption.Page page = dashboard.open()) {
      RunTools tools = page.show(jarl.tools(options.threads()), run);
      return new RunCommands(tools).resume(run, options.asked());
    }
  }
}
