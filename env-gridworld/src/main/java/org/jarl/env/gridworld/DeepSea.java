package org.jarl.env.gridworld;

import java.util.Arrays;
import java.util.List;
import org.jarl.env.RandomStream;

/// Dive to the treasure in the far corner: `gridworld/deep-sea-v0`, Osband et al. (2020),
/// "Behaviour suite for reinforcement learning". Every step sinks one row; only moving right in each of the
/// `size` steps finds the treasure, and each such step costs a little, so undirected exploration
/// takes about `2^size` episodes.
///
///     state: | row, 8 bits | column, 8 bits |     row = size after the last step
final class DeepSea extends World {
  private static final int DRIFT = 0;
  private static final int SWIM = 1;
  private static final int TREASURE = 2;
  private static final int BOTTOM = 3;
  private static final int BOTTOM_AFTER_SWIM = 4;

  private final int size;

  /// `[size * size]`, the action that moves right.
  private final int[] right;

  /// @param mixedActions whether the meaning of the actions differs from cell to cell
  /// @param mappingSeed decides which action moves right where
  DeepSea(int size, boolean mixedActions, int mappingSeed) {
    super(
        new Grid(rows(size)),
        List.of(Tile.AGENT),
        List.of(
            new Outcome("left", 0, false),
            new Outcome("right", -0.01f / size, false),
            new Outcome("treasure", 1 - 0.01f / size, true),
            new Outcome("left to the bottom", 0, true),
            new Outcome("right to the bottom", -0.01f / size, true)));
    this.size = size;
    right = new int[size * size];
    RandomStream random = RandomStream.of(mappingSeed, "deep-sea");
    for (int cell = 0; cell < right.length; cell++) {
      right[cell] = mixedActions ? random.nextInt(2) : 1;
    }
  }

  private static String[] rows(int size) {
    String[] rows = new String[size];
    Arrays.fill(rows, ".".repeat(size));
    rows[size - 1] = ".".repeat(size - 1) + "$";
    return rows;
  }

  @Override
  int actions() {
    return 2;
  }

  @Override
  int timeLimit() {
    return 0;
  }

  @Override
  double rewardThreshold() {
    return 0.9;
  }

  @Override
  int start(RandomStream random) {
    return 0;
  }

  @Override
  long step(int state, int action, RandomStream random) {
    int row = state >> 8;
    int column = state & 0xff;
    boolean swims = right[row * size + column] == action;
    int to = swims ? Math.min(column + 1, size - 1) : Math.max(column - 1, 0);
    int next = row + 1 << 8 | to;
    if (row + 1 < size) {
      return result(next, swims ? SWIM : DRIFT);
    }
    if (!swims) {
      return result(next, BOTTOM);
    }
    return result(next, column == size - 1 ? TREASURE : BOTTOM_AFTER_SWIM);
  }

  @Override
  void show(int state, Planes out) {
    if (state >> 8 < size) {
      out.put(0, grid().cell(state >> 8, state & 0xff));
    }
  }

  @Override
  Tile floor() {
    return Tile.WATER;
  }
}
