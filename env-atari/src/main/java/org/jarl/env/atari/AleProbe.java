package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.RandomStream;

/// Tries a cartridge in a process of its own, which ALE may end, abort or keep busy for ever.
///
/// ALE presses SELECT until the game's memory shows the wanted mode, and nothing in the same
/// process can stop it. So a cartridge that ALE was not made for, and a mode that is not the first,
/// is played here first: what comes back alive can be let into this process. It takes a second or
/// two.
final class AleProbe {
  /// CPU time of the process; a cartridge that starts takes a tenth of it, however busy the
  /// machine.
  private static final long CPU_SECONDS = 15;

  /// For a process that does not even compute.
  private static final long WALL_SECONDS = 300;

  private static final int STARTS = 8;
  private static final int FRAMES = 600;
  private static final int TIMED_OUT = 124;
  private static final int REFUSED = 2;
  private static final int BANK = 4096;
  private static final int MAX_TEXT = 1 << 14;

  private static final Set<String> PASSED = ConcurrentHashMap.newKeySet();

  private AleProbe() {}

  /// Plays the cartridge elsewhere, unless it was played in this mode before.
  static void playOnce(Cartridge cartridge, int mode, int difficulty) {
    String what =
        "%s %s %d %d %d"
            .formatted(
                cartridge.id(),
                cartridge.game(),
                Arrays.hashCode(cartridge.bytes()),
                mode,
                difficulty);
    if (!PASSED.contains(what)) {
      play(cartridge, mode, difficulty);
      PASSED.add(what);
    }
  }

  /// Plays the cartridge elsewhere.
  ///
  /// @throws IllegalArgumentException if it does not start, or ended the process
  /// @throws EnvironmentUnavailableException if ALE cannot be used on this machine
  static void play(Cartridge cartridge, int mode, int difficulty) {
    AleLibrary.require();
    try {
      // A process that is ended does not clean up.
      Path folder = Files.createTempDirectory("jarl-probe-");
      try {
        finish(start(cartridge, mode, difficulty, folder), cartridge, mode);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new EnvironmentUnavailableException(
          "\"%s\" must be tried in a process of its own, which cannot be started: %s"
              .formatted(cartridge.id(), e),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(
          "interrupted while \"" + cartridge.id() + "\" was tried in a process of its own", e);
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (Stream<Path> paths = Files.walk(folder)) {
      all = paths.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  private static Process start(Cartridge cartridge, int mode, int difficulty, Path folder)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xshare:auto",
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED"));
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("org.bytedeco.javacpp.")) {
        command.add("-D" + name + "=" + System.getProperty(name));
      }
    }
    command.addAll(
        List.of(
            "-Djava.io.tmpdir=" + folder,
            "-cp",
            System.getProperty("java.class.path"),
            AleProbe.class.getName(),
            cartridge.id(),
            cartridge.game(),
            String.valueOf(mode),
            String.valueOf(difficulty)));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static void finish(Process process, Cartridge cartridge, int mode)
      throws IOException, InterruptedException {
    try (OutputStream to = process.getOutputStream()) {
      to.write(cartridge.bytes());
    } catch (IOException e) {
      // It is gone already; why, it says below.
    }
    // Read beside, so that a full pipe cannot hold it up.
    CompletableFuture<String> said = CompletableFuture.supplyAsync(() -> read(process));
    boolean ended;
    try {
      ended = process.waitFor(WALL_SECONDS, TimeUnit.SECONDS);
    } finally {
      process.destroyForcibly();
    }
    int exit = process.waitFor();
    if (!ended || exit == TIMED_OUT) {
      throw new IllegalArgumentException(
          ("\"%s\" never got started in mode %d: it must keep the memory layout of %s, and show the"
                  + " mode where that game does")
              .formatted(cartridge.id(), mode, cartridge.game()));
    }
    if (exit == REFUSED) {
      throw new IllegalArgumentException(said.join());
    }
    if (exit != 0) {
      throw new IllegalArgumentException(
          "\"%s\" ended the emulator with exit code %d, so it cannot be played%s"
              .formatted(cartridge.id(), exit, said.join().isEmpty() ? "" : ": " + said.join()));
    }
  }

  private static String read(Process process) {
    try (InputStream from = process.getInputStream()) {
      String text = new String(from.readNBytes(MAX_TEXT), StandardCharsets.UTF_8).strip();
      from.transferTo(OutputStream.nullOutputStream());
      return text;
    } catch (IOException e) {
      return e.toString();
    }
  }

  /// The other process. The cartridge comes on the standard input.
  ///
  /// @param arguments id, game, mode, difficulty
  public static void main(String[] arguments) {
    Thread.ofPlatform().daemon().start(AleProbe::watch);
    int exit = 0;
    try {
      Cartridge cartridge = new Cartridge(arguments[0], arguments[1], System.in.readAllBytes());
      tryOut(cartridge, Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    } catch (IllegalArgumentException e) {
      System.out.println(e.getMessage());
      exit = REFUSED;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.flush();
    Runtime.getRuntime().halt(exit);
  }

  private static void watch() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    while (system.getProcessCpuTime() < CPU_SECONDS * 1_000_000_000) {
      try {
        Thread.sleep(50);
      } catch (InterruptedException e) {
        break;
      }
    }
    Runtime.getRuntime().halt(TIMED_OUT);
  }

  /// Several consoles differ in what their memory holds when they are switched on.
  private static void tryOut(Cartridge cartridge, int mode, int difficulty) {
    RandomStream random = RandomStream.of(0, "probe");
    try (Ale ale = new Ale(cartridge, mode, difficulty)) {
      for (int start = 0; start < STARTS; start++) {
        ale.powerOn(random.nextLong());
        for (int frame = 0; frame < FRAMES && !ale.gameOver(); frame++) {
          ale.act(random.nextInt(Ale.ACTIONS));
        }
      }
    }
  }

  /// What can be seen without running it: that the processor is sent into the cartridge when it is
  /// switched on. Which bank is there then differs, so it must be so in one.
  static boolean startsInside(byte[] rom) {
    int bank = Math.min(rom.length, BANK);
    for (int end = bank; end <= rom.length; end += bank) {
      int vector = rom[end - 4] & 0xff | (rom[end - 3] & 0xff) << 8;
      if ((vector & 0x1000) != 0) {
        return true;
      }
    }
    return false;
  }
}
