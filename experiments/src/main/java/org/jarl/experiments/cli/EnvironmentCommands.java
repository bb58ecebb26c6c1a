package org.jarl.experiments.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.EnvironmentProvider;
import org.jarl.env.EnvironmentProvider.Description;
import org.jarl.env.check.EnvironmentChecker.Finding;
import org.jarl.env.check.EnvironmentChecker.Severity;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.config.ConfigScalars;
import org.jarl.experiments.config.ConfigTypes;
import org.jarl.experiments.environment.EnvironmentRegistry;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `jarl envs`: lists, explains and checks environments, and starts a project for a new one.
@Command(
    name = "envs",
    description = "List environments; describe or check one; start a plug-in project.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class EnvironmentCommands implements Runnable {
  @ParentCommand private Jarl jarl;
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    EnvironmentRegistry environments = jarl.environments();
    PrintWriter out = spec.commandLine().getOut();
    List<String> ids = environments.ids();
    int width = ids.stream().mapToInt(String::length).max().orElse(0);
    List<String> broken = new ArrayList<>();
    List<String> absent = new ArrayList<>();
    String lack = "";
    for (String id : ids) {
      try {
        String missing = environments.missing(id);
        if (missing == null) {
          String summary = environments.describe(id).summary();
          out.printf("%-" + width + "s  %s%n", id, summary);
        } else {
          lack = absent.isEmpty() ? missing : lack;
          absent.add(id);
        }
      } catch (UserErrorException e) {
        broken.add(e.getMessage());
      }
    }
    if (!absent.isEmpty()) {
      out.printf(
          "%nand %d more that need something first, such as %s: %s%n",
          absent.size(), absent.getFirst(), lack);
    }
    PrintWriter err = spec.commandLine().getErr();
    broken.forEach(message -> err.println("environment left out: " + message));
  }

  @Command(
      name = "describe",
      description = "Explain one environment and its options.",
      mixinStandardHelpOptions = true)
  int describe(@Parameters(paramLabel = "ID", description = "As listed by: jarl envs") String id) {
    Description description = jarl.environments().describe(id);
    PrintWriter out = spec.commandLine().getOut();
    out.println(id + ": " + description.summary());
    out.println();
    out.println(description.details().stripTrailing());
    out.println();
    List<EnvironmentProvider.Option> options = description.options();
    out.println(options.isEmpty() ? "It has no options." : "Options (environment.options.NAME):");
    for (EnvironmentProvider.Option option : options) {
      out.printf(
          "  %s = %s  (%s) %s%n",
          option.name(),
          option.defaultValue(),
          ConfigScalars.noun(option.defaultValue().getClass()),
          option.meaning());
    }
    return Jarl.OK;
  }

  @Command(
      name = "check",
      description = "Hold environments to the rules that learners rely on.",
      mixinStandardHelpOptions = true)
  int check(
      @Parameters(arity = "1..*", paramLabel = "ID", description = "As listed by: jarl envs")
          List<String> ids) {
    int code = Jarl.OK;
    for (String id : ids) {
      List<Finding> findings = jarl.environments().check(id);
      long broken = findings.stream().filter(EnvironmentCommands::isError).count();
      PrintWriter out = spec.commandLine().getOut();
      out.println(broken == 0 ? "ok  " + id : id + " breaks rules: " + broken);
      findings.forEach(f -> out.println("    " + severity(f) + "  " + f));
      code = broken == 0 ? code : Jarl.WRONG_INPUT;
    }
    return code;
  }

  private static boolean isError(Finding finding) {
    return finding.rule().severity() == Severity.ERROR;
  }

  private static String severity(Finding finding) {
    return ConfigTypes.kebab(finding.rule().severity().name());
  }

  @Command(
      name = "new",
      description = "Write a Maven project with an environment, ready to build.",
      mixinStandardHelpOptions = true)
  int create(
      @Parameters(paramLabel = "NAME", description = "For example corridor or acme/corridor.")
          String name,
      @Option(
              names = "--dir",
              paramLabel = "DIR",
              description = "New or empty folder for it (default: the name).")
          @Nullable Path folder) {
    PluginProject project = PluginProject.named(name);
    Path target = folder == null ? Path.of(project.name()) : folder;
    project.write(target);
    PrintWriter out = spec.commandLine().getOut();
    out.println("wrote " + target + " with the environment " + project.id());
    out.println("next: read " + target.resolve("README.md"));
    return Jarl.OK;
  }
}
