package org.jarl.env;

import java.util.Arrays;

/// What one step of an environment fills in, in memory that the caller owns.
///
/// The caller clears it before the step: reward 0, going on, every action legal. A step either goes
/// on, ends the task ([#terminate]) or is cut ([#truncate]): there is no third flag and no way to
/// say "done" without saying which.
///
/// A game with several lives has two kinds of end: [#loseLife] ends what a learner sees as an
/// episode, and the game goes on. Returns are counted over whole games, from scores.
public final class Step {
  private Observation observation;
  private RandomStream random;
  private final boolean[] legalActions;
  private float reward;
  private float score;
  private boolean terminated;
  private boolean truncated;
  private boolean lifeLost;

  /// A step over the memory of a caller.
  ///
  /// @param legalActions `[A]`, empty for an environment without a mask
  public Step(Observation observation, RandomStream random, boolean[] legalActions) {
    this.observation = observation;
    this.random = random;
    this.legalActions = legalActions;
  }

  /// Points to the random stream of another copy; for vector environments.
  public void bind(RandomStream to) {
    this.random = to;
  }

  /// Points to another observation of the same space; for wrappers.
  public void bind(Observation to) {
    this.observation = to;
  }

  /// Prepares for the next step.
  public void clear() {
    reward = 0;
    score = 0;
    terminated = false;
    truncated = false;
    lifeLost = false;
    Arrays.fill(legalActions, true);
  }

  /// Where the new observation goes.
  public Observation observation() {
    return observation;
  }

  /// The only randomness that a step may use. It is saved with the environment by its owner.
  public RandomStream random() {
    return random;
  }

  /// `[A]`, which actions may be taken next; all true until the environment says otherwise. Empty
  /// for an environment whose spec has no mask. A step that truncates the episode says it, too:
  /// learners value the state that it led to. After one that terminates it is ignored.
  public boolean[] legalActions() {
    return legalActions;
  }

  /// Sets the reward of this step, and its score.
  public void reward(float value) {
    reward = value;
    score = value;
  }

  /// Sets what this step counts in the return that people compare, where that is not the reward:
  /// the unclipped points of a game. Call it after whatever sets the reward.
  public void score(float value) {
    score = value;
  }

  /// The task itself ended with this reward: there is nothing after it to value.
  public void terminate(float lastReward) {
    reward(lastReward);
    terminated = true;
  }

  /// Terminates for the learner alone: a life is lost and the game goes on. The next
  /// [Environment#reset] must continue the game, unless the whole game was ended by then.
  public void loseLife(float lastReward) {
    terminate(lastReward);
    lifeLost = true;
  }

  /// The episode is cut by a limit that is not part of the task: learners go on to value what would
  /// have followed.
  public void truncate() {
    truncated = true;
  }

  /// Reward of this step.
  public float reward() {
    return reward;
  }

  /// What this step counts in the return that people compare.
  public float score() {
    return score;
  }

  /// Whether the end is that of a life, and the game goes on.
  public boolean lifeLost() {
    return lifeLost;
  }

  /// Whether the task ended.
  public boolean terminated() {
    return terminated;
  }

  /// Whether the episode was cut.
  public boolean truncated() {
    return truncated;
  }
}
