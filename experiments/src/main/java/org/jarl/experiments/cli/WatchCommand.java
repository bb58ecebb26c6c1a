package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jarl.agents.Policy;
import org.jarl.experiments.base.UserErrorException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `jarl watch`: shows how the policy of a run plays, and what it thinks.
@Command(
    name = "watch",
    description = "Watch the saved policy of a run play, with its thoughts beside it.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class WatchCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;
  @Mixin private RunOptions options;
  @Mixin private ShowOptions show;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Seed of the first episode; each that follows has the next (default: the run's).")
  private @Nullable Long seed;

  @Option(
      names = "--episodes",
      paramLabel = "N",
      description = "Episodes to show (default: no end; 1 with --headless).")
  private @Nullable Integer episodes;

  @Option(
      names = "--headless",
      description = "Show no window: only write a film, as fast as that goes.")
  private boolean headless;

  @Option(
      names = "--speed",
      paramLabel = "X",
      defaultValue = "1",
      description = "Multiple of the environment's pace, 0.0625 to 64 (default: 1).")
  private double speed;

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
    if (headless && !show.records()) {
      throw new UserErrorException("--headless shows nothing by itself: add --record FILE");
    }
    ShowCommands.requireSpeed(speed);
    int count = ShowCommands.episodes(episodes, headless);
    return new ShowCommands(jarl.tools(options.threads()), jarl.spectators(), show)
        .watch(
            new ShowCommands.Watching(
                run, seed, count, headless, speed, actions, device, options.threads()));
  }
}
