package org.jarl.env;

/// What one step of an environment fills in, in memory that the caller owns.
///
/// The caller clears it before the step: reward 0, going on, every action legal. A step either goes
/// on, ends the task ([#terminate]) or is cut ([#truncate]): there is no third flag and no way to
/// say "done" without saying which.
public final class Step {
  private Observation observation;
  private RandomStream random;
  private final boolean[] legalActions;
  private float reward;
  private boolean terminated;
  private boolean truncated;

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
    terminated = false;
    truncated = false;
    java.util.Arrays.fill(legalActions, true);
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
  /// for an environment whose spec has no mask.
  public boolean[] legalActions() {
    return legalActions;
  }

  /// Sets the reward of this step.
  public void reward(float value) {
    reward = value;
  }

  /// The task itself ended with this reward: there is nothing after it to value.
  public void terminate(float lastReward) {
    reward = lastReward;
    terminated = true;
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

  /// Whether the task ended.
  public boolean terminated() {
    return terminated;
  }

  /// Whether the episode was cut.
  public boolean truncated() {
    return truncated;
  }
}
