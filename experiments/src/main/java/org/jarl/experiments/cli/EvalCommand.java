package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jarl.agents.Policy;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `jarl eval`: measures the policy of a run.
@Command(
    name = "eval",
    description = "Play the saved policy of a run: mean, deviation, IQM, 95 %% interval.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class EvalCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;
  @Mixin private RunOptions options;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Option(
      names = "--episodes",
      paramLabel = "N",
      description = "Episodes to play (default: as the config says).")
  private @Nullable Integer episodes;

  @Option(
      names = "--actions",
      paramLabel = "mode|sample",
      description = "The most probable actions, or drawn ones (default: as the config says).")
  private Policy.@Nullable Choice actions;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "auto",
      description = "auto, cpu, cuda or nd4j (default: auto).")
  private String device;

  @Override
  public Integer call() {
    int threads = options.threads();
    return new RunCommands(jarl.tools(threads)).evaluate(run, episodes, actions, device, threads);
  }
}
