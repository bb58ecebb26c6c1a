package org.jarl.experiments;

import java.io.PrintStream;
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
record RunTools(
    ExperimentFile files,
    EnvironmentFactory environments,
    EngineFactory engines,
    PrintStream out,
    boolean terminal,
    Checkpoints.Disk disk,
    Onlooker onlooker) {

  /// Opens a device.
  ///
  /// @throws UnavailableException if this machine has no such device
  Engine open(Device device) {
    return engines.open(device.name(), device.threads(), device.precision());
  }

  /// The tools with the file system as disk, and nobody who looks.
  RunTools(
      ExperimentFile files,
      EnvironmentFactory environments,
      EngineFactory engines,
      PrintStream out,
      boolean terminal) {
    this(files, environments, engines, out, terminal, Checkpoints.Disk.REAL, Onlooker.NOBODY);
  }

  /// The same with somebody who looks.
  RunTools seenBy(Onlooker eyes) {
    return new RunTools(files, environments, engines, out, terminal, disk, eyes);
  }
}
