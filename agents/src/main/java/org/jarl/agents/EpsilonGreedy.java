package org.jarl.agents;

import org.jarl.agents.config.Schedule;
import org.jarl.env.ActionBatch;
import org.jarl.env.RandomStream;
import org.jarl.env.StepBatch;

/// Exploration of discrete actions: with probability epsilon a random legal action, else that of a
/// policy (Mnih et al. 2015, algorithm 1).
///
/// The random stream is its only state; the caller saves it. Nothing is allocated.
final class EpsilonGreedy implements AutoCloseable {
  private final Policy greedy;
  private final Schedule epsilon;
  private final int actionCount;
  private final RandomStream random;
  private final boolean[] explores;

  /// @param greedy is closed with this
  /// @param epsilon probability over agent steps
  /// @param actionCount number of actions, `A`
  /// @param count copies, `N`
  /// @param random one number per copy and step, and one more for each random action
  EpsilonGreedy(Policy greedy, Schedule epsilon, int actionCount, int count, RandomStream random) {
    this.greedy = greedy;
    this.epsilon = epsilon;
    this.actionCount = actionCount;
    this.random = random;
    explores = new boolean[count];
  }

  /// Chooses one action per copy.
  ///
  /// @param agentStep where the schedule of epsilon is
  /// @param out receives the actions
  void act(StepBatch seen, long agentStep, ActionBatch out) {
    float probability = epsilon.at(agentStep);
    boolean anyGreedy = false;
    for (int i = 0; i < explores.length; i++) {
      explores[i] = random.nextFloat() < probability;
      anyGreedy |= !explores[i];
    }
    if (anyGreedy) {
      greedy.act(seen.observations(), seen.legalActions(), random, out);
    }
    for (int i = 0; i < explores.length; i++) {
      if (explores[i]) {
        out.indices()[i] = randomAction(seen.legalActions(), i * actionCount);
      }
    }
  }

  /// @param row of `mask` where the copy's actions begin
  private int randomAction(boolean[] mask, int row) {
    if (mask.length == 0) {
      return random.nextInt(actionCount);
    }
    int legal = 0;
    for (int a = 0; a < actionCount; a++) {
      legal += mask[row + a] ? 1 : 0;
    }
    if (legal == 0) {
      throw GreedyPolicy.noLegalAction(row / actionCount, actionCount);
    }
    int action = 0;
    for (int left = random.nextInt(legal); left > 0 || !mask[row + action]; action++) {
      left -= mask[row + action] ? 1 : 0;
    }
    return action;
  }

  @Override
  public void close() {
    greedy.close();
  }
}
