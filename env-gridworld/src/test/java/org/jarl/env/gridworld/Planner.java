package org.jarl.env.gridworld;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import org.jarl.env.RandomStream;

/// Best undiscounted returns of a world by backward induction over its time limit: exact, with the
/// rules themselves as the model.
final class Planner {
  private static final int START_DRAWS = 200_000;

  private static final RandomStream UNUSED = RandomStream.of(0, "unused");

  private final World world;

  /// The worlds whose results a step draws from with equal probability, given action and draw.
  private final int[] sideways;

  private final List<Integer> states = new ArrayList<>();
  private final Map<Integer, Integer> indices = new HashMap<>();

  /// @param model the world with sure moves
  /// @param sideways turns added to the action, each with equal probability; `{0}` for sure moves
  Planner(World model, int... sideways) {
    this.world = model;
    this.sideways = sideways;
  }

  /// The mean over all starts, each with equal probability.
  double bestReturn() {
    return bestReturn(start -> 1);
  }

  /// The mean over all starts.
  ///
  /// @param weight of a start, proportional to its probability
  double bestReturn(IntToDoubleFunction weight) {
    Set<Integer> starts = starts();
    explore(starts);
    int horizon = world.timeLimit() == 0 ? 1000 : world.timeLimit();
    double[] values = new double[states.size()];
    for (int left = 1; left <= horizon; left++) {
      double[] before = values;
      values = backup(before);
      if (Arrays.equals(before, values)) {
        break; // more time changes nothing any more
      }
    }
    double sum = 0;
    double weights = 0;
    for (int start : starts) {
      sum += weight.applyAsDouble(start) * values[index(start)];
      weights += weight.applyAsDouble(start);
    }
    return sum / weights;
  }

  /// Everything that an episode can start from.
  Set<Integer> starts() {
    Set<Integer> starts = new LinkedHashSet<>();
    RandomStream random = RandomStream.of(1, "starts");
    for (int i = 0; i < START_DRAWS; i++) {
      starts.add(world.start(random));
    }
    return starts;
  }

  private int index(int state) {
    return Objects.requireNonNull(indices.get(state));
  }

  private void explore(Set<Integer> starts) {
    var open = new ArrayDeque<>(starts);
    while (!open.isEmpty()) {
      int state = open.remove();
      if (indices.putIfAbsent(state, states.size()) != null) {
        continue;
      }
      states.add(state);
      for (int action = 0; action < world.actions(); action++) {
        long result = world.step(state, action, UNUSED);
        if (!world.ends(result)) {
          open.add(World.state(result));
        }
      }
    }
  }

  private double[] backup(double[] next) {
    double[] values = new double[next.length];
    for (int s = 0; s < values.length; s++) {
      values[s] = Double.NEGATIVE_INFINITY;
      for (int action = 0; action < world.actions(); action++) {
        if ((world.legalActions(states.get(s)) >> action & 1) != 0) {
          values[s] = Math.max(values[s], value(states.get(s), action, next));
        }
      }
    }
    return values;
  }

  private double value(int state, int action, double[] next) {
    double sum = 0;
    for (int turn : sideways) {
      int taken = Math.floorMod(action + turn, world.actions());
      long result = world.step(state, taken, UNUSED);
      sum += world.reward(result);
      sum += world.ends(result) ? 0 : next[index(World.state(result))];
    }
    return sum / sideways.length;
  }
}
