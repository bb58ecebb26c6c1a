package org.jarl.env.classic;

import java.lang.foreign.Arena;
import org.jarl.env.Action;
import org.jarl.env.ActionBatch;
import org.jarl.env.Environment;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Step;

/// Measures steps per second of one thread with random actions, best of 150 rounds of some 15 ms
/// (short, so that some of them have the core for themselves on a busy machine): the batch of 1024
/// copies with resets, limits, rewards and final observations, and one copy behind [Environment].
/// The command is in README.md.
final class CartPoleSpeed {
  private static final int COUNT = 1024;
  private static final int ROUNDS = 150;

  private CartPoleSpeed() {}

  /// Prints both figures.
  public static void main(String[] arguments) {
    ActionBatch[] actions = new ActionBatch[64];
    RandomStream random = RandomStream.of(1, "actions");
    for (int k = 0; k < actions.length; k++) {
      actions[k] = new ActionBatch(CartPole.SPEC.actionSpace(), COUNT);
      for (int i = 0; i < COUNT; i++) {
        actions[k].indices()[i] = random.nextInt(2);
      }
    }
    double batch = 0;
    double single = 0;
    for (int round = 0; round < ROUNDS; round++) {
      batch = Math.max(batch, batch(actions));
      single = Math.max(single, single(actions));
    }
    System.out.printf(
        "batch of %d: %.1f M steps/s, single: %.1f M steps/s%n", COUNT, batch, single);
  }

  /// Million steps per second.
  private static double batch(ActionBatch[] actions) {
    try (CartPoleBatch copies = new CartPoleBatch(COUNT)) {
      copies.reset(1);
      int steps = 1_000;
      long start = System.nanoTime();
      for (int k = 0; k < steps; k++) {
        copies.step(actions[k % actions.length]);
      }
      return 1e3 * steps * COUNT / (System.nanoTime() - start);
    }
  }

  private static double single(ActionBatch[] actions) {
    Environment environment = new CartPole();
    RandomStream random = RandomStream.of(1, "environment");
    var out = new Observation(CartPole.SPEC.observationSpace(), Arena.ofAuto().allocate(16, 64));
    var step = new Step(out, random, new boolean[0]);
    Action action = new Action();
    environment.reset(random, out);
    int steps = 500_000;
    long start = System.nanoTime();
    for (int k = 0; k < steps; k++) {
      ActionBatch row = actions[k / COUNT % actions.length];
      action.bind(row.indices(), row.values(), k % COUNT);
      step.clear();
      environment.step(action, step);
      if (step.terminated()) {
        environment.reset(random, out);
      }
    }
    return 1e3 * steps / (System.nanoTime() - start);
  }
}
