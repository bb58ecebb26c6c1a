package org.jarl.experiments.cli;

import com.sun.management.OperatingSystemMXBean;
import java.io.File;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jarl.env.EnvironmentProvider.Health;
import org.jarl.nn.DeviceException;
import org.jarl.nn.Engine;
import org.jarl.nn.Engines;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `jarl doctor`: looks at everything that a run can need. Each line says ok, or how to fix it;
/// what is optional never fails.
@Command(
    name = "doctor",
    description = "Check this machine: JDK, memory, natives, plug-ins, display, ffmpeg.",
    mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli fills the fields
final class DoctorCommand implements Runnable, picocli.CommandLine.IExitCodeGenerator {
  private static final int GIB = 30;

  @ParentCommand private Jarl jarl;
  @Spec private CommandSpec spec;
  private boolean sick;

  /// Answer of one look: what is there, and how to fix it.
  ///
  /// @param remedy null when all is well
  private record Finding(String text, @Nullable String remedy) {}

  @Override
  public void run() {
    needed("JDK", jdk());
    needed("vector module", vectors());
    needed("memory", memory());
    needed("native cache", nativeCache());
    needed("engine cpu", library("org.bytedeco.dnnl.global.dnnl", "build anew: ./jarl does it"));
    optional("engine cuda", cuda());
    needed("environments", environments());
    for (String problem : jarl.environments().problems()) {
      needed("plug-in", new Finding(problem, "fix the jar, or take it out of the folder"));
    }
    for (Health health : jarl.environments().environments().health()) {
      Finding finding = new Finding(health.text(), health.remedy());
      if (health.optional()) {
        optional(health.name(), finding);
      } else {
        needed(health.name(), finding);
      }
    }
    optional(
        "engine nd4j",
        library(
            "org.nd4j.linalg.factory.Nd4j",
            "optional and large: ./jarl fetches it when it is given --device nd4j"));
    optional("display", display());
    optional("ffmpeg", ffmpeg());
  }

  @Override
  public int getExitCode() {
    return sick ? Jarl.UNAVAILABLE : Jarl.OK;
  }

  private void needed(String name, Finding finding) {
    sick |= finding.remedy() != null;
    say(finding.remedy() == null ? "ok" : "FAIL", name, finding);
  }

  private void optional(String name, Finding finding) {
    say(finding.remedy() == null ? "ok" : "none", name, finding);
  }

  private void say(String state, String name, Finding finding) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%-4s  %-13s  %s%n", state, name, finding.text());
    if (finding.remedy() != null) {
      out.printf("      %-13s  -> %s%n", "", finding.remedy());
    }
  }

  private static Finding jdk() {
    Runtime.Version version = Runtime.version();
    String text = System.getProperty("java.vm.name") + " " + version;
    return version.feature() == 25
        ? new Finding(text, null)
        : new Finding(text, "install a JDK 25, or name one with JARL_JAVA_HOME");
  }

  private static Finding vectors() {
    boolean there = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
    return there
        ? new Finding("jdk.incubator.vector", null)
        : new Finding("absent", "start with ./jarl, or add --add-modules=jdk.incubator.vector");
  }

  private static Finding memory() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double total = system.getTotalMemorySize() / (double) (1L << GIB);
    double heap = Runtime.getRuntime().maxMemory() / (double) (1L << GIB);
    String text =
        String.format(
            Locale.ROOT,
            "%.1f GiB, of them at most %.1f for the heap; %d processors",
            total,
            heap,
            Runtime.getRuntime().availableProcessors());
    return total >= 2 ? new Finding(text, null) : new Finding(text, "2 GiB are needed");
  }

  /// Natives are unpacked into JavaCPP's cache at their first use.
  private static Finding nativeCache() {
    String set = System.getProperty("org.bytedeco.javacpp.cachedir");
    Path cache =
        set == null ? Path.of(System.getProperty("user.home"), ".javacpp", "cache") : Path.of(set);
    Path existing = cache;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    return existing != null && Files.isWritable(existing)
        ? new Finding(cache.toString(), null)
        : new Finding(
            cache + " cannot be written",
            "name a folder with JARL_JAVA_OPTIONS=-Dorg.bytedeco.javacpp.cachedir=DIR");
  }

  /// Whether a class is there and the natives load that it needs.
  private static Finding library(String name, String remedy) {
    try {
      Class<?> _ = Class.forName(name, true, DoctorCommand.class.getClassLoader());
      return new Finding(name.substring(name.lastIndexOf('.') + 1) + " loads", null);
    } catch (ClassNotFoundException _) {
      return new Finding(name + " is not on the class path", remedy);
    } catch (LinkageError e) {
      return new Finding(
          String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString()),
          "this platform has no such natives, or they miss a system library that is named here");
    }
  }

  private static Finding cuda() {
    return Engines.problem("cuda")
        .map(problem -> new Finding(problem, "only --device cuda needs one; all runs without"))
        .orElseGet(() -> {
          try (Engine engine = Engines.open("cuda", 1)) {
            return new Finding(engine.description(), null);
          } catch (UnsupportedOperationException e) {
            return new Finding(String.valueOf(e.getMessage()), "install a newer driver");
          } catch (DeviceException e) {
            return new Finding(
                String.valueOf(e.getMessage()), "nvidia-smi shows what else uses the GPU");
          }
        });
  }

  private Finding environments() {
    int count = jarl.environments().ids().size();
    return count > 0
        ? new Finding(count + "; list them with: jarl envs", null)
        : new Finding("none", "build anew: ./jarl does it");
  }

  private static Finding display() {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    if (os.contains("mac") || os.contains("windows")) {
      return new Finding("the system's own", null);
    }
    for (String variable : List.of("WAYLAND_DISPLAY", "DISPLAY")) {
      String value = System.getenv(variable);
      if (value != null && !value.isEmpty()) {
        return new Finding(variable + "=" + value, null);
      }
    }
    return new Finding(
        "neither DISPLAY nor WAYLAND_DISPLAY is set", "only windows need one; training does not");
  }

  private static Finding ffmpeg() {
    String path = System.getenv("PATH");
    return Arrays.stream((path == null ? "" : path).split(File.pathSeparator, -1))
        .flatMap(folder -> Stream.of("ffmpeg", "ffmpeg.exe").map(name -> Path.of(folder, name)))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .map(file -> new Finding(file.toString(), null))
        .orElse(
            new Finding("not on the PATH", "only films in MP4 and WebM need it: install ffmpeg"));
  }
}
