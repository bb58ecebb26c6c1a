package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import org.jarl.nn.Op;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// The probabilities `pi(a|s)` that a policy gives to actions, as formulas in a graph.
///
/// `N` rows are independent of each other: copies when acting, transitions when learning.
sealed interface ActionDistribution {
  /// `log(2 pi)`.
  float LOG_TWO_PI = (float) Math.log(2 * Math.PI);

  /// The most probable action, of numbers their mean: `[N]` i32 for one choice, `[N, D]` i32 for
  /// several, `[N, D]` f32 for numbers.
  Tensor mode();

  /// Mean of the action: of choices (one-hot) the probability of each, `[N, A]`, of several choices
  /// one after the other; of numbers `[N, D]`.
  Tensor mean();

  /// `[N, D]`, the standard deviations of actions that are numbers; null for choices.
  default @Nullable Tensor stddev() {
    return null;
  }

  /// An action drawn by its probability, of the shape and type of [#mode]; no gradient.
  ///
  /// @param counter i32 `[2]`; use every value once with the same seed, unless the draw shall be
  ///   the same again
  Tensor sample(long seed, Tensor counter);

  /// `log pi(a|s)`, `[N]`, in nats.
  ///
  /// @param actions of the shape and type of [#mode]; indices out of range are not noticed
  Tensor logProbability(Tensor actions);

  /// `-E[log pi(a|s)]`, `[N]`, in nats.
  Tensor entropy();

  /// One choice among `A`.
  ///
  /// Logits of illegal actions become [#ILLEGAL], after which their probability is exactly 0 and no
  /// gradient reaches them (Huang and Ontanon 2020). A row that allows nothing is drawn from
  /// evenly: refuse it before.
  ///
  /// @param logits `[N, A]`
  /// @param legal `[N, A]`, 1 where an action is legal, else 0; null where all are
  record Categorical(Tensor logits, @Nullable Tensor legal) implements ActionDistribution {
    /// Finite, so that its product with a probability of 0 is 0, and beyond every logit.
    static final float ILLEGAL = -1e30f;

    /// Half a step of the uniform numbers, in place of 0, whose logarithm is not finite.
    private static final float LEAST_UNIFORM = 0x1p-25f;

    public Categorical {
      check(logits.shape().rank() == 2, "one choice needs logits [N, A]", logits);
      if (legal != null) {
        check(
            legal.shape().equals(logits.shape()),
            "a mask needs the shape of the logits " + logits.shape(),
            legal);
      }
    }

    private Tensor legalLogits() {
      return legal == null ? logits : legal.select(logits, logits.graph().constant(ILLEGAL));
    }

    @Override
    public Tensor mode() {
      return legalLogits().argMax();
    }

    @Override
    public Tensor mean() {
      return legalLogits().softmax();
    }

    @Override
    public Tensor sample(long seed, Tensor counter) {
      int[] shape = logits.shape().toArray();
      return sample(logits.graph().random(Op.RandomKind.UNIFORM, seed, counter, shape));
    }

    /// `argmax_a (logit_a - log(-log u_a))` (Gumbel 1954). The noise lies within -3 and 17 for
    /// every `u` in `[0, 1)`, so that it can never lift an illegal action.
    ///
    /// @param uniform `[N, A]` in `[0, 1)`
    Tensor sample(Tensor uniform) {
      Tensor positive = uniform.maximum(logits.graph().constant(LEAST_UNIFORM));
      return legalLogits().minus(positive.log().negate().log()).argMax();
    }

    @Override
    public Tensor logProbability(Tensor actions) {
      return legalLogits().logSoftmax().gather(actions);
    }

    @Override
    public Tensor entropy() {
      Tensor logProbabilities = legalLogits().logSoftmax();
      return logProbabilities.exp().times(logProbabilities).sum(1).negate();
    }
  }

  /// `D` choices, independent of each other: actions are `[N, D]`.
  ///
  /// @param logits `[N, sum of sizes]`
  /// @param sizes how many actions each choice has
  record MultiCategorical(Tensor logits, List<Integer> sizes) implements ActionDistribution {
    public MultiCategorical {
      sizes = List.copyOf(sizes);
      int sum = sizes.stream().mapToInt(Integer::intValue).sum();
      check(
          logits.shape().rank() == 2 && logits.shape().size(1) == sum,
          "choices of " + sizes + " need logits [N, " + sum + "]",
          logits);
    }

    /// `[N, sum of sizes]` cut into one `[N, size]` per choice.
    private List<Tensor> parts(Tensor whole) {
      List<Tensor> parts = new ArrayList<>();
      int start = 0;
      for (int size : sizes) {
        parts.add(whole.slice(1, start, size));
        start += size;
      }
      return parts;
    }

    private List<Categorical> choices() {
      return parts(logits).stream().map(part -> new Categorical(part, null)).toList();
    }

    /// One column per choice.
    private static Tensor columns(List<Tensor> actions) {
      return Tensor.concat(1, actions.stream().map(column -> column.reshape(-1, 1)).toList());
    }

    /// The joint distribution's, since the choices are independent.
    private static Tensor sum(List<Tensor> terms) {
      Tensor sum = terms.getFirst();
      for (Tensor term : terms.subList(1, terms.size())) {
        sum = sum.plus(term);
      }
      return sum;
    }

    @Override
    public Tensor mode() {
      return columns(choices().stream().map(Categorical::mode).toList());
    }

    @Override
    public Tensor mean() {
      return Tensor.concat(1, choices().stream().map(Categorical::mean).toList());
    }

    @Override
    public Tensor sample(long seed, Tensor counter) {
      int[] shape = logits.shape().toArray();
      Tensor uniform = logits.graph().random(Op.RandomKind.UNIFORM, seed, counter, shape);
      List<Tensor> uniforms = parts(uniform);
      List<Categorical> choices = choices();
      List<Tensor> drawn = new ArrayList<>();
      for (int d = 0; d < choices.size(); d++) {
        drawn.add(choices.get(d).sample(uniforms.get(d)));
      }
      return columns(drawn);
    }

    @Override
    public Tensor logProbability(Tensor actions) {
      List<Categorical> choices = choices();
      List<Tensor> terms = new ArrayList<>();
      for (int d = 0; d < choices.size(); d++) {
        terms.add(choices.get(d).logProbability(actions.slice(1, d, 1).reshape(-1)));
      }
      return sum(terms);
    }

    @Override
    public Tensor entropy() {
      return sum(choices().stream().map(Categorical::entropy).toList());
    }
  }

  /// `D` numbers, each normal about its mean, with deviations that do not depend on the state.
  ///
  /// @param mean `[N, D]`
  /// @param logDeviation `[D]`, logarithms of the standard deviations
  record DiagonalGaussian(Tensor mean, Tensor logDeviation) implements ActionDistribution {
    public DiagonalGaussian {
      check(mean.shape().rank() == 2, "numbers need means [N, D]", mean);
      Shape wanted = Shape.of(mean.shape().size(1));
      check(
          logDeviation.shape().equals(wanted), "deviations need the shape " + wanted, logDeviation);
    }

    @Override
    public Tensor mode() {
      return mean;
    }

    @Override
    public Tensor stddev() {
      return logDeviation.exp().broadcastTo(mean.shape());
    }

    @Override
    public Tensor sample(long seed, Tensor counter) {
      int[] shape = mean.shape().toArray();
      Tensor normal = mean.graph().random(Op.RandomKind.NORMAL, seed, counter, shape);
      return mean.plus(logDeviation.exp().times(normal)).stopGradient();
    }

    @Override
    public Tensor logProbability(Tensor actions) {
      return logDensity(actions.minus(mean).times(logDeviation.negate().exp()), logDeviation);
    }

    @Override
    public Tensor entropy() {
      return gaussianEntropy(logDeviation.broadcastTo(mean.shape()));
    }
  }

  /// `D` numbers about their means, explored by a function of the state instead of by shaking every
  /// step: generalized state-dependent exploration (Raffin et al. 2022, section 3).
  ///
  /// Each row has a matrix of noise of its own, which is kept by passing the same counter again:
  /// the same state then gets the same noise. No gradient reaches the features through the
  /// deviation.
  ///
  /// @param mean `[N, D]`
  /// @param features `[N, F]`, of the network's last layer
  /// @param logDeviation `[F, D]`, logarithms of the standard deviations of the noise matrix
  record StateDependentGaussian(Tensor mean, Tensor features, Tensor logDeviation)
      implements ActionDistribution {
    /// Keeps the logarithm finite where all features are 0; as in Stable-Baselines3.
    private static final float LEAST_VARIANCE = 1e-6f;

    public StateDependentGaussian {
      check(mean.shape().rank() == 2, "numbers need means [N, D]", mean);
      check(
          features.shape().rank() == 2 && features.shape().size(0) == mean.shape().size(0),
          "state-dependent noise needs features [" + mean.shape().size(0) + ", F]",
          features);
      Shape wanted = Shape.of(features.shape().size(1), mean.shape().size(1));
      check(
          logDeviation.shape().equals(wanted), "deviations need the shape " + wanted, logDeviation);
    }

    @Override
    public Tensor mode() {
      return mean;
    }

    @Override
    public Tensor stddev() {
      return logDeviationOfAction().exp();
    }

    @Override
    public Tensor sample(long seed, Tensor counter) {
      int rows = mean.shape().size(0);
      int width = features.shape().size(1);
      Tensor normal =
          mean.graph()
              .random(Op.RandomKind.NORMAL, seed, counter, rows, width, mean.shape().size(1));
      Tensor matrix = logDeviation.exp().times(normal);
      return mean.plus(features.reshape(rows, width, 1).times(matrix).sum(1)).stopGradient();
    }

    /// `[N, D]`: of `features x E`, a sum of independent normal numbers.
    private Tensor logDeviationOfAction() {
      Tensor variance = features.stopGradient().square().matmul(logDeviation.times(2).exp());
      return variance.plus(LEAST_VARIANCE).log().times(0.5f);
    }

    @Override
    public Tensor logProbability(Tensor actions) {
      Tensor logDeviations = logDeviationOfAction();
      return logDensity(actions.minus(mean).times(logDeviations.negate().exp()), logDeviations);
    }

    @Override
    public Tensor entropy() {
      return gaussianEntropy(logDeviationOfAction());
    }
  }

  /// Of independent normal numbers: `sum_d -z_d^2 / 2 - log sigma_d - log(2 pi) / 2`.
  ///
  /// @param z `[N, D]`, distances from the mean in standard deviations
  /// @param logDeviation `[N, D]` or `[D]`
  private static Tensor logDensity(Tensor z, Tensor logDeviation) {
    return z.square().times(-0.5f).minus(logDeviation).minus(0.5f * LOG_TWO_PI).sum(1);
  }

  /// Of independent normal numbers: `sum_d log sigma_d + (1 + log(2 pi)) / 2`.
  ///
  /// @param logDeviation `[N, D]`
  private static Tensor gaussianEntropy(Tensor logDeviation) {
    return logDeviation.plus(0.5f * (1 + LOG_TWO_PI)).sum(1);
  }

  private static void check(boolean holds, String rule, Tensor tensor) {
    if (!holds) {
      throw new IllegalArgumentException(
          rule + ", got " + tensor.shape() + " in program " + tensor.graph().name());
    }
  }
}
