package org.jarl.env.gridworld;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// The table of optimal returns in README.md, computed anew.
class OptimalReturnTest {

  private static void assertOptimal(double expected, String row, Planner planner)
      throws IOException {
    assertOptimal(expected, row, planner.bestReturn());
  }

  private static void assertOptimal(double expected, String row, double best) throws IOException {
    assertEquals(expected, best, 5e-5, row);
    String line = String.format(Locale.ROOT, "| %s | %.4f | %.4f |", row, best, enough(best));
    assertTrue(
        Files.readString(Path.of("README.md")).contains(line),
        () -> "README.md lacks the row: " + line);
  }

  /// 95 % of a positive return; for costs what is 5 % worse.
  private static double enough(double best) {
    return best > 0 ? 0.95 * best : 1.05 * best;
  }

  private static Planner sure(World world) {
    return new Planner(world, 0);
  }

  private static Planner slippery(World sureWorld) {
    return new Planner(sureWorld, -1, 0, 1);
  }

  @Test
  void goalsWithStepCosts() throws IOException {
    assertOptimal(0.97, "`empty-v0` size 5", sure(Rooms.empty(5, false, false)));
    assertOptimal(0.91, "`empty-v0` size 8", sure(Rooms.empty(8, false, false)));
    assertOptimal(0.75, "`empty-v0` size 16", sure(Rooms.empty(16, false, false)));
    assertOptimal(0.81, "`four-rooms-v0`", sure(Rooms.four(false, false)));
    assertOptimal(0.97, "`lava-v0` size 5", sure(new LavaGap(5, false)));
    assertOptimal(0.93, "`lava-v0` size 7", sure(new LavaGap(7, false)));
  }

  @Test
  void doorAndKey() throws IOException {
    assertOptimal(0.93, "`door-key-v0` size 5", sure(new DoorKey(5, false)));
    assertOptimal(0.91, "`door-key-v0` size 6", sure(new DoorKey(6, false)));
    assertOptimal(0.85, "`door-key-v0` size 8", sure(new DoorKey(8, false)));
    assertOptimal(0.61, "`door-key-v0` size 16", sure(new DoorKey(16, false)));
  }

  /// Wall and door are drawn first, then agent and key on different cells of the room that leaves.
  private static double bestOfRandomLayouts(int size, int layouts) {
    Planner planner = sure(new DoorKey(size, true));
    assertEquals(layouts, planner.starts().size());
    return planner.bestReturn(start -> {
      int wall = (start >> 16 & 0xff) % size;
      int room = (wall - 1) * (size - 2);
      return 1.0 / (room * (room - 1));
    });
  }

  /// Walls x doors x cells of agent and key: 2 * 3 * 2 in the smallest, 5 doors for each of the
  /// rooms of 6, 12, 18 and 24 cells in the largest.
  @Test
  void doorAndKeyInRandomLayouts() throws IOException {
    int large = 5 * (6 * 5 + 12 * 11 + 18 * 17 + 24 * 23);
    assertOptimal(0.9333, "`door-key-v0` size 5, `randomLayout`", bestOfRandomLayouts(5, 12));
    assertOptimal(0.8708, "`door-key-v0` size 8, `randomLayout`", bestOfRandomLayouts(8, large));
  }

  @Test
  void memory() throws IOException {
    assertOptimal(0.93, "`memory-v0` length 8", sure(new Memory(8)));
    assertOptimal(0.69, "`memory-v0` length 32", sure(new Memory(32)));
  }

  @Test
  void worldsOfOthers() throws IOException {
    assertOptimal(-13, "`cliff-v0`", sure(new CliffWalking()));
    assertOptimal(0.99, "`deep-sea-v0` any size", sure(new DeepSea(10, true, 0)));
    assertOptimal(7.93, "`taxi-v0`", sure(new Taxi(true)));
    assertOptimal(1, "`frozen-lake-v0` not slippery", sure(FrozenLake.large(false)));
    assertOptimal(0.7442, "`frozen-lake-v0` 4x4", slippery(FrozenLake.small(false)));
    assertOptimal(0.9132, "`frozen-lake-v0` 8x8", slippery(FrozenLake.large(false)));
  }
}
