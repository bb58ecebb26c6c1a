package org.jarl.experiments.run;

import java.io.PrintStream;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.config.Device;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentFactory;
import org.jarl.nn.Engine;

/// What a run needs from the rest of Jarl.
///
/// @param files reads and writes experiments
/// @param environments makes what experiments name
/// @param engines opens the device
/// @param out where progress and results are said
/// @param terminal whether `out` is a terminal, so that a line can be renewed
/// @param disk where checkpoints are written
/// @param onlooker who looks at a run while it learns
public record RunTools(
    ExperimentFile files,
    EnvironmentFactory environments,
    EngineFactory engines,
    PrintStream out,
    boolean terminal,
    Disk disk,
    TrainingListener onlooker) {

  /// Opens a device.
  ///
  /// @throws org.jarl.experiments.base.UnavailableException if this machine has no such device
  public Engine open(Device device) {
    return engines.open(device.name(), device.threads(), device.precision());
  }

  /// The tools with the file system as disk, and nobody who looks.
  public RunTools(
      ExperimentFile files,
      EnvironmentFactory environments,
      EngineFactory engines,
      PrintStream out,
      boolean terminal) {
    this(files, environments, engines, out, terminal, Disk.REAL, TrainingListener.NOBODY);
  }

  /// The same with somebody who looks.
  public RunTools seenBy(TrainingListener eyes) {
    return new RunTools(files, environments, engines, out, terminal, disk, eyes);
  }
}
