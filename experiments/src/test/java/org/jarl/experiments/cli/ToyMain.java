package org.jarl.experiments.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.config.Experiment;
import org.jarl.experiments.run.RunFolder;
import org.jarl.experiments.run.RunTools;

/// The command line of toy runs, for tests that need another process: `train CONFIG --out DIR` and
/// `resume DIR`, as the real one.
final class ToyMain {
  /// System property: microseconds to wait after every step, so that a signal has something to hit.
  static final String PAUSE = "toy.pauseMicros";

  private ToyMain() {}

  public static void main(String[] args) {
    long nanos = 1000L * Integer.getInteger(PAUSE, 0);
    TabularAgent.onStep =
        steps -> {
          if (steps == 2) {
            System.out.println("learning");
          }
          LockSupport.parkNanos(nanos);
        };
    RunTools tools = ToyRuns.tools(System.out, Disk.REAL);
    RunCommands commands = new RunCommands(tools);
    if (args[0].equals("resume")) {
      System.exit(commands.resume(Path.of(args[1]), null));
    }
    Experiment experiment = ToyRuns.FILES.read(Path.of(args[1]), List.of()).experiment();
    try (RunFolder folder = RunFolder.create(Path.of(args[3]))) {
      System.exit(commands.train(experiment, folder, 1));
    }
  }
}
