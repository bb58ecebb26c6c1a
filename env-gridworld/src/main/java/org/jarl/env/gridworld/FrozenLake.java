package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Cross a lake on ice without breaking in: `gridworld/frozen-lake-v0`, maps and dynamics of
/// Gymnasium's `FrozenLake-v1`. On slippery ice a move goes where it should, or to either side of
/// that, with probability 1/3 each.
///
///     state: | agent |
final class FrozenLake extends World {
  private static final int WALK = 0;
  private static final int ARRIVE = 1;
  private static final int BREAK = 2;

  private final boolean slippery;
  private final boolean large;

  private FrozenLake(Grid grid, boolean slippery) {
    super(
        grid,
        List.of(Tile.AGENT, Tile.GOAL, Tile.HOLE),
        List.of(
            new Outcome("step", 0, false),
            new Outcome("goal", 1, true),
            new Outcome("hole", 0, true)));
    this.slippery = slippery;
    large = grid().height() == 8;
  }

  static FrozenLake small(boolean slippery) {
    return new FrozenLake(new Grid("....", ".O.O", "...O", "O..G"), slippery);
  }

  static FrozenLake large(boolean slippery) {
    Grid grid =
        new Grid(
            "........",
            "........",
            "...O....",
            ".....O..",
            "...O....",
            ".OO...O.",
            ".O..O.O.",
            "...O...G");
    return new FrozenLake(grid, slippery);
  }

  @Override
  int actions() {
    return 4;
  }

  @Override
  int timeLimit() {
    return large ? 200 : 100;
  }

  @Override
  double rewardThreshold() {
    return large ? 0.85 : 0.7;
  }

  @Override
  int start(RandomStream random) {
    return 0;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int direction = slippery ? action + random.nextInt(3) - 1 & 3 : action;
    int agent = grid().move(state, direction);
    return switch (grid().at(agent)) {
      case GOAL -> result(agent, ARRIVE);
      case HOLE -> result(agent, BREAK);
      default -> result(agent, WALK);
    };
  }

  @Override
  void show(int state, Planes out) {
    out.put(0, state);
  }

  @Override
  Tile floor() {
    return Tile.ICE;
  }
}
