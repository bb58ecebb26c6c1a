package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Fetch the key, open the door, walk to the goal: `gridworld/door-key-v0`, after MiniGrid's DoorKey
/// (Chevalier-Boisvert et al. 2023) with plain moves instead of turns.
///
///     state: | open | carries | door cell, 8 bits | key cell, 8 bits | agent, 8 bits |
final class DoorKey extends World {
  private static final int PICK_UP = 4;
  private static final int TOGGLE = 5;
  private static final int MASK = 0xff;
  private static final int CARRIES = 1 << 24;
  private static final int OPEN = 1 << 25;
  private static final int WALK = 0;
  private static final int ARRIVE = 1;

  private final int size;
  private final boolean randomLayout;
  private final int goal;

  /// @param size of a side, walls included, 5 to 16
  DoorKey(int size, boolean randomLayout) {
    super(
        Grid.room(size),
        List.of(
            Tile.CARRIED_KEY,
            Tile.AGENT,
            Tile.WALL,
            Tile.GOAL,
            Tile.KEY,
            Tile.LOCKED_DOOR,
            Tile.OPEN_DOOR),
        List.of(new Outcome("step", -0.01f, false), new Outcome("goal", 1, true)));
    this.size = size;
    this.randomLayout = randomLayout;
    goal = grid().cell(size - 2, size - 2);
  }

  @Override
  int actions() {
    return 6;
  }

  @Override
  int timeLimit() {
    return 10 * size * size;
  }

  @Override
  int start(RandomStream random) {
    if (!randomLayout) {
      return layout(size / 2, size / 2, grid().cell(1, 1), grid().cell(size - 2, 1));
    }
    int wall = 2 + random.nextInt(size - 4);
    int doorRow = 1 + random.nextInt(size - 3);
    int room = (wall - 1) * (size - 2);
    int agent = random.nextInt(room);
    int key = random.nextInt(room - 1);
    if (key >= agent) {
      key++;
    }
    return layout(wall, doorRow, leftOf(wall, agent), leftOf(wall, key));
  }

  /// Cell `i` of the room on the left.
  private int leftOf(int wall, int i) {
    return grid().cell(1 + i / (wall - 1), 1 + i % (wall - 1));
  }

  private int layout(int wall, int doorRow, int agent, int key) {
    return grid().cell(doorRow, wall) << 16 | key << 8 | agent;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int agent = state & MASK;
    int key = state >> 8 & MASK;
    int door = state >> 16 & MASK;
    if (action == PICK_UP) {
      return result(agent == key ? state | CARRIES : state, WALK);
    }
    if (action == TOGGLE) {
      boolean opens = (state & CARRIES) != 0 && touches(agent, door);
      return result(opens ? state | OPEN : state, WALK);
    }
    int to = grid().move(agent, action);
    boolean blocked = to % size == door % size && (to != door || (state & OPEN) == 0);
    return blocked ? result(state, WALK) : result(state & ~MASK | to, to == goal ? ARRIVE : WALK);
  }

  /// Whether two cells share a side.
  private boolean touches(int a, int b) {
    int apart = Math.abs(a - b);
    return apart == 1 || apart == size;
  }

  @Override
  void show(int state, Planes out) {
    int agent = state & MASK;
    boolean carries = (state & CARRIES) != 0;
    out.put(carries ? 0 : 4, carries ? agent : state >> 8 & MASK);
    out.put(1, agent);
    out.put((state & OPEN) != 0 ? 6 : 5, state >> 16 & MASK);
  }

  @Override
  void furnish(int state, Planes out) {
    int door = state >> 16 & MASK;
    out.put(3, goal);
    for (int cell = size + door % size; cell < size * (size - 1); cell += size) {
      if (cell != door) {
        out.put(2, cell);
      }
    }
  }
}
