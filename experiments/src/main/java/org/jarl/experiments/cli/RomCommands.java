package org.jarl.experiments.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.RomLibrary;
import org.jarl.env.RomLibrary.Finding;
import org.jarl.env.RomLibrary.Outcome;
import org.jarl.env.RomLibrary.Rom;
import org.jarl.experiments.base.UnavailableException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `jarl roms`: the games that the user has brought, and bringing more.
@Command(
    name = "roms",
    description = "List the games whose ROMs are here; import your own ROMs.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class RomCommands implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    list(false);
  }

  @Command(
      name = "list",
      description = "List the games whose ROMs are here.",
      mixinStandardHelpOptions = true)
  int list(
      @Option(names = "--all", description = "List those too whose ROMs are not here.")
          boolean all) {
    RomLibrary library = library();
    List<Rom> roms = library.roms();
    List<Rom> shown =
        roms.stream()
            .filter(rom -> all || rom.here())
            .sorted(Comparator.comparing(Rom::environment))
            .toList();
    int width = shown.stream().mapToInt(rom -> rom.environment().length()).max().orElse(0);
    PrintWriter out = out();
    for (Rom rom : shown) {
      String own = rom.follows() == null ? "" : ", your own; it follows " + rom.follows();
      String state = !all ? "" : rom.here() ? "here  " : "-     ";
      out.printf("%s%-" + width + "s  %s%s%n", state, rom.environment(), rom.title(), own);
    }
    long known = roms.stream().filter(rom -> rom.follows() == null).count();
    long here = roms.stream().filter(rom -> rom.follows() == null && rom.here()).count();
    out.printf("%d of %d games, in %s%n", here, known, library.folder());
    if (here < known) {
      out.println("import yours with: jarl roms import PATH");
    }
    return Jarl.OK;
  }

  @Command(
      name = "import",
      description = "Copy the ROMs among files, folders and zip archives into the ROM folder.",
      mixinStandardHelpOptions = true)
  int importFrom(
      @Parameters(arity = "1..*", paramLabel = "PATH", description = "File, zip archive or folder.")
          List<Path> paths,
      @Option(
              names = "--as",
              paramLabel = "GAME",
              description =
                  "Allow a ROM of your own that keeps its score and lives where GAME does.")
          @Nullable String game) {
    RomLibrary library = library();
    List<Finding> findings = new ArrayList<>();
    int code = Jarl.OK;
    for (Path path : paths) {
      try {
        List<Finding> found =
            game == null ? library.importFrom(path) : List.of(library.importAs(path, game));
        found.forEach(this::say);
        findings.addAll(found);
        code = found.stream().anyMatch(RomCommands::isThere) ? code : Jarl.WRONG_INPUT;
      } catch (IllegalArgumentException e) {
        spec.commandLine().getErr().println(e.getMessage());
        code = Jarl.WRONG_INPUT;
      } catch (EnvironmentUnavailableException e) {
        throw new UnavailableException(String.valueOf(e.getMessage()), e);
      }
    }
    count(findings, library.folder());
    return code;
  }

  private static boolean isThere(Finding finding) {
    return finding.outcome() == Outcome.IMPORTED || finding.outcome() == Outcome.ALREADY_THERE;
  }

  private void say(Finding finding) {
    switch (finding.outcome()) {
      case IMPORTED, ALREADY_THERE ->
          out()
              .printf(
                  "%-13s  %s, from %s%n",
                  words(finding.outcome()), finding.text(), finding.source());
      case NOT_SUPPORTED ->
          out()
              .printf("%-13s  %s %s%n", words(finding.outcome()), finding.source(), finding.text());
      case NO_ROM -> {}
    }
  }

  private void count(List<Finding> findings, Path folder) {
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    findings.forEach(finding -> counts.merge(finding.outcome(), 1, Integer::sum));
    List<String> parts = new ArrayList<>();
    for (Outcome outcome : Outcome.values()) {
      int count = counts.getOrDefault(outcome, 0);
      if (outcome != Outcome.NO_ROM || count > 0) {
        parts.add(count + " " + words(outcome));
      }
    }
    out().printf("%s; the ROM folder is %s%n", String.join(", ", parts), folder);
  }

  private static String words(Outcome outcome) {
    return outcome == Outcome.NO_ROM
        ? "other files"
        : outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private static RomLibrary library() {
    return ServiceLoader.load(RomLibrary.class)
        .findFirst()
        .orElseThrow(
            () -> new UnavailableException("no environments that need ROMs are on the class path"));
  }
}
