package org.jarl.env;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// What `N` copies answered to one step. One object per vector environment, refilled by each call.
///
/// A copy whose episode ended was reset at once: its row of `observations` is the first of the next
/// episode, its row of `finalObservations` the last of the old one. Rows of `finalObservations` of
/// copies that go on are undefined: what followed their action is in `observations`.
///
/// @param observations `[N, observation]`, native memory, in the space's element type
/// @param finalObservations `[N, observation]`, valid where `terminated` or `truncated`
/// @param rewards `[N]`, what a learner learns from
/// @param scores `[N]`, what counts in the returns that people compare: the rewards before any
///   clipping or scaling; the same array as `rewards` where nothing changes them
/// @param terminated `[N]`, the task itself ended: the value after it is zero
/// @param truncated `[N]`, cut by a limit: bootstrap from `finalObservations`
/// @param lifeLost `[N]`, of those terminated: a life ended and the game goes on, so its return
///   does too
/// @param legalActions `[N, A]` for environments with a mask, else empty; of `observations`
/// @param finalLegalActions `[N, A]` for environments with a mask, else empty; of
///   `finalObservations` and valid where they are: at least one action is legal where `truncated`,
///   all are where `terminated`, since nothing follows. Not part of the saved state: a learner
///   takes it with the step, and after [#load] it is all true
public record StepBatch(
    MemorySegment observations,
    MemorySegment finalObservations,
    float[] rewards,
    float[] scores,
    boolean[] terminated,
    boolean[] truncated,
    boolean[] lifeLost,
    boolean[] legalActions,
    boolean[] finalLegalActions)
    implements Checkpointable {

  /// A cache line, so that rows start where vector loads like them.
  private static final long ALIGNMENT = 64;

  /// A batch of zeros, with every action legal; its scores are its rewards.
  ///
  /// @param count number of copies, `N`
  /// @param arena owner of the native memory
  public static StepBatch allocate(EnvironmentSpec spec, int count, Arena arena) {
    long bytes = Math.multiplyExact(count, spec.observationSpace().bytes());
    boolean[] legal = new boolean[Math.multiplyExact(count, spec.maskSize())];
    Arrays.fill(legal, true);
    float[] rewards = new float[count];
    return new StepBatch(
        arena.allocate(bytes, ALIGNMENT),
        arena.allocate(bytes, ALIGNMENT),
        rewards,
        rewards,
        new boolean[count],
        new boolean[count],
        new boolean[count],
        legal,
        legal.clone());
  }

  /// The same memory with scores of their own.
  StepBatch withOwnScores() {
    return withRewards(rewards, new float[rewards.length]);
  }

  /// A batch of the same memory with other rewards and scores, as a wrapper shows it.
  ///
  /// @param newRewards `[N]`
  /// @param newScores `[N]`
  public StepBatch withRewards(float[] newRewards, float[] newScores) {
    return new StepBatch(
        observations,
        finalObservations,
        newRewards,
        newScores,
        terminated,
        truncated,
        lifeLost,
        legalActions,
        finalLegalActions);
  }

  /// A batch of the same memory with other observations, as a wrapper shows it.
  ///
  /// @param now `[N, observation]`
  /// @param last `[N, observation]`, the final observations
  public StepBatch withObservations(MemorySegment now, MemorySegment last) {
    return new StepBatch(
        now,
        last,
        rewards,
        scores,
        terminated,
        truncated,
        lifeLost,
        legalActions,
        finalLegalActions);
  }

  /// Whether the episode of copy `i` ended with this step, either way.
  public boolean ended(int i) {
    return terminated[i] || truncated[i];
  }

  /// Whether the whole game of copy `i` ended with this step: an end that is not only that of a
  /// life.
  public boolean gameEnded(int i) {
    return ended(i) && !lifeLost[i];
  }

  @Override
  public void save(StateWriter to) {
    to.putBytes(observations);
    to.putBytes(finalObservations);
    to.putFloats(rewards);
    to.putFloats(scores);
    to.putBooleans(terminated);
    to.putBooleans(truncated);
    to.putBooleans(lifeLost);
    to.putBooleans(legalActions);
  }

  @Override
  public void load(StateReader from) {
    from.getBytes(observations);
    from.getBytes(finalObservations);
    from.getFloats(rewards);
    from.getFloats(scores);
    from.getBooleans(terminated);
    from.getBooleans(truncated);
    from.getBooleans(lifeLost);
    from.getBooleans(legalActions);
    Arrays.fill(finalLegalActions, true);
  }
}
