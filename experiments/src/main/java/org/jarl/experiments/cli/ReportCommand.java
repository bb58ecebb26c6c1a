package org.jarl.experiments.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.report.Report;
import org.jarl.experiments.report.ReportPage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `jarl report`: one HTML file about runs.
@Command(
    name = "report",
    description = "Write one HTML file about runs that opens anywhere, without a network.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class ReportCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "RUN",
      arity = "1..*",
      description = "Run folders; those that differ in the seed alone are drawn as one curve.")
  private List<Path> runs;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "report.html",
      description = "The file to write (default: ${DEFAULT-VALUE}); an older one is replaced.")
  private Path out;

  @Option(
      names = "--film",
      paramLabel = "FILE",
      description =
          "A film to show, .apng, .png, .gif, .webm or .mp4 (default: film.apng, .gif, .webm or"
              + " .mp4 in the folder of the best run, if it is there).")
  private @Nullable Path film;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Report report = Report.of(runs, spec.commandLine().getErr()::println);
    byte[] html = ReportPage.html(report, film).getBytes(StandardCharsets.UTF_8);
    Disk.write(out, html);
    System.out.println(
        "%s: %d run%s, %,d kB"
            .formatted(out, report.runs(), report.runs() == 1 ? "" : "s", html.length / 1000));
    return 0;
  }
}
