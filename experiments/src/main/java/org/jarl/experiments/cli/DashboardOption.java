package org.jarl.experiments.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Stack;
import org.jarl.experiments.report.LiveRun;
import org.jarl.experiments.report.PageServer;
import org.jarl.experiments.run.Machine;
import org.jarl.experiments.run.RunTools;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/// The option of every command that trains: `--dashboard[=PORT]`.
final class DashboardOption {
  /// The port when none is said.
  static final int PORT = 8642;

  @Option(
      names = "--dashboard",
      paramLabel = "PORT",
      arity = "0..1",
      fallbackValue = "" + PORT,
      preprocessor = Attached.class,
      description =
          "Serve a page with live curves and the playing agent on 127.0.0.1 (port "
              + PORT
              + "; 0 takes any that is free).")
  private @Nullable Integer port;

  /// A page that is served, or nothing.
  ///
  /// @param server null where no page was asked for
  record Page(@Nullable PageServer server) implements AutoCloseable {

    /// Begins to show a run that is about to be trained in this process.
    ///
    /// @return the tools to train it with
    RunTools show(RunTools tools, Path run) {
      if (server == null) {
        return tools;
      }
      Path whole = run.toAbsolutePath().normalize();
      var live = new LiveRun();
      server.show(
          Objects.requireNonNull(whole.getParent()), String.valueOf(whole.getFileName()), live);
      sayAddress(server, tools.out());
      return tools.seenBy(live);
    }

    @Override
    public void close() {
      if (server != null) {
        server.close();
      }
    }
  }

  /// Takes the port, so that one that is in use is known before a run begins.
  ///
  /// @throws org.jarl.experiments.base.UserErrorException if there is no such port
  /// @throws org.jarl.experiments.base.UnavailableException if it is in use
  Page open() {
    return new Page(port == null ? null : PageServer.bind(port));
  }

  /// How to reach a page, from here and from elsewhere.
  static void sayAddress(PageServer server, PrintStream out) {
    int port = server.port();
    out.println("dashboard: http://127.0.0.1:" + port + "/");
    out.println(
        "  from another machine: ssh -N -L %d:127.0.0.1:%d %s@%s, then the same address"
            .formatted(port, port, System.getProperty("user.name"), Machine.host()));
  }

  /// The port is attached with `=`: in `--dashboard CONFIG` the word that follows is another one.
  static final class Attached implements IParameterPreprocessor {
    @Override
    public boolean preprocess(
        Stack<String> words, CommandSpec command, ArgSpec option, Map<String, Object> info) {
      if (!"=".equals(info.get("separator"))) {
        words.push(String.valueOf(PORT));
      }
      return false;
    }
  }
}
