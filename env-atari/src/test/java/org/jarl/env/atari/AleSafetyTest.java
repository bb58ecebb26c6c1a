package org.jarl.env.atari;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// ALE exits, aborts or hangs over wrong input. None of it may get there: each try is made in a JVM
/// that must come to its end and say so.
final class AleSafetyTest {

  /// One thing to do that must not end the JVM.
  private interface Deed {
    void run();
  }

  private static void attempt(Deed deed) {
    System.out.println(outcome(deed));
  }

  private static String outcome(Deed deed) {
    try {
      deed.run();
      return "fine";
    } catch (RuntimeException e) {
      return e.getClass().getSimpleName() + ": " + e.getMessage();
    }
  }

  private static void insert(String game, byte[] rom) {
    Task task = new Task();
    task.cartridge = new Cartridge("mine", game, rom);
    task.create().close();
  }

  private static void probe(String id, String game, byte[] rom) {
    Ale.probe(new Cartridge(id, game, rom));
  }

  private static byte[] text() {
    return "not a ROM at all".repeat(256).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] random(int size, long seed) {
    byte[] bytes = new byte[size];
    RandomStream.of(seed, "rom").nextBytes(bytes);
    return bytes;
  }

  private static void assertEnds(Class<?> main, String... expected) {
    ChildJvm child = ChildJvm.run(main, List.of(), Map.of());
    List<String> lines = new ArrayList<>(List.of(expected));
    lines.add("alive");
    assertEquals(lines, child.out().lines().toList());
    assertEquals("", child.err());
    assertEquals(0, child.exit());
  }

  static final class WrongInput {
    public static void main(String[] arguments) {
      byte[] puppet = Task.cartridge("puppet").bytes();
      attempt(() -> insert("breakout", new byte[0]));
      attempt(() -> insert("breakout", Arrays.copyOf(puppet, 1000)));
      attempt(() -> insert("breakout", new byte[70_000]));
      attempt(() -> insert("brekout", puppet));
      attempt(() -> insert("Breakout", puppet));
      attempt(() -> insert("../breakout", puppet));
      attempt(() -> probe("mine", "breakout", new byte[2048]));
      attempt(() -> probe("mine", "breakout", text()));
      attempt(() -> probe("mine", "breakout", puppet));
      attempt(() -> {
        Task task = new Task();
        task.mode = 4;
        task.create();
      });
      attempt(() -> {
        Task task = new Task();
        task.difficulty = 7;
        task.create();
      });
      attempt(() -> {
        Task task = new Task();
        task.view = AtariOptions.View.GRAY;
        task.size = 161;
        task.create();
      });
      attempt(() -> {
        try (Ale ale = new Ale(Task.cartridge("puppet"), 0, 0)) {
          attempt(() -> ale.act(0));
          ale.powerOn(1);
          attempt(() -> ale.act(-1));
          ale.act(18);
        }
      });
      attempt(() -> {
        Player player = new Player(new Task(), 1);
        player.reset();
        player.close();
        player.environment.close();
        attempt(() -> player.environment.render(new org.jarl.env.Frame()));
        player.save();
      });
      System.out.println("alive");
    }
  }

  @Test
  void wrongInputIsAnsweredWithAMessage() {
    String noRom =
        "which no cartridge has (2, 4, 8, 10, 12, 16, 32 or 64 KiB): it is no ROM, or was cut short";
    String noStart =
        "IllegalArgumentException: the ROM of \"mine\" does not say where the processor starts: it is"
            + " no Atari 2600 ROM";
    assertEnds(
        WrongInput.class,
        "IllegalArgumentException: the ROM of \"mine\" is empty",
        "IllegalArgumentException: the ROM of \"mine\" has 1,000 bytes, " + noRom,
        "IllegalArgumentException: the ROM of \"mine\" is larger than any cartridge, 65,536 bytes",
        "IllegalArgumentException: \"mine\" must follow a game that ALE knows, got \"brekout\"",
        "IllegalArgumentException: \"mine\" must follow a game that ALE knows, got \"Breakout\"",
        "IllegalArgumentException: \"mine\" must follow a game that ALE knows, got \"../breakout\"",
        noStart,
        noStart,
        "fine",
        "IllegalArgumentException: mode of \"puppet\" must be one of [0], got 4",
        "IllegalArgumentException: difficulty of \"puppet\" must be one of [0, 1], got 7",
        "IllegalArgumentException: size must be 0 to 160, got 161",
        "IllegalStateException: the console must be switched on or loaded first",
        "IllegalArgumentException: action must be in 0 .. 17, got -1",
        "IllegalArgumentException: action must be in 0 .. 17, got 18",
        "IllegalStateException: the emulator is closed",
        "IllegalStateException: the emulator is closed");
  }

  /// Each of these may take 15 seconds of a processor of its own, so they are tried side by side.
  static final class EndlessInput {
    public static void main(String[] arguments) throws Exception {
      byte[] puppet = Task.cartridge("puppet").bytes();
      List<Callable<String>> tries = new ArrayList<>();
      // Mode 1 is the first one of this game, and the puppet's memory never shows it.
      tries.add(() -> outcome(() -> probe("mine", "air_raid", puppet)));
      // As if it were the true Breakout: it has mode 4, which the puppet never comes to.
      tries.add(() ->
          outcome(() -> {
            Task task = new Task();
            task.cartridge = new Cartridge("breakout", "breakout", puppet);
            task.mode = 4;
            task.create();
          }));
      for (int seed = 0; seed < 10; seed++) {
        byte[] rom = random(seed % 2 == 0 ? 2048 : 8192, seed);
        tries.add(() -> outcome(() -> probe("random", "breakout", rom)));
      }
      int processors = Runtime.getRuntime().availableProcessors();
      try (var executor = Executors.newFixedThreadPool(processors)) {
        for (Future<String> outcome : executor.invokeAll(tries)) {
          System.out.println(outcome.get());
        }
      }
      System.out.println("alive");
    }
  }

  /// Whether a file of noise hangs the emulator, ends it or runs cannot be foreseen.
  @Tag("slow")
  @Test
  void whatWouldHangTheEmulatorIsFoundOutElsewhere() {
    ChildJvm child = ChildJvm.run(EndlessInput.class, List.of(), Map.of());
    List<String> lines = child.out().lines().toList();
    assertEquals("", child.err());
    assertEquals(0, child.exit());
    assertEquals(13, lines.size(), child.out());
    assertEquals(
        List.of(
            "IllegalArgumentException: \"mine\" never got started in mode 1: it must keep the memory"
                + " layout of air_raid, and show the mode where that game does",
            "IllegalArgumentException: \"breakout\" never got started in mode 4: it must keep the"
                + " memory layout of breakout, and show the mode where that game does"),
        lines.subList(0, 2));
    assertTrue(
        lines.subList(2, 12).stream()
            .map(line -> line.replaceFirst("^IllegalArgumentException: ", ""))
            .allMatch(line ->
                line.equals("fine")
                    || line.startsWith("\"random\" never got started in mode 0")
                    || line.startsWith("\"random\" ended the emulator with exit code")
                    || line.startsWith("the ROM of \"random\" does not say where")),
        child.out());
    assertEquals("alive", lines.getLast());
  }
}
