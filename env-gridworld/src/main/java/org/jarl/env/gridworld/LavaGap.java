package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Walk to the goal through the one gap in a column of lava: `gridworld/lava-v0`, after MiniGrid's
/// LavaGap (Chevalier-Boisvert et al. 2023) with plain moves.
///
///     state: | gap cell, 10 bits | agent, 10 bits |
final class LavaGap extends World {
  private static final int BITS = 10;
  private static final int MASK = (1 << BITS) - 1;
  private static final int WALK = 0;
  private static final int ARRIVE = 1;
  private static final int BURN = 2;

  private final int size;
  private final boolean randomGap;
  private final int goal;

  /// @param size of a side, walls included
  LavaGap(int size, boolean randomGap) {
    super(
        Grid.room(size),
        List.of(Tile.AGENT, Tile.WALL, Tile.GOAL, Tile.LAVA),
        List.of(
            new Outcome("step", -0.01f, false),
            new Outcome("goal", 1, true),
            new Outcome("lava", -1, true)));
    this.size = size;
    this.randomGap = randomGap;
    goal = grid().cell(size - 2, size - 2);
  }

  @Override
  int actions() {
    return 4;
  }

  @Override
  int timeLimit() {
    return 4 * size * size;
  }

  @Override
  int start(RandomStream random) {
    int column = randomGap ? 2 + random.nextInt(size - 4) : size / 2;
    int row = randomGap ? 1 + random.nextInt(size - 2) : size / 2;
    return grid().cell(row, column) << BITS | grid().cell(1, 1);
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int gap = state >> BITS;
    int agent = grid().move(state & MASK, action);
    int next = gap << BITS | agent;
    if (agent % size == gap % size && agent != gap) {
      return result(next, BURN);
    }
    return result(next, agent == goal ? ARRIVE : WALK);
  }

  @Override
  void show(int state, Planes out) {
    out.put(0, state & MASK);
  }

  @Override
  void furnish(int state, Planes out) {
    int gap = state >> BITS;
    out.put(2, goal);
    for (int cell = size + gap % size; cell < size * (size - 1); cell += size) {
      if (cell != gap) {
        out.put(3, cell);
      }
    }
  }
}
