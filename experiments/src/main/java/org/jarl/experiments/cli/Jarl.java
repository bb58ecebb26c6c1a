package org.jarl.experiments.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jarl.env.EnvironmentFailedException;
import org.jarl.env.Nearest;
import org.jarl.env.Printable;
import org.jarl.experiments.base.BuildVersion;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.ExperimentFile;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jarl.experiments.environment.WrappedEnvironments;
import org.jarl.experiments.run.EngineFactory;
import org.jarl.experiments.run.RunTools;
import org.jarl.experiments.show.Spectators;
import org.jarl.nn.DeviceException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/// The command line: `jarl COMMAND`.
///
/// Exit codes: 0 done; 2 the user's input cannot be used; 69 something is not available on this
/// machine; 70 a fault of Jarl, with stack trace; 130 interrupted, after a checkpoint.
@Command(
    name = "jarl",
    description = "Reinforcement learning for the JVM.",
    synopsisSubcommandLabel = "COMMAND",
    mixinStandardHelpOptions = true,
    versionProvider = Jarl.Version.class,
    subcommands = {
      TrainCommand.class,
      ResumeCommand.class,
      EvalCommand.class,
      WatchCommand.class,
      PlayCommand.class,
      VerifyCommand.class,
      DashboardCommand.class,
      ReportCommand.class,
      EnvironmentCommands.class,
      RomCommands.class,
      ConfigCommands.class,
      PlanCommand.class,
      DoctorCommand.class
    },
    footer = {
      "",
      "Start with:",
      "  jarl doctor",
      "  jarl train experiments/configs/cartpole-dqn-quick.yaml",
      "",
      "Exit codes: 0 done, 2 wrong input, 69 not available here, 70 a fault of Jarl,",
      "130 interrupted after a checkpoint."
    })
public final class Jarl implements Runnable {
  static final int OK = 0;
  static final int WRONG_INPUT = 2;
  static final int UNAVAILABLE = 69;
  static final int FAULT = 70;
  private static final int MOST_OF_MESSAGE = 20_000;
  private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

  @Option(
      names = "--plugins",
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description = "Folder of plug-in jars (default: plugins).")
  private @Nullable Path plugins;

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of any error.")
  private boolean stacktrace;

  @Spec private CommandSpec spec;

  private final Supplier<Spectators> spectators;
  private @Nullable EnvironmentRegistry environments;

  // picocli fills the fields that a constructor would.
  @SuppressWarnings("NullAway.Init")
  Jarl(Supplier<Spectators> spectators) {
    this.spectators = spectators;
  }

  /// Runs one command and ends the process with its exit code.
  public static void main(String[] args) {
    // A log entry is one plain line; read when something is logged first.
    if (System.getProperty(LOG_FORMAT) == null) {
      System.setProperty(LOG_FORMAT, "%5$s%6$s%n");
    }
    // Numbers are written with the digits 0 to 9 wherever Jarl runs.
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT);
    Output output = new Output(FileDescriptor.out);
    PrintStream out = new PrintStream(output, true, System.out.charset());
    System.setOut(out);
    int code = run(args, writer(out), writer(System.err));
    out.flush();
    String failure = output.failure();
    if (failure != null) {
      System.err.println("cannot write to the standard output: " + failure);
      code = code == OK ? UNAVAILABLE : code;
    }
    System.exit(code);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, true, stream.charset());
  }

  /// Runs one command.
  ///
  /// @return the exit code
  static int run(String[] args, PrintWriter out, PrintWriter err) {
    return run(args, out, err, Spectators::discover);
  }

  /// Runs one command.
  ///
  /// @param spectators finds those who can look at sessions, when a command asks for them
  /// @return the exit code
  static int run(String[] args, PrintWriter out, PrintWriter err, Supplier<Spectators> spectators) {
    Jarl jarl = new Jarl(spectators);
    try {
      return execute(jarl, args, out, err);
    } catch (OutOfMemoryError e) {
      err.println(
          "jarl: not enough memory (%s); give the JVM more: JARL_JAVA_OPTIONS=-Xmx8g"
              .formatted(e.getMessage()));
      return UNAVAILABLE;
    } catch (Throwable e) {
      return fault(e, err);
    } finally {
      if (jarl.environments != null) {
        jarl.environments.environments().close();
      }
    }
  }

  private static int execute(Jarl jarl, String[] args, PrintWriter out, PrintWriter err) {
    return new CommandLine(jarl)
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler((refused, _) -> jarl.misused(refused))
        .setExecutionExceptionHandler((thrown, line, _) -> jarl.failed(thrown, line))
        .execute(args);
  }

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /// The environments of the class path and the plug-in folder, looked up at the first call, which
  /// tells what could not be used of them.
  ///
  /// @throws UserErrorException if `--plugins` names no folder
  EnvironmentRegistry environments() {
    if (environments == null) {
      EnvironmentRegistry found = EnvironmentRegistry.discover(plugins);
      PrintWriter err = spec.commandLine().getErr();
      found.problems().forEach(problem -> err.println("plug-in left out: " + problem));
      environments = found;
    }
    return environments;
  }

  /// Those who can look at sessions here.
  ///
  /// @throws UnavailableException if one of them cannot be loaded
  Spectators spectators() {
    return spectators.get();
  }

  /// Reads experiments that name those environments.
  ExperimentFile files() {
    return new ExperimentFile(AgentTypes.all(), environments());
  }

  /// What a command that computes works with.
  ///
  /// @param threads that environments may use
  RunTools tools(int threads) {
    boolean terminal = isTerminal(System.console());
    return new RunTools(
        files(),
        new WrappedEnvironments(environments().environments(), threads),
        EngineFactory.INSTALLED,
        System.out,
        terminal);
  }

  /// JDK 25 has no console where there is no terminal, JDK 22 to 24 have one that says so.
  private static boolean isTerminal(@Nullable Console console) {
    return console != null && console.isTerminal();
  }

  private int misused(ParameterException refused) {
    CommandLine line = refused.getCommandLine();
    PrintWriter err = line.getErr();
    err.println("jarl: " + Printable.message(refused.getMessage()));
    if (refused instanceof UnmatchedArgumentException unmatched) {
      String meant = Nearest.to(unmatched.getUnmatched().getFirst(), words(line));
      if (meant != null) {
        err.println("Did you mean: " + meant);
      }
    }
    err.println("See: " + line.getCommandSpec().qualifiedName() + " --help");
    if (stacktrace) {
      refused.printStackTrace(err);
    }
    return WRONG_INPUT;
  }

  /// Commands and options that could stand there.
  private static List<String> words(CommandLine line) {
    List<String> words = new ArrayList<>(line.getSubcommands().keySet());
    line.getCommandSpec().options().forEach(option -> words.addAll(List.of(option.names())));
    return words;
  }

  private int failed(Exception thrown, CommandLine line) {
    PrintWriter err = line.getErr();
    int code =
        switch (thrown) {
          case UserErrorException _, EnvironmentFailedException _ -> WRONG_INPUT;
          case UnavailableException _, DeviceException _ -> UNAVAILABLE;
          case UncheckedIOException _, IOException _ -> UNAVAILABLE;
          default -> FAULT;
        };
    if (code == FAULT) {
      return fault(thrown, err);
    }
    String message =
        switch (thrown) {
          case EnvironmentFailedException e -> "the environment failed: " + e.getMessage();
          case UncheckedIOException e -> unreadable(e);
          case IOException e -> unreadable(e);
          default -> thrown.getMessage();
        };
    err.println(Printable.lines(message, MOST_OF_MESSAGE));
    if (stacktrace) {
      trace(thrown, err);
    }
    return code;
  }

  private static String unreadable(Exception e) {
    return "cannot read or write %s: %s".formatted(Disk.file(e), Disk.reason(e));
  }

  private static int fault(Throwable thrown, PrintWriter err) {
    err.println("jarl: a fault of Jarl itself; please report it with the lines below");
    trace(thrown, err);
    return FAULT;
  }

  private static void trace(Throwable thrown, PrintWriter err) {
    try {
      thrown.printStackTrace(err);
    } catch (Throwable e) {
      // What is thrown may be of a plug-in, whose toString may throw too.
      err.println(Printable.of(thrown));
    }
    err.flush();
  }

  /// What `--version` prints.
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"jarl " + BuildVersion.text(), "JDK " + Runtime.version()};
    }
  }
}
