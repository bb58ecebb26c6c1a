package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Walk along a cliff: `gridworld/cliff-v0`, Sutton and Barto (2018), example 6.6. A fall costs 100
/// and leads back to the start; the episode goes on.
///
///     state: | agent |
final class CliffWalking extends World {
  private static final int WALK = 0;
  private static final int ARRIVE = 1;
  private static final int FALL = 2;

  private final int start = grid().cell(3, 0);

  CliffWalking() {
    super(
        new Grid("............", "............", "............", ".CCCCCCCCCCG"),
        List.of(Tile.AGENT, Tile.GOAL, Tile.CLIFF),
        List.of(
            new Outcome("step", -1, false),
            new Outcome("goal", -1, true),
            new Outcome("fall", -100, false)));
  }

  @Override
  int actions() {
    return 4;
  }

  @Override
  int timeLimit() {
    return 200;
  }

  @Override
  int start(RandomStream random) {
    return start;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int agent = grid().move(state, action);
    return switch (grid().at(agent)) {
      case CLIFF -> result(start, FALL);
      case GOAL -> result(agent, ARRIVE);
      default -> result(agent, WALK);
    };
  }

  @Override
  void show(int state, Planes out) {
    out.put(0, state);
  }
}
