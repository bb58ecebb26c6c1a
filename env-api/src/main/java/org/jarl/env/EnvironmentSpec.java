package org.jarl.env;

/// What a learner must know of an environment before the first step.
///
/// @param observationSpace shape and type of what is seen
/// @param actionSpace what can be done
/// @param timeLimit steps after which an episode is truncated; 0 for none
/// @param masksActions whether some actions are illegal in some states; see [Step#legalActions]
/// @param rewardThreshold mean return at which the task counts as solved; NaN when undefined
/// @param stacking whether an observation holds several frames; see [Stacking]
public record EnvironmentSpec(
    Space.Box observationSpace,
    Space actionSpace,
    int timeLimit,
    boolean masksActions,
    double rewardThreshold,
    Stacking stacking) {
  public EnvironmentSpec {
    if (timeLimit < 0) {
      throw new IllegalArgumentException(
          "EnvironmentSpec.timeLimit must be 0 (none) or more, got " + timeLimit);
    }
    if (masksActions && !(actionSpace instanceof Space.Discrete)) {
      throw new IllegalArgumentException(
          "EnvironmentSpec.masksActions needs a Discrete action space, got " + actionSpace);
    }
    if (stacking.depth() > 1 && observationSpace.shape().getFirst() != stacking.depth()) {
      throw new IllegalArgumentException(
          "EnvironmentSpec.stacking of %d needs observations [%d, ...], got %s"
              .formatted(stacking.depth(), stacking.depth(), observationSpace.shape()));
    }
  }

  /// How an observation shows the latest frames of an episode together; a frame is what was seen at
  /// one step.
  ///
  /// The first axis of the observation space then has `depth` entries, the oldest first: `[4, 84,
  /// 84]` shows four frames of 84 x 84. From one step of an episode to the next all move up by one
  /// and the newest comes last, so a replay memory may keep each once. No entry is of another
  /// episode.
  ///
  /// @param depth frames shown together; 1 for no such axis
  /// @param padding what stands for the frames before the first of an episode
  public record Stacking(int depth, Padding padding) {
    /// One frame at a time.
    public static final Stacking NONE = new Stacking(1, Padding.FIRST);

    public Stacking {
      if (depth < 1) {
        throw new IllegalArgumentException("Stacking.depth must be at least 1, got " + depth);
      }
    }
  }

  /// What stands for the frames before the first of an episode.
  public enum Padding {
    /// Zeros.
    ZEROS,
    /// The first frame, repeated.
    FIRST
  }

  /// No time limit, all actions legal, no threshold, no stacking.
  public static EnvironmentSpec of(Space.Box observationSpace, Space actionSpace) {
    return new EnvironmentSpec(observationSpace, actionSpace, 0, false, Double.NaN, Stacking.NONE);
  }

  /// The same with episodes of at most `steps` steps.
  public EnvironmentSpec withTimeLimit(int steps) {
    return new EnvironmentSpec(
        observationSpace, actionSpace, steps, masksActions, rewardThreshold, stacking);
  }

  /// The same with a legal-action mask.
  public EnvironmentSpec withActionMask() {
    return new EnvironmentSpec(
        observationSpace, actionSpace, timeLimit, true, rewardThreshold, stacking);
  }

  /// The same with the mean return at which the task counts as solved.
  public EnvironmentSpec withRewardThreshold(double threshold) {
    return new EnvironmentSpec(
        observationSpace, actionSpace, timeLimit, masksActions, threshold, stacking);
  }

  /// The same spec with other observations, of one frame or of several.
  ///
  /// @param space with the frames along its first axis where there are several
  public EnvironmentSpec withStacking(Space.Box space, Stacking how) {
    return new EnvironmentSpec(space, actionSpace, timeLimit, masksActions, rewardThreshold, how);
  }

  /// Numbers in one action: 1, or the number of choices or values.
  public int actionSize() {
    return actionSpace.size();
  }

  /// Length of the legal-action mask: the number of choices of a discrete action, else 0.
  public int maskSize() {
    return masksActions && actionSpace instanceof Space.Discrete(int n) ? n : 0;
  }
}
