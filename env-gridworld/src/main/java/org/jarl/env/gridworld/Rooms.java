package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Walk to the goal: `gridworld/empty-v0` and `gridworld/four-rooms-v0`.
///
/// The empty room is that of MiniGrid (Chevalier-Boisvert et al. 2023), the four rooms those of
/// Sutton, Precup and Singh (1999), "Between MDPs and semi-MDPs", figure 2; both with plain moves.
///
///     state: | goal, 10 bits | agent, 10 bits |
final class Rooms extends World {
  private static final int BITS = 10;
  private static final int MASK = (1 << BITS) - 1;
  private static final int WALK = 0;
  private static final int ARRIVE = 1;

  private final int timeLimit;
  private final int start;
  private final int goal;
  private final boolean randomStart;
  private final boolean randomGoal;

  private Rooms(Grid grid, int timeLimit, boolean randomStart, boolean randomGoal) {
    super(
        grid,
        List.of(Tile.AGENT, Tile.WALL, Tile.GOAL),
        List.of(new Outcome("step", -0.01f, false), new Outcome("goal", 1, true)));
    this.timeLimit = timeLimit;
    this.randomStart = randomStart;
    this.randomGoal = randomGoal;
    start = grid.cell(1, 1);
    goal = grid.cell(grid.height() - 2, grid.width() - 2);
  }

  /// @param size of a side, walls included
  static Rooms empty(int size, boolean randomStart, boolean randomGoal) {
    return new Rooms(Grid.room(size), 4 * size * size, randomStart, randomGoal);
  }

  static Rooms four(boolean randomStart, boolean randomGoal) {
    Grid grid =
        new Grid(
            "#############",
            "#.....#.....#",
            "#.....#.....#",
            "#...........#",
            "#.....#.....#",
            "#.....#.....#",
            "##.####.....#",
            "#.....###.###",
            "#.....#.....#",
            "#.....#.....#",
            "#...........#",
            "#.....#.....#",
            "#############");
    return new Rooms(grid, 500, randomStart, randomGoal);
  }

  @Override
  int actions() {
    return 4;
  }

  @Override
  int timeLimit() {
    return timeLimit;
  }

  @Override
  int start(RandomStream random) {
    int to = goal;
    if (randomGoal) {
      to = randomStart ? grid().anywhere(random) : grid().anywhereBut(start, random);
    }
    int from = randomStart ? grid().anywhereBut(to, random) : start;
    return to << BITS | from;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int agent = grid().move(state & MASK, action);
    int to = state >> BITS;
    return result(to << BITS | agent, agent == to ? ARRIVE : WALK);
  }

  @Override
  void show(int state, Planes out) {
    out.put(0, state & MASK);
  }

  @Override
  void furnish(int state, Planes out) {
    out.put(2, state >> BITS);
  }
}
