package org.jarl.env.gridworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;

class MemoryTest {
  private static final RandomStream UNUSED = RandomStream.of(0, "unused");
  private static final int UP = 0;
  private static final int RIGHT = 1;
  private static final int DOWN = 2;
  private static final int LEFT = 3;

  /// The state of a sign, 0 up or 1 down, and a cell.
  private static int state(int sign, int cell) {
    return sign << 8 | cell;
  }

  private static int start(Memory world, int sign) {
    return state(sign, world.grid().cell(1, 0));
  }

  /// Return of moves that end the task at the last one.
  private static float walk(Memory world, int sign, int... moves) {
    int state = start(world, sign);
    float sum = 0;
    for (int i = 0; i < moves.length; i++) {
      long result = world.step(state, moves[i], UNUSED);
      state = World.state(result);
      sum += world.reward(result);
      assertEquals(i == moves.length - 1, world.ends(result), "step " + i);
    }
    return sum;
  }

  @Test
  void theChestThatTheSignNamesPaysAndTheOtherDoesNot() {
    Memory world = new Memory(4);
    assertEquals(0.97f, walk(world, 0, RIGHT, RIGHT, RIGHT, UP), 1e-6);
    assertEquals(-0.03f, walk(world, 0, RIGHT, RIGHT, RIGHT, DOWN), 1e-6);
    assertEquals(-0.03f, walk(world, 1, RIGHT, RIGHT, RIGHT, UP), 1e-6);
    assertEquals(0.97f, walk(world, 1, RIGHT, RIGHT, RIGHT, DOWN), 1e-6);
  }

  @Test
  void theCorridorIsOneCellWideAndCanBeWalkedBack() {
    Memory world = new Memory(3);
    assertEquals(
        0.90f,
        walk(world, 1, LEFT, UP, DOWN, RIGHT, UP, DOWN, LEFT, RIGHT, RIGHT, RIGHT, DOWN),
        1e-6);
  }

  @Test
  void bothSignsAreDrawnAboutEquallyOften() {
    Memory world = new Memory(8);
    RandomStream random = RandomStream.of(1, "memory");
    int down = 0;
    for (int i = 0; i < 10_000; i++) {
      down += world.start(random) == start(world, 1) ? 1 : 0;
    }
    assertEquals(5_000, down, 200);
  }

  @Test
  void onlyTheStartTellsTheSignsApart() {
    for (int length : new int[] {2, 8, 64}) {
      Memory world = new Memory(length);
      for (int cell = 0; cell < world.grid().cells(); cell++) {
        if (world.grid().at(cell) == Tile.WALL) {
          continue;
        }
        byte[] up = Planes.of(world, state(0, cell));
        byte[] down = Planes.of(world, state(1, cell));
        if (cell == world.grid().cell(1, 0)) {
          assertFalse(Arrays.equals(up, down));
        } else {
          assertArrayEquals(up, down, "cell " + cell + " of length " + length);
        }
      }
    }
  }

  /// The number of what is seen in each state along the corridor, equal where it looks alike.
  private static Map<Integer, Integer> looks(Memory world) {
    Map<ByteBuffer, Integer> seen = new HashMap<>();
    Map<Integer, Integer> looks = new HashMap<>();
    for (int sign = 0; sign < 2; sign++) {
      for (int column = 0; column < world.grid().width(); column++) {
        int state = state(sign, world.grid().cell(1, column));
        ByteBuffer look = ByteBuffer.wrap(Planes.of(world, state));
        looks.put(state, seen.computeIfAbsent(look, _ -> seen.size()));
      }
    }
    return looks;
  }

  /// What a policy comes to on average over both signs.
  ///
  /// @param right share of the episodes that end at the full chest
  record Result(double reward, double right) {}

  /// Plays all that can happen within the time limit.
  ///
  /// @param policy `[looks, 4]`, the probability of each move where things look so
  private static Result play(Memory world, Map<Integer, Integer> looks, double[][] policy) {
    double[] now = new double[1 << 9];
    now[start(world, 0)] = 0.5;
    now[start(world, 1)] = 0.5;
    double reward = 0;
    double right = 0;
    for (int step = 0; step < world.timeLimit(); step++) {
      double[] next = new double[now.length];
      for (var look : looks.entrySet()) {
        int state = look.getKey();
        for (int move = 0; move < 4; move++) {
          double probability = now[state] * policy[look.getValue()][move];
          long result = world.step(state, move, UNUSED);
          reward += probability * world.reward(result);
          if (!world.ends(result)) {
            next[World.state(result)] += probability;
          } else if (world.reward(result) == 1) {
            right += probability;
          }
        }
      }
      now = next;
    }
    return new Result(reward, right);
  }

  /// The policy of this number among the `4^looks` that always do the same where things look so.
  private static double[][] steady(int number, int looks) {
    double[][] policy = new double[looks][4];
    for (int look = 0; look < looks; look++) {
      policy[look][number >> 2 * look & 3] = 1;
    }
    return policy;
  }

  private static int count(Map<Integer, Integer> looks) {
    return looks.values().stream().mapToInt(look -> look).max().orElseThrow() + 1;
  }

  /// Every one of them, the one that waits under one of the signs included.
  @Test
  void theBestSteadyPolicyWithoutMemoryIsRightHalfOfTheTime() {
    for (int length = 2; length <= 4; length++) {
      Memory world = new Memory(length);
      Map<Integer, Integer> looks = looks(world);
      double most = Double.NEGATIVE_INFINITY;
      for (int number = 0; number < 1 << 2 * count(looks); number++) {
        Result result = play(world, looks, steady(number, count(looks)));
        assertTrue(result.right() <= 0.5, "policy " + number + " of length " + length);
        most = Math.max(most, result.reward());
      }
      assertEquals(length + 1, count(looks), "the start under two signs, and the other cells");
      assertEquals(0.5 - 0.01 * (length - 1), most, 1e-6);
    }
  }

  /// Policies of all kinds from nearly steady to nearly even.
  @Test
  void drawingMovesIsNoMemoryEither() {
    Memory world = new Memory(5);
    Map<Integer, Integer> looks = looks(world);
    var random = new SplittableRandom(1);
    double most = 0;
    for (int i = 0; i < 1_000; i++) {
      double sharpness = 12 * random.nextDouble();
      double[][] policy = new double[count(looks)][];
      for (int look = 0; look < policy.length; look++) {
        policy[look] = random.doubles(4).map(x -> Math.exp(sharpness * x)).toArray();
        double sum = Arrays.stream(policy[look]).sum();
        policy[look] = Arrays.stream(policy[look]).map(x -> x / sum).toArray();
      }
      Result result = play(world, looks, policy);
      assertTrue(result.right() <= 0.5 + 1e-9, "policy " + i + ": " + result);
      assertTrue(result.reward() <= 0.46 + 1e-6, "policy " + i + ": " + result);
      most = Math.max(most, result.right());
    }
    assertTrue(most > 0.49, "none of these policies gets to a chest: " + most);
  }

  @Test
  void theBestReturnsAreSaidWhereTheWorldIsDescribed() throws IOException {
    String with = String.format(Locale.ROOT, "%.2f", new Planner(new Memory(8), 0).bestReturn());
    String description = new GridWorlds().describe(GridWorlds.MEMORY).details();
    assertTrue(description.contains("with memory (" + with + " at length 8)"), description);
    assertTrue(description.contains("without (0.43)"), description);
    String page = Files.readString(Path.of("README.md"));
    assertTrue(page.contains("0.5 - 0.01 (length - 1) without: 0.4300 at length 8"), page);
  }
}
