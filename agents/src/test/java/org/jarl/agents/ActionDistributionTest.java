package org.jarl.agents;

import static org.jarl.agents.SmallGraphs.evaluate;
import static org.jarl.agents.SmallGraphs.evaluateAll;
import static org.jarl.agents.SmallGraphs.f;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jarl.agents.ActionDistribution.Categorical;
import org.jarl.agents.ActionDistribution.DiagonalGaussian;
import org.jarl.agents.ActionDistribution.MultiCategorical;
import org.jarl.agents.ActionDistribution.StateDependentGaussian;
import org.jarl.agents.SmallGraphs.Trace;
import org.jarl.nn.Gradients;
import org.jarl.nn.Graph;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.junit.jupiter.api.Test;

class ActionDistributionTest {

  // ---- numbers worked by hand

  /// Probabilities 1/8, 2/8 and 5/8: the entropy is ln(8)/8 + ln(4)/4 + 5/8 ln(8/5) = 0.900256.
  @Test
  void aChoiceHasTheProbabilitiesOfItsLogits() {
    List<float[]> results =
        evaluateAll(t -> {
          float[] row = f(Math.log(1), Math.log(2), Math.log(5));
          Tensor logits = t.f32(row, 1, 3).broadcastTo(Shape.of(3, 3));
          var choice = new Categorical(logits, null);
          return List.of(
              choice.logProbability(t.i32(new int[] {0, 1, 2}, 3)),
              choice.entropy(),
              choice.mode());
        });
    assertArrayEquals(f(-2.079442, -1.386294, -0.470004), results.get(0), 1e-6f);
    assertArrayEquals(f(0.900256, 0.900256, 0.900256), results.get(1), 1e-6f);
    assertArrayEquals(f(2, 2, 2), results.get(2));
  }

  /// Without the third action 1/3 and 2/3: the entropy is ln(3)/3 + 2/3 ln(3/2) = 0.636514.
  @Test
  void anIllegalActionHasTheProbabilityZero() {
    List<float[]> results =
        evaluateAll(t -> {
          float[] row = f(Math.log(1), Math.log(2), Math.log(5));
          Tensor logits = t.f32(row, 1, 3).broadcastTo(Shape.of(3, 3));
          Tensor legal = t.f32(f(1, 1, 0), 1, 3).broadcastTo(Shape.of(3, 3));
          var choice = new Categorical(logits, legal);
          return List.of(
              choice.logProbability(t.i32(new int[] {0, 1, 2}, 3)).exp(),
              choice.entropy(),
              choice.mode());
        });
    assertArrayEquals(f(1.0 / 3, 2.0 / 3, 0), results.get(0), 1e-6f);
    assertEquals(0f, results.get(0)[2]);
    assertArrayEquals(f(0.636514, 0.636514, 0.636514), results.get(1), 1e-6f);
    assertArrayEquals(f(1, 1, 1), results.get(2));
  }

  /// Choices of 1/4 and 3/4, and of 1/2, 1/4 and 1/4: (1, 0) has 3/8 and (0, 2) has 1/16; the
  /// entropy is 0.562335 + 1.039721.
  @Test
  void severalChoicesMultiply() {
    List<float[]> results =
        evaluateAll(t -> {
          float[] row = f(0, Math.log(3), Math.log(2), 0, 0);
          Tensor logits = t.f32(row, 1, 5).broadcastTo(Shape.of(2, 5));
          var choices = new MultiCategorical(logits, List.of(2, 3));
          return List.of(
              choices.logProbability(t.i32(new int[] {1, 0, 0, 2}, 2, 2)).exp(),
              choices.entropy(),
              choices.mode());
        });
    assertArrayEquals(f(3.0 / 8, 1.0 / 16), results.get(0), 1e-6f);
    assertArrayEquals(f(1.602056, 1.602056), results.get(1), 1e-6f);
    assertArrayEquals(f(1, 0, 1, 0), results.get(2));
  }

  /// Deviations 1 and 2 about 0 and 1, actions 1 and 5: -1/2 - 0.918939 - 4/2 - ln(2) - 0.918939;
  /// the entropy is 2 * 1.418939 + ln(2).
  @Test
  void numbersHaveTheDensityOfNormalOnes() {
    List<float[]> results =
        evaluateAll(t -> {
          var numbers = new DiagonalGaussian(t.f32(f(0, 1), 1, 2), t.f32(f(0, Math.log(2)), 2));
          return List.of(
              numbers.logProbability(t.f32(f(1, 5), 1, 2)), numbers.entropy(), numbers.mode());
        });
    assertArrayEquals(f(-5.031024), results.get(0), 1e-5f);
    assertArrayEquals(f(3.531024), results.get(1), 1e-5f);
    assertArrayEquals(f(0, 1), results.get(2));
  }

  /// Features 3 and 4 with deviations of 1 give a deviation of 5: the action is 2 of them from the
  /// mean, -2 - ln(5) - 0.918939. Features of 0 leave the deviation of 1e-3.
  @Test
  void stateDependentDeviationsFollowTheFeatures() {
    List<float[]> results =
        evaluateAll(t -> {
          var numbers =
              new StateDependentGaussian(
                  t.f32(f(1, 1), 2, 1), t.f32(f(3, 4, 0, 0), 2, 2), t.f32(f(0, 0), 2, 1));
          return List.of(
              numbers.logProbability(t.f32(f(11, 1), 2, 1)), numbers.entropy(), numbers.mode());
        });
    assertArrayEquals(f(-4.528377, 5.988817), results.get(0), 1e-5f);
    assertArrayEquals(f(3.028377, -5.488817), results.get(1), 1e-5f);
    assertArrayEquals(f(1, 1), results.get(2));
  }

  // ---- values and gradients against plain formulas

  private interface Plain {
    /// `[N]`, from arrays in double precision.
    double[] of(List<double[]> arrays);
  }

  /// Values, and the gradients of `sum_n (n + 1) value_n` against central differences.
  private static void assertAgrees(
      int[][] shapes, BiFunction<Trace, List<Tensor>, Tensor> traced, Plain plain) {
    var random = new SplittableRandom(7);
    List<double[]> arrays = new ArrayList<>();
    for (int[] shape : shapes) {
      double[] array = new double[Shape.of(shape).elements()];
      Arrays.setAll(array, _ -> (float) (2 * random.nextDouble() - 1));
      arrays.add(array);
    }
    List<float[]> results =
        evaluateAll(t -> {
          List<Tensor> inputs = new ArrayList<>();
          for (int i = 0; i < shapes.length; i++) {
            inputs.add(t.f32(f(arrays.get(i)), shapes[i]));
          }
          Tensor value = traced.apply(t, inputs);
          double[] weights = new double[value.shape().elements()];
          Arrays.setAll(weights, n -> n + 1);
          Tensor loss = value.times(t.f32(f(weights), weights.length)).sum();
          List<Tensor> all = new ArrayList<>(List.of(value));
          all.addAll(Gradients.of(loss, inputs));
          return all;
        });
    double[] expected = plain.of(arrays);
    assertArrayEquals(f(expected), results.getFirst(), 1e-5f, "values");
    for (int i = 0; i < shapes.length; i++) {
      double[] array = arrays.get(i);
      for (int k = 0; k < array.length; k++) {
        double middle = array[k];
        array[k] = middle + 1e-4;
        double above = weighted(plain.of(arrays));
        array[k] = middle - 1e-4;
        double below = weighted(plain.of(arrays));
        array[k] = middle;
        double difference = (above - below) / 2e-4;
        assertEquals(
            difference, results.get(i + 1)[k], 2e-5, "gradient of array " + i + " element " + k);
      }
    }
  }

  private static double weighted(double[] values) {
    double sum = 0;
    for (int n = 0; n < values.length; n++) {
      sum += (n + 1) * values[n];
    }
    return sum;
  }

  /// Of the row that begins at `start`; 0 where not legal.
  private static double[] probabilities(double[] logits, int start, int[] legal) {
    double[] p = new double[legal.length];
    double sum = 0;
    for (int a = 0; a < p.length; a++) {
      p[a] = legal[a] == 1 ? Math.exp(logits[start + a]) : 0;
      sum += p[a];
    }
    for (int a = 0; a < p.length; a++) {
      p[a] /= sum;
    }
    return p;
  }

  private static double entropy(double[] probabilities) {
    double sum = 0;
    for (double p : probabilities) {
      sum -= p > 0 ? p * Math.log(p) : 0;
    }
    return sum;
  }

  /// Of three rows of four actions.
  private static void assertChoiceAgrees(int[][] legal, boolean masked) {
    int[] actions = {3, 2, 0};
    BiFunction<Trace, List<Tensor>, Categorical> choice =
        (t, inputs) -> new Categorical(inputs.getFirst(), masked ? t.f32(flat(legal), 3, 4) : null);
    int[][] shapes = {{3, 4}};
    assertAgrees(
        shapes,
        (t, inputs) -> choice.apply(t, inputs).logProbability(t.i32(actions, 3)),
        a -> rows(n -> Math.log(probabilities(a.getFirst(), 4 * n, legal[n])[actions[n]])));
    assertAgrees(
        shapes,
        (t, inputs) -> choice.apply(t, inputs).entropy(),
        a -> rows(n -> entropy(probabilities(a.getFirst(), 4 * n, legal[n]))));
  }

  private static double[] rows(IntToDoubleFunction value) {
    return IntStream.range(0, 3).mapToDouble(value).toArray();
  }

  private static float[] flat(int[][] rows) {
    return f(Arrays.stream(rows).flatMapToInt(Arrays::stream).asDoubleStream().toArray());
  }

  @Test
  void aChoiceAgreesWithPlainFormulasAndCentralDifferences() {
    assertChoiceAgrees(new int[][] {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}, false);
  }

  /// The plain formulas never look at illegal logits, so the expected gradients there are 0.
  @Test
  void aMaskedChoiceAgreesWithPlainFormulasAndCentralDifferences() {
    assertChoiceAgrees(new int[][] {{1, 0, 1, 1}, {0, 0, 1, 0}, {1, 1, 0, 0}}, true);
  }

  @Test
  void severalChoicesAgreeWithPlainFormulasAndCentralDifferences() {
    int[] actions = {1, 2, 3, 0, 0, 1, 1, 1, 2};
    int[] sizes = {2, 3, 4};
    int[][] shapes = {{3, 9}};
    int[] starts = {0, 2, 5};
    BiFunction<Integer, double[], List<double[]>> plain =
        (n, logits) ->
            IntStream.range(0, 3)
                .mapToObj(d -> probabilities(logits, 9 * n + starts[d], ones(sizes[d])))
                .toList();
    assertAgrees(
        shapes,
        (t, inputs) ->
            new MultiCategorical(inputs.getFirst(), List.of(2, 3, 4))
                .logProbability(t.i32(actions, 3, 3)),
        a ->
            rows(n -> {
              List<double[]> p = plain.apply(n, a.getFirst());
              return IntStream.range(0, 3)
                  .mapToDouble(d -> Math.log(p.get(d)[actions[3 * n + d]]))
                  .sum();
            }));
    assertAgrees(
        shapes,
        (_, inputs) -> new MultiCategorical(inputs.getFirst(), List.of(2, 3, 4)).entropy(),
        a ->
            rows(n ->
                plain.apply(n, a.getFirst()).stream()
                    .mapToDouble(ActionDistributionTest::entropy)
                    .sum()));
  }

  private static int[] ones(int size) {
    int[] ones = new int[size];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static double logDensity(double action, double mean, double variance) {
    double distance = action - mean;
    return -0.5 * (distance * distance / variance + Math.log(2 * Math.PI * variance));
  }

  private static double gaussianEntropy(double variance) {
    return 0.5 * Math.log(2 * Math.PI * Math.E * variance);
  }

  /// Mean, actions and deviations are inputs alike: also the actions' gradient is compared.
  @Test
  void numbersAgreeWithPlainFormulasAndCentralDifferences() {
    assertAgrees(
        new int[][] {{3, 2}, {3, 2}, {2}},
        (_, in) -> new DiagonalGaussian(in.get(0), in.get(2)).logProbability(in.get(1)),
        a ->
            rows(n ->
                IntStream.range(0, 2)
                    .mapToDouble(d ->
                        logDensity(
                            a.get(1)[2 * n + d], a.get(0)[2 * n + d], Math.exp(2 * a.get(2)[d])))
                    .sum()));
    assertAgrees(
        new int[][] {{3, 2}, {2}},
        (_, in) -> new DiagonalGaussian(in.get(0), in.get(1)).entropy(),
        a ->
            rows(_ ->
                IntStream.range(0, 2)
                    .mapToDouble(d -> gaussianEntropy(Math.exp(2 * a.get(1)[d])))
                    .sum()));
  }

  private static final double[] FEATURES = {
    0.3, -1.2, 0.5, 0.9, 0.1, -0.4, 2, 1, -0.7, 0.6, 0, 1.1
  };

  private static double variance(int n, int d, double[] logDeviation) {
    double sum = 1e-6;
    for (int i = 0; i < 4; i++) {
      double feature = (float) FEATURES[4 * n + i];
      sum += feature * feature * Math.exp(2 * logDeviation[2 * i + d]);
    }
    return sum;
  }

  @Test
  void stateDependentNumbersAgreeWithPlainFormulasAndCentralDifferences() {
    assertAgrees(
        new int[][] {{3, 2}, {3, 2}, {4, 2}},
        (t, in) ->
            new StateDependentGaussian(in.get(0), t.f32(f(FEATURES), 3, 4), in.get(2))
                .logProbability(in.get(1)),
        a ->
            rows(n ->
                IntStream.range(0, 2)
                    .mapToDouble(d ->
                        logDensity(
                            a.get(1)[2 * n + d], a.get(0)[2 * n + d], variance(n, d, a.get(2))))
                    .sum()));
    assertAgrees(
        new int[][] {{3, 2}, {4, 2}},
        (t, in) ->
            new StateDependentGaussian(in.get(0), t.f32(f(FEATURES), 3, 4), in.get(1)).entropy(),
        a ->
            rows(n ->
                IntStream.range(0, 2)
                    .mapToDouble(d -> gaussianEntropy(variance(n, d, a.get(1))))
                    .sum()));
  }

  @Test
  void noGradientReachesTheFeaturesThroughTheDeviation() {
    float[] gradient =
        evaluate(t -> {
          Tensor features = t.f32(f(FEATURES), 3, 4);
          var numbers =
              new StateDependentGaussian(
                  t.f32(f(1, 2, 3), 3, 1), features, t.f32(f(0.1, 0.2, 0.3, 0.4), 4, 1));
          Tensor loss = numbers.logProbability(t.f32(f(2, 2, 2), 3, 1)).sum();
          return Gradients.of(loss.plus(numbers.entropy().sum()), List.of(features)).getFirst();
        });
    assertArrayEquals(new float[12], gradient, 1e-30f);
  }

  @Test
  void theProbabilitiesOfAllActionsSumToOne() {
    List<float[]> results =
        evaluateAll(t -> {
          Tensor row = t.f32(f(0.3, -2, 1.5, 0.8, -0.1, 4), 1, 6);
          Tensor logits = row.broadcastTo(Shape.of(6, 6));
          Tensor legal = t.f32(f(1, 0, 1, 1, 0, 1), 1, 6).broadcastTo(Shape.of(6, 6));
          Tensor all = t.i32(new int[] {0, 1, 2, 3, 4, 5}, 6);
          Tensor pairs = t.i32(new int[] {0, 0, 0, 1, 0, 2, 1, 0, 1, 1, 1, 2}, 6, 2);
          Tensor five = row.slice(1, 0, 5).broadcastTo(Shape.of(6, 5));
          return List.of(
              new Categorical(logits, null).logProbability(all).exp().sum(),
              new Categorical(logits, legal).logProbability(all).exp().sum(),
              new MultiCategorical(five, List.of(2, 3)).logProbability(pairs).exp().sum());
        });
    results.forEach(sum -> assertEquals(1, sum[0], 1e-6));
  }

  // ---- corners

  /// The smallest and the largest uniform number: the one legal action gets the least noise, the
  /// others the most, and the reverse.
  @Test
  void theOneLegalActionIsDrawnWhateverTheNoise() {
    float most = 1 - 0x1p-24f;
    for (int only = 0; only < 3; only++) {
      float[] legal = new float[3];
      legal[only] = 1;
      float[] least = {most, most, most};
      least[only] = 0;
      float[] greatest = new float[3];
      greatest[only] = most;
      float[] drawn =
          evaluate(t ->
              new Categorical(
                      t.f32(f(1e4, 0, -1e4), 1, 3).broadcastTo(Shape.of(3, 3)),
                      t.f32(legal, 1, 3).broadcastTo(Shape.of(3, 3)))
                  .sample(
                      Tensor.concat(
                          0,
                          List.of(
                              t.f32(least, 1, 3),
                              t.f32(greatest, 1, 3),
                              t.f32(new float[3], 1, 3)))));
      assertArrayEquals(f(only, only, only), drawn);
    }
  }

  /// Both actions get the least noise, so that the larger logit wins; an action with noise from 0
  /// still wins when its logit is large enough.
  @Test
  void aUniformNumberOfZeroDoesNoHarm() {
    float[] drawn =
        evaluate(t ->
            new Categorical(t.f32(f(0, 1, 0, 25), 2, 2), null)
                .sample(t.f32(new float[] {0, 0, 1 - 0x1p-24f, 0}, 2, 2)));
    assertArrayEquals(f(1, 1), drawn);
  }

  /// Three logits 1e4 apart, all legal, the largest illegal, and only the smallest legal.
  @Test
  void hugeLogitsGiveNumbers() {
    List<float[]> results =
        evaluateAll(t -> {
          Tensor row = t.f32(f(1e4, 0, -1e4), 1, 3);
          Tensor legal = t.f32(f(1, 1, 1, 0, 1, 1, 0, 0, 1), 3, 3);
          var choice = new Categorical(row.broadcastTo(Shape.of(3, 3)), legal);
          Tensor logProbability = choice.logProbability(t.i32(new int[] {1, 2, 2}, 3));
          Tensor entropy = choice.entropy();
          Tensor loss = logProbability.plus(entropy).sum();
          return List.of(
              logProbability,
              entropy,
              choice.mode(),
              choice.sample(1, t.counter(1)),
              Gradients.of(loss, List.of(row)).getFirst());
        });
    assertArrayEquals(f(-1e4, -1e4, 0), results.get(0), 1e-30f);
    assertArrayEquals(f(0, 0, 0), results.get(1), 1e-30f);
    assertArrayEquals(f(0, 1, 2), results.get(2));
    assertArrayEquals(f(0, 1, 2), results.get(3));
    // log p of the second best: its own logit up, the best one's down; nothing where p is 1.
    assertArrayEquals(f(-1, 0, 1), results.get(4), 1e-30f);
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsShape() {
    Graph graph = new Graph("actor");
    Tensor two = graph.input("two", 2, 3);
    Tensor one = graph.input("one", 3);
    assertRefused(
        "one choice needs logits [N, A], got [3] in program actor",
        () -> new Categorical(one, null));
    assertRefused(
        "a mask needs the shape of the logits [2, 3], got [3] in program actor",
        () -> new Categorical(two, one));
    assertRefused(
        "choices of [2, 2] need logits [N, 4], got [2, 3] in program actor",
        () -> new MultiCategorical(two, List.of(2, 2)));
    assertRefused(
        "numbers need means [N, D], got [3] in program actor",
        () -> new DiagonalGaussian(one, one));
    assertRefused(
        "deviations need the shape [3], got [2, 3] in program actor",
        () -> new DiagonalGaussian(two, two));
    assertRefused(
        "state-dependent noise needs features [2, F], got [3] in program actor",
        () -> new StateDependentGaussian(two, one, two));
    assertRefused(
        "deviations need the shape [3, 3], got [2, 3] in program actor",
        () -> new StateDependentGaussian(two, two, two));
  }

  private static void assertRefused(String message, Runnable making) {
    var e = assertThrows(IllegalArgumentException.class, making::run);
    assertEquals(message, e.getMessage());
  }
}
