package org.jarl.experiments.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.config.AgentTypes;
import org.jarl.experiments.config.ConfigBinder.Effective;
import org.jarl.experiments.config.ConfigException;
import org.jarl.experiments.config.ConfigSchema;
import org.jarl.experiments.config.ExperimentFile.Resolved;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `jarl config`: looks at experiment files without running them.
@Command(
    name = "config",
    description = "Explain and check experiment files.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND")
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class ConfigCommands implements Runnable {
  @ParentCommand private Jarl jarl;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  @Command(
      name = "explain",
      description = "Show every effective value, where it comes from and what it means.",
      mixinStandardHelpOptions = true)
  int explain(
      @Parameters(paramLabel = "CONFIG", description = "Experiment file.") Path config,
      @Option(
              names = "--set",
              paramLabel = "KEY=VALUE",
              description = "Lay a value over the file; may be repeated.")
          @Nullable List<String> overrides) {
    Resolved resolved = jarl.files().read(config, overrides == null ? List.of() : overrides);
    List<Effective> values = resolved.values();
    int path = width(values.stream().map(Effective::path).toList());
    int value = Math.min(40, width(values.stream().map(Effective::value).toList()));
    int from = width(values.stream().map(v -> v.origin().brief()).toList());
    String row = "%-" + path + "s  %-" + value + "s  %-" + from + "s  %s%n";
    PrintWriter out = spec.commandLine().getOut();
    out.printf(row, "key", "value", "from", "meaning");
    values.forEach(v -> out.printf(row, v.path(), v.value(), v.origin().brief(), v.meaning()));
    return Jarl.OK;
  }

  private static int width(List<String> texts) {
    return texts.stream().mapToInt(String::length).max().orElse(0);
  }

  @Command(
      name = "check",
      description = "Check experiment files; all problems are listed, the exit code is then 2.",
      mixinStandardHelpOptions = true)
  int check(
      @Parameters(arity = "1..*", paramLabel = "CONFIG", description = "Experiment files.")
          List<Path> configs) {
    int code = Jarl.OK;
    for (Path config : configs) {
      try {
        Resolved _ = jarl.files().read(config, List.of());
        spec.commandLine().getOut().println("ok  " + config);
      } catch (ConfigException refused) {
        spec.commandLine().getErr().println(refused.getMessage());
        code = Jarl.WRONG_INPUT;
      }
    }
    return code;
  }

  @Command(
      name = "schema",
      description = "Print the JSON Schema of experiment files, for editors.",
      mixinStandardHelpOptions = true)
  int schema(
      @Option(names = "--out", paramLabel = "FILE", description = "Write it to a file instead.")
          @Nullable Path file) {
    String schema = ConfigSchema.of(AgentTypes.all());
    if (file == null) {
      spec.commandLine().getOut().print(schema);
      spec.commandLine().getOut().flush();
    } else {
      try {
        Files.writeString(file, schema);
      } catch (IOException e) {
        throw new UnavailableException("cannot write " + file + ": " + Disk.reason(e), e);
      }
    }
    return Jarl.OK;
  }
}
