package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `jarl verify`: repeats a run.
@Command(
    name = "verify",
    description = "Run a finished run again and compare the hashes; 1 when they differ.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class VerifyCommand implements Callable<Integer> {
  @ParentCommand private Jarl jarl;

  @Parameters(paramLabel = "RUN", description = "Run folder.")
  private Path run;

  @Override
  public Integer call() {
    return new RunCommands(jarl.tools(Runtime.getRuntime().availableProcessors())).verify(run);
  }
}
