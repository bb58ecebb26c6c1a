package org.jarl.env.atari;

import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.ale.ALEInterface;
import org.bytedeco.javacpp.Loader;
import org.jarl.env.EnvironmentUnavailableException;
import org.jspecify.annotations.Nullable;

/// Brings ALE's native library into this JVM, once, without a word on stderr.
final class AleLibrary {
  /// ALE's release, of which the JavaCPP preset brings the library.
  static final String VERSION = "0.7.3";

  /// `ale::Logger::setMode(ale::Logger::mode)`, which the preset leaves out.
  private static final String SET_LOG_LEVEL = "_ZN3ale6Logger7setModeENS0_4modeE";

  private static final int ERRORS_ONLY = 2;

  /// Says where a library lacks, in the words of the dynamic linker of Linux.
  private static final Pattern MISSING =
      Pattern.compile(
          "([^/\\s:]+\\.so[.0-9]*): (cannot open[^:]*|invalid ELF[^:]*|file too short|wrong ELF[^:]*|version `[^)]*)");

  /// The packages that hold what ALE needs of the system.
  private static final Map<String, String> PACKAGES =
      Map.of(
          "libz.so.1", "zlib1g (Debian, Ubuntu), zlib (Fedora, Arch)",
          "libstdc++.so.6", "libstdc++6 (Debian, Ubuntu), libstdc++ (Fedora), gcc-libs (Arch)",
          "libgcc_s.so.1", "libgcc-s1 (Debian, Ubuntu), libgcc (Fedora), gcc-libs (Arch)");

  private static boolean loaded;
  private static @Nullable String failure;

  private AleLibrary() {}

  /// Loads the library at the first call.
  ///
  /// @throws EnvironmentUnavailableException naming what lacks and how to bring it
  static synchronized void require() {
    if (failure != null) {
      throw new EnvironmentUnavailableException(failure);
    }
    if (!loaded) {
      try {
        load();
        loaded = true;
      } catch (LinkageError | RuntimeException e) {
        failure = explain(e);
        throw new EnvironmentUnavailableException(failure, e);
      }
    }
  }

  private static void load() {
    // Otherwise JavaCPP counts the whole process, a replay memory of gigabytes too, against the
    // heap's size and refuses to allocate.
    String limit = "org.bytedeco.javacpp.maxPhysicalBytes";
    if (System.getProperty(limit) == null) {
      System.setProperty(limit, "0");
    }
    PrintStream err = System.err;
    System.setErr(new WithoutVersionWarning(err, Thread.currentThread()));
    try {
      Loader.load(ALEInterface.class);
    } finally {
      System.setErr(err);
    }
    Linker linker = Linker.nativeLinker();
    SymbolLookup.loaderLookup()
        .find(SET_LOG_LEVEL)
        .ifPresent(address -> {
          try {
            linker
                .downcallHandle(address, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT))
                .invokeExact(ERRORS_ONLY);
          } catch (Throwable e) {
            throw new IllegalStateException("ALE's log level cannot be set", e);
          }
        });
  }

  /// Passes everything on but one line: JavaCPP warns that the preset was made for another version
  /// of it. They work together, and the user can do nothing about it.
  private static final class WithoutVersionWarning extends PrintStream {
    private final PrintStream to;
    private final Thread loader;

    WithoutVersionWarning(PrintStream to, Thread loader) {
      super(to, true);
      this.to = to;
      this.loader = loader;
    }

    @Override
    public void println(@Nullable String line) {
      boolean warning =
          Thread.currentThread().equals(loader)
              && line != null
              && line.startsWith("Warning: Versions of org.bytedeco:javacpp:");
      if (!warning) {
        to.println(line);
      }
    }
  }

  private static String explain(Throwable e) {
    String platform = Loader.getPlatform();
    String library = platform + "/" + System.mapLibraryName("jniale");
    if (ALEInterface.class.getResource(library) == null) {
      return ("ALE's native library for %s is not on the class path. ALE %s exists for linux-x86_64,"
              + " linux-x86, macosx-x86_64, windows-x86_64 and windows-x86; on another one of these"
              + " than linux-x86_64 build with -Dnative.platform=NAME")
          .formatted(platform, VERSION);
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      Matcher matcher = MISSING.matcher(String.valueOf(cause.getMessage()));
      if (matcher.find()) {
        String name = matcher.group(1);
        return "ALE needs the system library %s, which cannot be loaded (%s); install %s"
            .formatted(
                name,
                matcher.group(2),
                PACKAGES.getOrDefault(name, "the package of your system that holds it"));
      }
    }
    return "ALE's native library cannot be loaded: " + e;
  }
}
