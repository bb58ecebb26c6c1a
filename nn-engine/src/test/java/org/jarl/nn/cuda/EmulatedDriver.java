package org.jarl.nn.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A `libcuda.so.1` whose device is this processor; `src/test/cuda/README.md` says what it finds.
///
/// It is built once for its sources, under `target/emulated`, and loaded before JCuda looks for a
/// driver: then JCuda takes this one. System properties: `jarl.cuda=real` loads nothing,
/// `jarl.cuda.seed` gives other orders, `jarl.cuda.flags` goes to the compiler.
public final class EmulatedDriver {
  private static final String FILE = "libcuda.so.1";
  private static final Linker LINKER = Linker.nativeLinker();
  private static @Nullable String problem;

  private EmulatedDriver() {}

  /// Whether tests run on the driver of a GPU.
  public static boolean real() {
    return System.getProperty("jarl.cuda", "").equals("real");
  }

  /// Loads the driver, unless tests run on a real one.
  ///
  /// @return why that is not possible, or nothing
  public static synchronized String load() {
    if (problem == null) {
      problem = real() ? "" : buildAndLoad();
    }
    return problem;
  }

  private static String buildAndLoad() {
    if (!System.getProperty("os.name", "").equals("Linux")
        || !System.getProperty("os.arch", "").equals("amd64")) {
      return "JCuda's natives of this build are for Linux on x86-64";
    }
    try {
      compilerVersion();
    } catch (IOException e) {
      return "the emulated driver needs a C++ compiler: " + e.getMessage();
    }
    System.load(folder().resolve(FILE).toString());
    configure("seed", Long.getLong("jarl.cuda.seed", 1));
    return "";
  }

  // ---- building

  /// The folder of this module, wherever tests run.
  static Path module() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      for (Path module : List.of(folder, folder.resolve("nn-engine"))) {
        if (Files.exists(module.resolve("src/main/cuda/gpu.cuh"))) {
          return module;
        }
      }
    }
    throw new IllegalStateException(
        "the kernels' sources are not near " + Path.of("").toAbsolutePath());
  }

  private static String compilerVersion() throws IOException {
    return output(List.of(System.getenv().getOrDefault("CXX", "g++"), "--version"));
  }

  /// Where the library is, built if it is not there: what `LD_LIBRARY_PATH` must be for programs
  /// that tests start.
  ///
  /// @throws UncheckedIOException if it cannot be built
  public static Path folder() {
    try {
      return folder(module(), compilerVersion());
    } catch (IOException e) {
      throw new UncheckedIOException("the emulated driver cannot be built", e);
    }
  }

  private static Path folder(Path module, String compilerVersion) throws IOException {
    List<String> flags =
        Stream.of(System.getProperty("jarl.cuda.flags", "").split(" "))
            .filter(flag -> !flag.isEmpty())
            .toList();
    MessageDigest digest = sha256();
    digest.update((compilerVersion + flags).getBytes(StandardCharsets.UTF_8));
    for (String folder : List.of("src/test/cuda", "src/main/cuda")) {
      for (Path file : files(module.resolve(folder))) {
        digest.update(Files.readAllBytes(file));
      }
    }
    Path all = module.resolve("target/emulated");
    Path folder = all.resolve(HexFormat.of().formatHex(digest.digest(), 0, 8));
    if (!Files.exists(folder.resolve(FILE))) {
      build(module, Files.createDirectories(all), flags, Files.createDirectories(folder));
    }
    return folder;
  }

  /// The new library appears whole: another JVM may wait for it too.
  private static void build(Path module, Path all, List<String> flags, Path to) throws IOException {
    Path folder = Files.createTempDirectory(all, "build");
    List<String> command = new ArrayList<>();
    command.add("sh");
    command.add(module.resolve("src/test/cuda/build").toString());
    command.add(folder.toString());
    command.addAll(flags);
    output(command);
    Files.move(folder.resolve(FILE), to.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(folder);
  }

  /// The files of a folder, in the order of their names.
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// What a program says, on both of its streams.
  ///
  /// @throws IOException if there is no such program, or it fails
  static String output(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text;
    try (InputStream in = process.getInputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    try {
      if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroy();
        throw new IOException(command + " failed:\n" + text);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(command + " was interrupted", e);
    }
    return text;
  }

  // ---- steering

  /// Sets `seed` (0: everything in plain order), `devices`, `driver` (13000 for CUDA 13.0),
  /// `capability` (90 for 9.0), `multiprocessors`, `memory` in bytes, `early` (of 100 calls, how
  /// many find more work done than must be), or `quiet` (1: no word on the error stream). A real
  /// driver stays as it is.
  public static void configure(String name, long value) {
    if (real()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle configure = function("emulated_configure", JAVA_INT, ADDRESS, JAVA_LONG);
      if ((int) configure.invokeExact(arena.allocateFrom(name), value) == 0) {
        throw new IllegalArgumentException("the emulated driver has no setting " + name);
      }
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Lets a function of the driver fail, or a kernel while it runs.
  ///
  /// @param function its native name, for example `cuMemAlloc_v2`, a kernel's name, or `kernel` for
  ///   any of them
  /// @param code the error; those after which a real device is of no use lose this one too
  /// @param after how many calls go well before
  public static void fail(String function, int code, int after) {
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle fail = voidFunction("emulated_fail", ADDRESS, JAVA_INT, JAVA_INT);
      fail.invokeExact(arena.allocateFrom(function), code, after);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// As a new process finds it: nothing is initialized, all handles are invalid, settings are those
  /// of the start.
  public static void reset() {
    try {
      voidFunction("emulated_reset").invokeExact();
    } catch (Throwable e) {
      throw rethrown(e);
    }
    configure("seed", Long.getLong("jarl.cuda.seed", 1));
  }

  /// How many there are of `allocations`, `pinned`, `bytes`, `modules`, `streams`, `events`,
  /// `graphs`, `executables`, `contexts`, or have been of `launches`, `graph_launches`, `copies`.
  public static long count(String what) {
    try (Arena arena = Arena.ofConfined()) {
      MethodHandle count = function("emulated_count", JAVA_LONG, ADDRESS);
      long counted = (long) count.invokeExact(arena.allocateFrom(what));
      if (counted < 0) {
        throw new IllegalArgumentException("the emulated driver does not count " + what);
      }
      return counted;
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Why the device is lost: kernel, block, thread and reason; nothing if it is not.
  public static String message() {
    return text("emulated_message");
  }

  /// PTX that declares all kernels of the library, those that only tests have among them.
  static String ptx() {
    return text("emulated_ptx");
  }

  private static String text(String function) {
    try {
      MemorySegment text = (MemorySegment) function(function, ADDRESS).invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static MethodHandle function(
      String name, MemoryLayout result, MemoryLayout... arguments) {
    return LINKER.downcallHandle(address(name), FunctionDescriptor.of(result, arguments));
  }

  private static MethodHandle voidFunction(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(address(name), FunctionDescriptor.ofVoid(arguments));
  }

  private static MemorySegment address(String name) {
    return SymbolLookup.loaderLookup()
        .find(name)
        .orElseThrow(() -> new IllegalStateException("the emulated driver is not loaded"));
  }

  private static RuntimeException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException unchecked -> unchecked;
      case Error error -> throw error;
      case IOException io -> new UncheckedIOException(io);
      default -> new IllegalStateException(e);
    };
  }

  /// Loads the driver for the classes that ask for one.
  static final class Condition implements ExecutionCondition {
    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      boolean only =
          context
              .getTestClass()
              .map(test -> test.getAnnotation(WithEmulatedDriver.class))
              .map(WithEmulatedDriver::only)
              .orElse(false);
      if (real() && only) {
        return ConditionEvaluationResult.disabled("this is about the emulated driver");
      }
      String reason = load();
      if (reason.isEmpty()) {
        return ConditionEvaluationResult.enabled(real() ? "real driver" : "emulated driver");
      }
      if (Boolean.getBoolean("jarl.forbid.skips")) {
        throw new IllegalStateException("jarl.forbid.skips is set, and " + reason);
      }
      return ConditionEvaluationResult.disabled(reason);
    }
  }
}
