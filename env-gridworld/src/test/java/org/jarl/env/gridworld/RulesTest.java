package org.jarl.env.gridworld;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.jarl.env.RandomStream;
import org.junit.jupiter.api.Test;

class RulesTest {
  private static final int UP = 0;
  private static final int RIGHT = 1;
  private static final int DOWN = 2;
  private static final int LEFT = 3;
  private static final int PICK_UP = 4;
  private static final int TOGGLE = 5;
  private static final int DROP_OFF = 5;

  /// Walks from the start and checks the return and whether the last step ended the task.
  private static int walk(World world, float expected, boolean ends, int... actions) {
    RandomStream random = RandomStream.of(1, "rules");
    return walkFrom(world, world.start(random), expected, ends, actions);
  }

  private static int walkFrom(World world, int from, float expected, boolean ends, int... actions) {
    RandomStream random = RandomStream.of(2, "rules");
    int state = from;
    float sum = 0;
    boolean ended = false;
    for (int action : actions) {
      assertFalse(ended, "the task ended before the last action");
      long result = world.step(state, action, random);
      state = World.state(result);
      sum += world.reward(result);
      ended = world.ends(result);
    }
    assertEquals(expected, sum, 1e-5);
    assertEquals(ends, ended);
    return state;
  }

  @Test
  void wallsStopAMove() {
    World room = Rooms.empty(5, false, false);
    assertEquals(walk(room, 0, false), walk(room, -0.02f, false, UP, LEFT));
  }

  @Test
  void theDoorNeedsTheKeyInHandAndTheAgentNextToIt() {
    World world = new DoorKey(5, false);
    int start = walk(world, 0, false);
    assertEquals(start, walk(world, -0.03f, false, PICK_UP, DOWN, UP), "no key here");
    int beside = walk(world, -0.01f, false, DOWN);
    assertEquals(beside, walkFrom(world, beside, -0.02f, false, TOGGLE, RIGHT), "no key in hand");
    int withKey = walk(world, -0.03f, false, DOWN, DOWN, PICK_UP);
    assertEquals(withKey, walkFrom(world, withKey, -0.01f, false, TOGGLE), "too far");
    walkFrom(world, withKey, 0.96f, true, UP, TOGGLE, RIGHT, RIGHT, DOWN);
  }

  @Test
  void aFallFromTheCliffCostsAHundredAndLeadsBackToTheStart() {
    World world = new CliffWalking();
    assertEquals(walk(world, 0, false), walk(world, -100, false, RIGHT));
    assertEquals(walk(world, 0, false), walk(world, -102, false, UP, RIGHT, DOWN));
    walk(world, -13, true, UP, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, RIGHT, DOWN);
  }

  @Test
  void lavaEndsTheTaskBadly() {
    walk(new LavaGap(5, false), -1, true, RIGHT);
    walk(new LavaGap(5, false), 0.97f, true, DOWN, RIGHT, RIGHT, DOWN);
  }

  @Test
  void brokenIceEndsTheTaskWithNothing() {
    walk(FrozenLake.small(false), 0, true, RIGHT, DOWN);
    walk(FrozenLake.small(false), 1, true, DOWN, DOWN, RIGHT, RIGHT, DOWN, RIGHT);
  }

  /// From the middle of a free column: down and both sides, a third each (30,000 draws, the
  /// standard error is 0.3 %).
  @Test
  void slipperyIceLeadsToEitherSideAsOftenAsAhead() {
    World world = FrozenLake.large(true);
    int[] arrivals = new int[world.grid().cells()];
    RandomStream random = RandomStream.of(3, "rules");
    for (int i = 0; i < 30_000; i++) {
      arrivals[World.state(world.step(9, DOWN, random))]++;
    }
    for (int cell : new int[] {8, 10, 17}) {
      assertEquals(10_000, arrivals[cell], 350, "cell " + cell);
    }
    assertEquals(0, arrivals[1]);
  }

  @Test
  void onlyAllMovesToTheRightFindTheTreasure() {
    World plain = new DeepSea(3, false, 0);
    walk(plain, 0.99f, true, 1, 1, 1);
    walk(plain, -0.02f / 3, true, 0, 1, 1);
    walk(plain, 0, true, 0, 0, 0);
  }

  @Test
  void theMappingSeedDecidesWhichActionMovesRight() {
    int[] seen = new int[2];
    for (int seed = 0; seed < 64; seed++) {
      World world = new DeepSea(4, true, seed);
      long result = world.step(0, 1, RandomStream.of(0, "unused"));
      seen[World.state(result) & 0xff]++;
    }
    assertTrue(seen[0] > 16 && seen[1] > 16, seen[0] + " and " + seen[1]);
  }

  /// Taxi at the red stand (0, 0) with the passenger there, who wants to green (0, 4): a fence lies
  /// between columns 1 and 2, so the way leads over the third row.
  @Test
  void theTaxiDrivesAroundFencesAndDelivers() {
    World world = new Taxi(true);
    int start = 1 << 8;
    walkFrom(
        world, start, 11, true, PICK_UP, DOWN, DOWN, RIGHT, RIGHT, RIGHT, RIGHT, UP, UP, DROP_OFF);
    int atFence = walkFrom(world, start, -1, false, RIGHT);
    assertEquals(atFence, walkFrom(world, atFence, -1, false, RIGHT));
  }

  @Test
  void uselessActionsOfTheTaxiAreMaskedOrCostTen() {
    World world = new Taxi(true);
    int start = 1 << 8;
    assertArrayEquals(new boolean[] {false, true, true, false, true, false}, legal(world, start));
    int riding = walkFrom(world, start, -1, false, PICK_UP);
    assertArrayEquals(new boolean[] {false, true, true, false, false, true}, legal(world, riding));
    World free = new Taxi(false);
    assertEquals(start, walkFrom(free, start, -10, false, DROP_OFF));
    assertEquals(riding, walkFrom(free, riding, -10, false, PICK_UP));
  }

  private static boolean[] legal(World world, int state) {
    boolean[] legal = new boolean[world.actions()];
    for (int action = 0; action < legal.length; action++) {
      legal[action] = (world.legalActions(state) >> action & 1) != 0;
    }
    return legal;
  }

  /// Every bare cell but the goal's own is drawn, about equally often.
  @Test
  void randomStartsAndGoalsCoverTheRoomAndNeverCoincide() {
    World room = Rooms.empty(5, true, true);
    RandomStream random = RandomStream.of(4, "rules");
    int[] starts = new int[25];
    for (int i = 0; i < 9_000; i++) {
      int state = room.start(random);
      int agent = state & 1023;
      assertTrue(agent != state >> 10);
      starts[agent]++;
    }
    for (int cell = 0; cell < 25; cell++) {
      boolean inside = room.grid().at(cell) == Tile.FLOOR;
      assertEquals(inside ? 1000 : 0, starts[cell], inside ? 150 : 0, "cell " + cell);
    }
  }

  /// Every random layout can be solved.
  @Test
  void everyRandomDoorKeyLayoutIsPossible() {
    for (int size : new int[] {5, 6}) {
      assertTrue(new Planner(new DoorKey(size, true), 0).bestReturn() > 0.7);
    }
  }
}
