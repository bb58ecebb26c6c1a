package org.jarl.agents.maths;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class AdvantagesTest {
  private static final boolean[] NEVER = {false, false, false};
  private static final boolean[] AFTER_STEP_1 = {false, true, false};
  private static final float NONE = Float.NaN;

  private static float[] f(float... values) {
    return values;
  }

  /// Three steps of one copy with rewards 1, 1, 5, values 1, 2, 3 and 4 after the rollout, and a
  /// final observation of value 8 after step 1.
  private static Rollout three(boolean[] terminated, boolean[] truncated) {
    return new Rollout(
        1,
        f(1, 1, 5),
        f(1, 2, 3, 4),
        f(NONE, truncated[1] ? 8 : NONE, NONE),
        terminated,
        truncated);
  }

  /// Advantages, and after them the returns.
  private static float[][] gae(Rollout rollout, float gamma, float lambda) {
    float[][] out = new float[2][rollout.rewards().length];
    Advantages.gae(rollout, gamma, lambda, out[0], out[1]);
    return out;
  }

  /// gamma 0.5, lambda 0.5: the deltas are 1 + 1 - 1 = 1, 1 + 1.5 - 2 = 0.5 and 5 + 2 - 3 = 4, so
  /// the advantages 1 + 0.25 * 1.5, 0.5 + 0.25 * 4 and 4.
  @Test
  void surprisesReachBackWithGammaTimesLambda() {
    float[][] out = gae(three(NEVER, NEVER), 0.5f, 0.5f);
    assertArrayEquals(f(1.375f, 1.5f, 4), out[0]);
    assertArrayEquals(f(2.375f, 3.5f, 7), out[1]);
  }

  /// Step 1 is worth 1 + 0.5 * 8 - 2 = 3, and step 0 gets a quarter of it; step 2, of the next
  /// episode, changes nothing before it.
  @Test
  void truncatedStepsBootstrapFromTheirFinalObservation() {
    float[][] out = gae(three(NEVER, AFTER_STEP_1), 0.5f, 0.5f);
    assertArrayEquals(f(1.75f, 3, 4), out[0]);
    assertArrayEquals(f(2.75f, 5, 7), out[1]);
  }

  /// Step 1 is worth 1 - 2 = -1.
  @Test
  void terminatedStepsDoNotBootstrap() {
    float[][] out = gae(three(AFTER_STEP_1, NEVER), 0.5f, 0.5f);
    assertArrayEquals(f(0.75f, -1, 4), out[0]);
    assertArrayEquals(f(1.75f, 1, 7), out[1]);
  }

  @Test
  void stepsThatAreTerminatedAndTruncatedCountAsTerminated() {
    assertArrayEquals(
        gae(three(AFTER_STEP_1, NEVER), 0.5f, 0.5f),
        gae(three(AFTER_STEP_1, AFTER_STEP_1), 0.5f, 0.5f));
  }

  /// The value after the rollout is NaN here: an end at the last step leaves it unread.
  @Test
  void anEndAtTheLastStepIsAnEnd() {
    boolean[] yes = {true};
    boolean[] no = {false};
    float[] values = f(2, NONE);
    float[] final8 = f(8);
    assertEquals(-1, gae(new Rollout(1, f(1), values, f(NONE), yes, no), 0.5f, 1)[0][0]);
    assertEquals(3, gae(new Rollout(1, f(1), values, final8, no, yes), 0.5f, 1)[0][0]);
  }

  /// One step: 1 + 0.5 * 4 - 2.
  @Test
  void aRolloutOfOneStepBootstrapsFromWhatFollowsIt() {
    boolean[] no = {false};
    var rollout = new Rollout(1, f(1), f(2, 4), f(NONE), no, no);
    assertArrayEquals(new float[][] {{1}, {3}}, gae(rollout, 0.5f, 0.9f));
  }

  @Test
  void lambdaZeroIsTheTemporalDifference() {
    assertArrayEquals(f(1, 0.5f, 4), gae(three(NEVER, NEVER), 0.5f, 0)[0]);
    assertArrayEquals(f(1, 3, 4), gae(three(NEVER, AFTER_STEP_1), 0.5f, 0)[0]);
  }

  /// 5 + 0.5 * 4 = 7, 1 + 0.5 * 7 = 4.5 and 1 + 0.5 * 4.5 = 3.25; with the end after step 1, 1 and
  /// 1.5.
  @Test
  void lambdaOneIsMonteCarloLessTheValues() {
    float[][] out = gae(three(NEVER, NEVER), 0.5f, 1);
    assertArrayEquals(f(3.25f, 4.5f, 7), out[1]);
    assertArrayEquals(f(2.25f, 2.5f, 4), out[0]);
    assertArrayEquals(f(1.5f, 1, 7), gae(three(AFTER_STEP_1, NEVER), 0.5f, 1)[1]);
  }

  @Test
  void gammaZeroSeesTheRewardAlone() {
    assertArrayEquals(f(0, -1, 2), gae(three(NEVER, NEVER), 0, 0.9f)[0]);
    assertArrayEquals(f(0, -1, 2), gae(three(NEVER, AFTER_STEP_1), 0, 0.9f)[0]);
  }

  /// The copies of [#three] truncated and terminated, side by side.
  @Test
  void copiesDoNotMix() {
    var both =
        new Rollout(
            2,
            f(1, 1, 1, 1, 5, 5),
            f(1, 1, 2, 2, 3, 3, 4, 4),
            f(NONE, NONE, 8, NONE, NONE, NONE),
            new boolean[] {false, false, false, true, false, false},
            new boolean[] {false, false, true, false, false, false});
    float[][] out = gae(both, 0.5f, 0.5f);
    assertArrayEquals(f(1.75f, 0.75f, 3, -1, 4, 4), out[0]);
    assertArrayEquals(f(2.75f, 1.75f, 5, 1, 7, 7), out[1]);
  }

  /// 3 + 0.5 * 4 = 5, 2 + 0.5 * 5 = 4.5, 1 + 0.5 * 4.5 = 3.25; the neighbours stay.
  @Test
  void returnsToGoAreDiscountedSumsOfOneEpisode() {
    float[] out = f(-7, 0, 0, 0, -7);
    Advantages.returnsToGo(f(100, 1, 2, 3, 100), 1, 4, 0.5f, 4, out);
    assertArrayEquals(f(-7, 3.25f, 4.5f, 5, -7), out);
    Advantages.returnsToGo(f(100, 1, 2, 3, 100), 1, 4, 1, 0, out);
    assertArrayEquals(f(-7, 6, 5, 3, -7), out);
    Advantages.returnsToGo(f(100, 1, 2, 3, 100), 1, 4, 0, 9, out);
    assertArrayEquals(f(-7, 1, 2, 3, -7), out);
  }

  @Test
  void returnsToGoMayReplaceTheRewards() {
    float[] rewards = f(1, 2, 3);
    Advantages.returnsToGo(rewards, 0, 3, 0.5f, 4, rewards);
    assertArrayEquals(f(3.25f, 4.5f, 5), rewards);
  }

  private static void assertRefused(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void factorsOutsideZeroToOneAreRefused() {
    Rollout rollout = three(NEVER, NEVER);
    assertRefused("gamma must be between 0 and 1, got 1.01", () -> gae(rollout, 1.01f, 0.5f));
    assertRefused("lambda must be between 0 and 1, got -0.5", () -> gae(rollout, 0.5f, -0.5f));
    assertRefused("lambda must be between 0 and 1, got NaN", () -> gae(rollout, 0.5f, Float.NaN));
    assertRefused(
        "gamma must be between 0 and 1, got 2.0",
        () -> Advantages.returnsToGo(f(1), 0, 1, 2, 0, f(0)));
  }

  @Test
  void stepsOutsideTheArraysAreRefused() {
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Advantages.returnsToGo(f(1, 2), 0, 2, 0.5f, 0, f(0)));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Advantages.returnsToGo(f(1, 2), 2, 1, 0.5f, 0, f(0, 0)));
  }

  @Test
  void arraysOfAnotherLengthAreRefused() {
    boolean[] four = new boolean[4];
    assertRefused(
        "Rollout.copies must be at least 1, got 0",
        () -> new Rollout(0, f(1), f(1), f(1), four, four));
    assertRefused(
        "length of rewards must be a multiple of 2 copies, and not 0, got 3",
        () -> new Rollout(2, f(1, 1, 1), f(1), f(1), four, four));
    assertRefused(
        "length of rewards must be a multiple of 2 copies, and not 0, got 0",
        () -> new Rollout(2, f(), f(1, 1), f(), new boolean[0], new boolean[0]));
    assertRefused(
        "length of values must be 6 (3 steps of 2 copies), got 4",
        () -> new Rollout(2, new float[4], new float[4], new float[4], four, four));
    assertRefused(
        "length of finalValues must be 4 (2 steps of 2 copies), got 6",
        () -> new Rollout(2, new float[4], new float[6], new float[6], four, four));
    assertRefused(
        "length of terminated must be 4 (2 steps of 2 copies), got 3",
        () -> new Rollout(2, new float[4], new float[6], new float[4], NEVER, four));
    assertRefused(
        "length of truncated must be 4 (2 steps of 2 copies), got 3",
        () -> new Rollout(2, new float[4], new float[6], new float[4], four, NEVER));
    Rollout rollout = three(NEVER, NEVER);
    assertRefused(
        "length of advantages must be 3 (3 steps of 1 copies), got 2",
        () -> Advantages.gae(rollout, 0.5f, 0.5f, new float[2], new float[3]));
    assertRefused(
        "length of returns must be 3 (3 steps of 1 copies), got 4",
        () -> Advantages.gae(rollout, 0.5f, 0.5f, new float[3], new float[4]));
  }
}
