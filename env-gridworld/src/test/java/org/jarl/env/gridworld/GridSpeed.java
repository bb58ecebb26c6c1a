package org.jarl.env.gridworld;

import java.util.Map;
import java.util.SplittableRandom;
import org.jarl.env.ActionBatch;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Measures steps per second of one thread over a batch of 1024 copies with random legal actions,
/// best of 60 rounds; the choice of actions is not counted. The command is in README.md.
final class GridSpeed {
  private static final int COUNT = 1024;
  private static final int ROUNDS = 60;
  private static final int STEPS = 200;

  private GridSpeed() {}

  /// Prints a line per world.
  ///
  /// @param ids of the worlds to measure; all when there are none
  public static void main(String[] ids) {
    GridWorlds worlds = new GridWorlds();
    for (String id : ids.length == 0 ? worlds.ids().toArray(String[]::new) : ids) {
      try (VectorEnvironment copies = worlds.createBatch(id, Map.of(), COUNT)) {
        System.out.printf("%-28s %6.1f M steps/s%n", id, best(copies));
      }
    }
  }

  private static double best(VectorEnvironment copies) {
    var random = new SplittableRandom(1);
    var actions = new ActionBatch(copies.spec().actionSpace(), COUNT);
    int choices = ((Space.Discrete) copies.spec().actionSpace()).n();
    double best = 0;
    StepBatch now = copies.reset(1);
    for (int round = 0; round < ROUNDS; round++) {
      long nanos = 0;
      for (int k = 0; k < STEPS; k++) {
        for (int i = 0; i < COUNT; i++) {
          do {
            actions.indices()[i] = random.nextInt(choices);
          } while (now.legalActions().length > 0
              && !now.legalActions()[i * choices + actions.indices()[i]]);
        }
        long start = System.nanoTime();
        copies.step(actions);
        nanos += System.nanoTime() - start;
      }
      best = Math.max(best, 1e3 * STEPS * COUNT / nanos);
    }
    return best;
  }
}
