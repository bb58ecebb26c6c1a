package org.jarl.env.gridworld;

import java.util.List;
import org.jarl.env.RandomStream;

/// Keep in mind, along a corridor, which way a sign at its start pointed: `gridworld/memory-v0`,
/// the T-maze of Bakker (2001), "Reinforcement learning with long short-term memory", with the
/// moves and rewards of the worlds here; MiniGrid's Memory (Chevalier-Boisvert et al. 2023) is of
/// the same kind.
///
///             E     The sign is drawn per episode and seen only from the agent's first cell. The
///     A.......+     chest it names is full, the other one empty; both look alike.
///             E
///
/// Without memory no policy opens the full chest in more than half of the episodes:
///
/// - Beyond the first cell both signs look alike, the chests too, and the corridor is one cell
///   wide, so neither what is seen nor where the agent stands tells the sign. Going back shows it
///   again, and then again not.
/// - A chest is one step from the junction. So whenever and however often the agent gets there,
///   the odds of up and down are those of the junction alone: right under one sign as often as
///   wrong under the other.
/// - The empty chest costs nothing and waiting does, so staying at the start under one of the signs
///   does not pay either.
///
/// The best return is `1 - 0.01 (length - 1)` with memory and `0.5 - 0.01 (length - 1)` without.
///
///     state: | sign: 0 up, 1 down | agent, 8 bits |
final class Memory extends World {
  /// Numbers of planes: the signs in the order of the state.
  private static final int SIGN_UP = 0;

  private static final int AGENT = 2;
  private static final int BITS = 8;
  private static final int MASK = (1 << BITS) - 1;
  private static final int WALK = 0;
  private static final int FULL = 1;
  private static final int EMPTY = 2;

  private final int length;
  private final int start;

  /// @param length of the corridor with its first cell and the junction, 2 to 64
  Memory(int length) {
    super(
        new Grid(rows(length)),
        List.of(Tile.SIGN_UP, Tile.SIGN_DOWN, Tile.AGENT, Tile.WALL, Tile.CHEST),
        List.of(
            new Outcome("step", -0.01f, false),
            new Outcome("full chest", 1, true),
            new Outcome("empty chest", 0, true)));
    this.length = length;
    start = grid().cell(1, 0);
  }

  private static String[] rows(int length) {
    String side = "#".repeat(length - 1) + "E";
    return new String[] {side, ".".repeat(length), side};
  }

  @Override
  int actions() {
    return 4;
  }

  @Override
  int timeLimit() {
    return 4 * length * length;
  }

  @Override
  int start(RandomStream random) {
    return random.nextInt(2) << BITS | start;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int sign = state >> BITS;
    int agent = grid().move(state & MASK, action);
    int next = sign << BITS | agent;
    if (grid().at(agent) != Tile.CHEST) {
      return result(next, WALK);
    }
    boolean up = agent < length;
    return result(next, up == (sign == 0) ? FULL : EMPTY);
  }

  @Override
  void show(int state, Planes out) {
    int agent = state & MASK;
    out.put(AGENT, agent);
    if (agent == start) {
      out.put(SIGN_UP + (state >> BITS), start);
    }
  }
}
