package org.jarl.experiments.cli;

import java.io.PrintWriter;

/// The command line, for tests of other packages.
public final class CommandLineRun {
  private CommandLineRun() {}

  /// Runs one command.
  ///
  /// @return the exit code
  public static int run(String[] arguments, PrintWriter out, PrintWriter err) {
    return Jarl.run(arguments, out, err);
  }
}
