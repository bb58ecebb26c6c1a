package org.jarl.agents.maths;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VTraceTest {
  private static final boolean[] NEVER = {false, false};
  private static final boolean[] AFTER_STEP_0 = {true, false};
  private static final VTrace PAPER = new VTrace(0.5f, 1, 1, 1);

  private static float[] f(float... values) {
    return values;
  }

  /// Two steps of one copy with rewards of 1, values 1 and 2 and 4 after the rollout, and a final
  /// observation of value 8 after step 0.
  private static Rollout two(boolean[] terminated, boolean[] truncated) {
    return new Rollout(
        1, f(1, 1), f(1, 2, 4), f(truncated[0] ? 8 : Float.NaN, Float.NaN), terminated, truncated);
  }

  /// Targets, and after them the advantages.
  private static float[][] correct(VTrace vtrace, Rollout rollout, float... ratios) {
    float[][] out = new float[2][ratios.length];
    vtrace.correct(rollout, ratios, out[0], out[1]);
    return out;
  }

  /// Step 1: rho = 1, delta = 1 + 2 - 2 = 1, v = 3. Step 0: rho = c = 0.5, delta = 0.5 (1 + 1 - 1),
  /// v = 1 + 0.5 + 0.25 (3 - 2), A = 0.5 (1 + 1.5 - 1).
  @Test
  void ratiosWeighSurprisesAndTraces() {
    float[][] out = correct(PAPER, two(NEVER, NEVER), 0.5f, 2);
    assertArrayEquals(f(1.75f, 3), out[0]);
    assertArrayEquals(f(0.75f, 1), out[1]);
  }

  /// Step 1: rho = 2, delta = 2, v = 4. Step 0: rho = 3 and c = 2 of a ratio of 4: delta = 3, v = 1
  /// + 3 + 0.5 * 2 (4 - 2), A = 3 (1 + 2 - 1). With c = 1, v = 1 + 3 + 0.5 (4 - 2).
  @Test
  void surprisesAndTracesAreClippedEachByItsBound() {
    float[][] out = correct(new VTrace(0.5f, 1, 3, 2), two(NEVER, NEVER), 4, 2);
    assertArrayEquals(f(6, 4), out[0]);
    assertArrayEquals(f(6, 2), out[1]);
    out = correct(new VTrace(0.5f, 1, 3, 1), two(NEVER, NEVER), 4, 2);
    assertArrayEquals(f(5, 4), out[0]);
    assertArrayEquals(f(6, 2), out[1]);
  }

  @Test
  void ratiosBeyondTheBoundsChangeNothing() {
    Rollout rollout = two(NEVER, NEVER);
    assertArrayEquals(correct(PAPER, rollout, 1, 1), correct(PAPER, rollout, 1000, 7));
  }

  /// As [#ratiosWeighSurprisesAndTraces], with c = 0.25.
  @Test
  void lambdaShortensTheTraces() {
    float[][] out = correct(new VTrace(0.5f, 0.5f, 1, 1), two(NEVER, NEVER), 0.5f, 2);
    assertArrayEquals(f(1.625f, 3), out[0]);
    assertArrayEquals(f(0.75f, 1), out[1]);
  }

  /// delta = 0.5 (1 + 0.5 * 8 - 1) = 2, and nothing of step 1.
  @Test
  void truncatedStepsBootstrapFromTheirFinalObservation() {
    float[][] out = correct(PAPER, two(NEVER, AFTER_STEP_0), 0.5f, 2);
    assertArrayEquals(f(3, 3), out[0]);
    assertArrayEquals(f(2, 1), out[1]);
  }

  /// delta = 0.5 (1 - 1) = 0.
  @Test
  void terminatedStepsDoNotBootstrap() {
    float[][] out = correct(PAPER, two(AFTER_STEP_0, NEVER), 0.5f, 2);
    assertArrayEquals(f(1, 3), out[0]);
    assertArrayEquals(f(0, 1), out[1]);
    assertArrayEquals(out, correct(PAPER, two(AFTER_STEP_0, AFTER_STEP_0), 0.5f, 2));
  }

  private static final int STEPS = 9;
  private static final int COPIES = 3;

  /// Episodes of a few steps, ended in all ways.
  private static Rollout random(SplittableRandom random) {
    int length = STEPS * COPIES;
    boolean[] terminated = new boolean[length];
    boolean[] truncated = new boolean[length];
    float[] finalValues = new float[length];
    for (int i = 0; i < length; i++) {
      terminated[i] = random.nextInt(5) == 0;
      truncated[i] = random.nextInt(5) == 0;
      finalValues[i] = truncated[i] ? numbers(random, 1)[0] : Float.NaN;
    }
    return new Rollout(
        COPIES,
        numbers(random, length),
        numbers(random, length + COPIES),
        finalValues,
        terminated,
        truncated);
  }

  private static float[] numbers(SplittableRandom random, int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextDouble(-2, 2);
    }
    return numbers;
  }

  /// The n-step Bellman target for lambda 1, TD(lambda) for others (remark 2).
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void onPolicyTargetsAreGeneralizedAdvantagesAndValues(int seed) {
    Rollout rollout = random(new SplittableRandom(seed));
    float[] ones = new float[STEPS * COPIES];
    Arrays.fill(ones, 1);
    float[] advantages = new float[ones.length];
    float[] returns = new float[ones.length];
    Advantages.gae(rollout, 0.9f, 1, advantages, returns);
    float[][] out = correct(new VTrace(0.9f, 1, 1, 1), rollout, ones);
    assertArrayEquals(returns, out[0], 1e-5f, "seed " + seed);
    assertArrayEquals(advantages, out[1], 1e-5f, "seed " + seed);
    Advantages.gae(rollout, 0.9f, 0.7f, advantages, returns);
    out = correct(new VTrace(0.9f, 0.7f, 1, 1), rollout, ones);
    assertArrayEquals(returns, out[0], 1e-5f, "seed " + seed);
  }

  /// `v_s = V(x_s) + sum_t gamma^(t-s) (c_s ... c_{t-1}) delta_t` as it is written, over the rest
  /// of the episode.
  private static double equation1(Rollout rollout, float[] ratios, int start, VTrace vtrace) {
    double sum = rollout.values()[start];
    double weight = 1;
    for (int i = start; i < ratios.length; i += COPIES) {
      boolean terminated = rollout.terminated()[i];
      boolean truncated = rollout.truncated()[i];
      double next = rollout.values()[i + COPIES];
      if (terminated || truncated) {
        next = terminated ? 0 : rollout.finalValues()[i];
      }
      double rho = Math.min(vtrace.rhoBar(), ratios[i]);
      sum += weight * rho * (rollout.rewards()[i] + vtrace.gamma() * next - rollout.values()[i]);
      if (terminated || truncated) {
        break;
      }
      weight *= vtrace.gamma() * vtrace.lambda() * Math.min(vtrace.cBar(), ratios[i]);
    }
    return sum;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void targetsAreTheSumsOfEquation1(int seed) {
    var random = new SplittableRandom(seed);
    Rollout rollout = random(random);
    float[] ratios = new float[STEPS * COPIES];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = (float) Math.exp(random.nextDouble(-1, 1));
    }
    VTrace vtrace = new VTrace(0.9f, 0.8f, 1.5f, 1.2f);
    float[][] out = correct(vtrace, rollout, ratios);
    for (int i = 0; i < ratios.length; i++) {
      assertEquals(
          equation1(rollout, ratios, i, vtrace), out[0][i], 1e-5, "seed " + seed + ", step " + i);
    }
  }

  private static void assertRefused(String message, Runnable call) {
    var e = assertThrows(IllegalArgumentException.class, call::run);
    assertEquals(message, e.getMessage());
  }

  @Test
  void factorsOutOfRangeAreRefused() {
    assertRefused("VTrace.gamma must be between 0 and 1, got 1.5", () -> new VTrace(1.5f, 1, 1, 1));
    assertRefused("VTrace.lambda must be between 0 and 1, got -1.0", () -> new VTrace(1, -1, 1, 1));
    assertRefused("VTrace.rhoBar must be above 0, got 0.0", () -> new VTrace(1, 1, 0, 1));
    assertRefused(
        "VTrace.cBar must be above 0 and at most rhoBar (1.0), got 2.0",
        () -> new VTrace(1, 1, 1, 2));
    assertRefused(
        "VTrace.cBar must be above 0 and at most rhoBar (1.0), got NaN",
        () -> new VTrace(1, 1, 1, Float.NaN));
  }

  @Test
  void arraysOfAnotherLengthAreRefused() {
    Rollout rollout = two(NEVER, NEVER);
    assertRefused(
        "length of ratios must be 2 (2 steps of 1 copies), got 3",
        () -> PAPER.correct(rollout, new float[3], new float[2], new float[2]));
    assertRefused(
        "length of targets must be 2 (2 steps of 1 copies), got 3",
        () -> PAPER.correct(rollout, new float[2], new float[3], new float[2]));
    assertRefused(
        "length of advantages must be 2 (2 steps of 1 copies), got 1",
        () -> PAPER.correct(rollout, new float[2], new float[2], new float[1]));
  }
}
