package org.jarl.env;

/// What a learner must know of an environment before the first step.
///
/// @param observationSpace shape and type of what is seen
/// @param actionSpace what can be done
/// @param timeLimit steps after which an episode is truncated; 0 for none
/// @param masksActions whether some actions are illegal in some states; see [Step#legalActions]
/// @param rewardThreshold mean return at which the task counts as solved; NaN when undefined
public record EnvironmentSpec(
    Space.Box observationSpace,
    Space actionSpace,
    int timeLimit,
    boolean masksActions,
    double rewardThreshold) {
  public EnvironmentSpec {
    if (timeLimit < 0) {
      throw new IllegalArgumentException(
          "EnvironmentSpec.timeLimit must be 0 (none) or more, got " + timeLimit);
    }
    if (masksActions && !(actionSpace instanceof Space.Discrete)) {
      throw new IllegalArgumentException(
          "EnvironmentSpec.masksActions needs a Discrete action space, got " + actionSpace);
    }
  }

  /// No time limit, all actions legal, no threshold.
  public static EnvironmentSpec of(Space.Box observationSpace, Space actionSpace) {
    return new EnvironmentSpec(observationSpace, actionSpace, 0, false, Double.NaN);
  }

  /// The same with episodes of at most `steps` steps.
  public EnvironmentSpec withTimeLimit(int steps) {
    return new EnvironmentSpec(observationSpace, actionSpace, steps, masksActions, rewardThreshold);
  }

  /// The same with a legal-action mask.
  public EnvironmentSpec withActionMask() {
    return new EnvironmentSpec(observationSpace, actionSpace, timeLimit, true, rewardThreshold);
  }

  /// The same with the mean return at which the task counts as solved.
  public EnvironmentSpec withRewardThreshold(double threshold) {
    return new EnvironmentSpec(observationSpace, actionSpace, timeLimit, masksActions, threshold);
  }

  /// The same with other observations; wrappers use it.
  public EnvironmentSpec withObservationSpace(Space.Box space) {
    return new EnvironmentSpec(space, actionSpace, timeLimit, masksActions, rewardThreshold);
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
