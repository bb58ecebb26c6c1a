package org.jarl.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import org.bytedeco.ale.ALEInterface;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environments;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// What an Atari environment costs beside the emulator in it, on a core of its own and on several.
///
/// One console is played in turns by the bare emulator, by an environment that shows the console's
/// memory, and by environments that show pictures. What counts is the time on a core of the one
/// thread that plays. Ratios are taken within a turn.
final class AtariTable {
  /// The part that one thread plays.
  static final String ONE = "atari-one-console";

  /// The part that several threads play.
  static final String MANY = "atari-many-consoles";

  private static final String GAME = "wallball";
  private static final String ID = "atari/" + GAME + "-v1";

  /// ALE's name of the game whose memory the cartridge is laid out like.
  private static final String LIKE = "breakout";

  private static final int FRAME_SKIP = 4;
  private static final int CONSOLES = 8;

  /// Threads whose traces are compared.
  private static final int[] THREADS = {1, 2};

  /// Actions come from a table, used again and again: some games are played in between.
  private static final int ACTIONS = 4_093;

  private final Environments environments = Environments.discover(List.of());
  private final int turns;
  private final int warmUpTurns;
  private final int steps;
  private final int tracedSteps;
  private final PrintStream out;

  private AtariTable(Effort effort, PrintStream out) {
    turns = effort.turns;
    warmUpTurns = effort.warmUpTurns;
    steps = effort.steps;
    tracedSteps = effort.tracedSteps;
    this.out = out;
  }

  /// How long to measure.
  ///
  /// @param turns that count
  /// @param warmUpTurns that do not
  /// @param steps agent steps of a turn, of all consoles together
  /// @param tracedSteps agent steps of each console that make its trace
  record Effort(int turns, int warmUpTurns, int steps, int tracedSteps) {
    static final Effort USUAL = new Effort(21, 3, 1_000, 1_000);
    static final Effort QUICK = new Effort(5, 2, 500, 200);
  }

  /// Measures the parts that are named.
  ///
  /// @throws IllegalStateException if several threads do not play what one plays
  static void run(List<String> parts, Effort effort, PrintStream out) {
    AtariTable table = new AtariTable(effort, out);
    try (table.environments) {
      if (parts.contains(ONE)) {
        table.oneConsole();
      }
      if (parts.contains(MANY)) {
        table.manyConsoles();
      }
    }
  }

  /// Something that plays agent steps.
  private interface Player extends AutoCloseable {
    void step();

    @Override
    void close();
  }

  /// The emulator, and nothing of ours.
  private static final class Bare implements Player {
    private final ALEInterface ale = new ALEInterface();
    private final int[] actions;
    private int at;

    Bare() {
      ale.setFloat("repeat_action_probability", 0);
      ale.setInt("random_seed", 1);
      insertCartridge();
      int[] minimal = new int[(int) ale.getMinimalActionSet().limit()];
      ale.getMinimalActionSet().get(minimal);
      actions = table(minimal.length);
      Arrays.setAll(actions, i -> minimal[actions[i]]);
    }

    private void insertCartridge() {
      String resource = "org/jarl/env/atari/" + GAME + ".bin";
      try (InputStream rom = ClassLoader.getSystemResourceAsStream(resource)) {
        if (rom == null) {
          throw new IllegalStateException("env-atari has no cartridge " + GAME);
        }
        Path folder = Files.createTempDirectory("jarl-bench");
        Path file = folder.resolve(LIKE + ".bin");
        Files.copy(rom, file);
        ale.loadROM(file.toString());
        Files.delete(file);
        Files.delete(folder);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void step() {
      int action = actions[at++ % ACTIONS];
      for (int i = 0; i < FRAME_SKIP; i++) {
        ale.act(action);
      }
      if (ale.game_over()) {
        ale.reset_game();
      }
    }

    @Override
    public void close() {
      ale.close();
    }
  }

  /// Environments as a learner steps them.
  private static final class Copies implements Player {
    private final VectorEnvironment environment;
    private final ActionBatch[] actions = new ActionBatch[ACTIONS];
    private int at;

    Copies(VectorEnvironment environment) {
      this.environment = environment;
      int count = environment.count();
      Space space = environment.spec().actionSpace();
      int[] table = table(((Space.Discrete) space).n());
      for (int i = 0; i < ACTIONS; i++) {
        actions[i] = new ActionBatch(space, count);
        for (int k = 0; k < count; k++) {
          actions[i].indices()[k] = table[(i + 97 * k) % ACTIONS];
        }
      }
      environment.reset(1);
    }

    @Override
    public void step() {
      next();
    }

    StepBatch next() {
      return environment.step(actions[at++ % ACTIONS]);
    }

    @Override
    public void close() {
      environment.close();
    }
  }

  private static int[] table(int choices) {
    RandomStream random = RandomStream.of(7, "benchmark actions");
    int[] table = new int[ACTIONS];
    Arrays.setAll(table, _ -> random.nextInt(choices));
    return table;
  }

  /// Nothing differs from the bare emulator's game but what is shown.
  private Copies copies(String observation, String resize, int count, int threads) {
    Map<String, Object> options =
        Map.of(
            "protocol",
            "gymnasium-v5",
            "frameSkip",
            FRAME_SKIP,
            "repeatActionProbability",
            0.0,
            "noopMax",
            0,
            "maxFrames",
            0,
            "observation",
            observation,
            "size",
            84,
            "resize",
            resize,
            "maxPool",
            true,
            "stack",
            observation.equals("ram") ? 1 : 4);
    return new Copies(environments.createVector(ID, options, count, threads));
  }

  private void oneConsole() {
    List<String> names =
        List.of("memory only", "emulator alone", "84x84 x 4, area", "84x84 x 4, OpenCV's bits");
    List<Player> players = new ArrayList<>();
    try {
      // An environment first: it loads the library and keeps it quiet.
      players.add(copies("ram", "area", 1, 1));
      players.add(new Bare());
      players.add(copies("gray", "area", 1, 1));
      players.add(copies("gray", "opencv", 1, 1));
      double[][] micros = new double[players.size()][turns];
      for (int turn = -warmUpTurns; turn < turns; turn++) {
        for (int i = 0; i < players.size(); i++) {
          double each = micros(players.get(i));
          if (turn >= 0) {
            micros[i][turn] = each;
          }
        }
      }
      printOne(names, micros);
    } finally {
      players.forEach(Player::close);
    }
  }

  private double micros(Player player) {
    long before = Timing.Clock.CPU.nanos();
    for (int i = 0; i < steps; i++) {
      player.step();
    }
    return (Timing.Clock.CPU.nanos() - before) / 1e3 / steps;
  }

  private void printOne(List<String> names, double[][] micros) {
    out.printf(
        Locale.ROOT,
        "%nAtari: %s, one console, one thread, time on a core, %d turns of %d agent steps%n%n"
            + "%-26s%10s%10s%14s%22s%14s%n",
        ID,
        turns,
        steps,
        "shows",
        "frames/s",
        "us/step",
        "over memory",
        "rate / emulator's",
        "goal");
    for (int i : new int[] {1, 0, 2, 3}) {
      double[] own = micros[i];
      double[] over = new double[turns];
      double[] ratio = new double[turns];
      for (int turn = 0; turn < turns; turn++) {
        over[turn] = own[turn] - micros[0][turn];
        ratio[turn] = micros[1][turn] / own[turn];
      }
      Arrays.sort(ratio);
      out.printf(
          Locale.ROOT,
          "%-26s%,10.0f%10.1f%14s%22s%14s%n",
          names.get(i),
          FRAME_SKIP * 1e6 / median(own),
          median(own),
          i < 2 ? "" : String.format(Locale.ROOT, "%.1f us", median(over)),
          i == 1
              ? ""
              : String.format(
                  Locale.ROOT, "%.3f (%.3f-%.3f)", median(ratio), ratio[0], ratio[turns - 1]),
          i < 2 ? "" : "0.88, 60 us");
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private void manyConsoles() {
    out.printf(
        Locale.ROOT,
        "%nAtari: %s, %d consoles in one process, 84x84 x 4, time that passes, %d turns%n%n"
            + "%-10s%12s%26s%10s   %s%n",
        ID,
        CONSOLES,
        turns,
        "threads",
        "frames/s",
        "least - most",
        "goal",
        "trace");
    long expected = trace(1);
    for (int threads : THREADS) {
      long trace = threads == 1 ? expected : trace(threads);
      double[] rates = rates(threads);
      Arrays.sort(rates);
      out.printf(
          Locale.ROOT,
          "%-10d%,12.0f%26s%10s   %08x%n",
          threads,
          median(rates),
          String.format(Locale.ROOT, "%,.0f - %,.0f", rates[0], rates[turns - 1]),
          threads == 2 ? "13,000" : "",
          trace);
      if (trace != expected) {
        throw new IllegalStateException(
            "%d threads must play what one plays, got another trace".formatted(threads));
      }
    }
  }

  /// Frames per second.
  private double[] rates(int threads) {
    try (Copies copies = copies("gray", "area", CONSOLES, threads)) {
      double[] rates = new double[turns];
      int rounds = steps / CONSOLES;
      for (int turn = -warmUpTurns; turn < turns; turn++) {
        long before = System.nanoTime();
        for (int i = 0; i < rounds; i++) {
          copies.step();
        }
        double seconds = (System.nanoTime() - before) / 1e9;
        if (turn >= 0) {
          rates[turn] = rounds * CONSOLES * FRAME_SKIP / seconds;
        }
      }
      return rates;
    }
  }

  /// A checksum of everything that a learner sees.
  private long trace(int threads) {
    CRC32 sum = new CRC32();
    try (Copies copies = copies("gray", "area", CONSOLES, threads)) {
      for (int i = 0; i < tracedSteps; i++) {
        StepBatch batch = copies.next();
        sum.update(batch.observations().asByteBuffer());
        for (int k = 0; k < CONSOLES; k++) {
          sum.update(Float.floatToIntBits(batch.scores()[k]));
          sum.update(batch.gameEnded(k) ? 1 : 0);
        }
      }
    }
    return sum.getValue();
  }
}
