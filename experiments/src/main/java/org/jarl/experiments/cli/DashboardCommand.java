package org.jarl.experiments.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.report.PageServer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// `jarl dashboard`: the live page for runs of other processes and for runs that are over.
@Command(
    name = "dashboard",
    description = "Serve a page with the curves of runs, until Ctrl-C.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class DashboardCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "RUNS",
      arity = "0..1",
      defaultValue = "runs",
      description = "Folder of run folders (default: runs).")
  private Path runs;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "" + DashboardOption.PORT,
      description = "Port on 127.0.0.1; 0 takes any that is free (default: ${DEFAULT-VALUE}).")
  private int port;

  @Override
  public Integer call() throws InterruptedException {
    if (!Files.isDirectory(runs)) {
      throw new UserErrorException(
          runs + " is not a folder; give the folder that holds the run folders");
    }
    if (Files.exists(runs.resolve("config.yaml"))) {
      throw new UserErrorException(
          runs + " is a run folder; give the folder that holds it, and choose it on the page");
    }
    var ended = new CountDownLatch(1);
    try (PageServer server = PageServer.bind(port);
        Interrupts _ = new Interrupts(ended::countDown)) {
      server.show(runs, null, null);
      DashboardOption.sayAddress(server, System.out);
      ended.await();
    }
    return Interrupts.EXIT;
  }
}
