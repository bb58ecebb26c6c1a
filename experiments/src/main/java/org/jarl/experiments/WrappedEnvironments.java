package org.jarl.experiments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Environments;
import org.jarl.env.EpisodeStatistics;
import org.jarl.env.FrameStack;
import org.jarl.env.NormalizeObservation;
import org.jarl.env.NormalizeReward;
import org.jarl.env.ObservationScale;
import org.jarl.env.RewardClip;
import org.jarl.env.RunningStatistics;
import org.jarl.env.VectorEnvironment;

/// Makes environments of what is registered here, wrapped as a config says:
///
///     simulators - episode statistics - first wrapper - ... - last wrapper - learner
///
/// @param threads that may step the copies of one environment; results do not depend on it
record WrappedEnvironments(Environments environments, int threads) implements EnvironmentFactory {

  @Override
  public TrainingEnvironment training(EnvironmentConfig config) {
    EpisodeStatistics statistics = new EpisodeStatistics(bare(config, config.count()));
    List<NormalizeObservation> normalizers = new ArrayList<>();
    VectorEnvironment outermost = wrap(statistics, config, true, normalizers);
    return new TrainingEnvironment(
        outermost,
        new Watched(statistics),
        () -> normalizers.stream().map(n -> numbers(n.statistics())).toList());
  }

  @Override
  public EvaluationEnvironment evaluation(EnvironmentConfig config, int count) {
    List<NormalizeObservation> normalizers = new ArrayList<>();
    VectorEnvironment outermost = wrap(bare(config, count), config, false, normalizers);
    return new EvaluationEnvironment(outermost, given -> adopt(normalizers, given));
  }

  private VectorEnvironment bare(EnvironmentConfig config, int count) {
    try {
      return environments.createVector(config.id(), options(config), count, threads);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()), e);
    }
  }

  /// A time limit belongs to the simulator, not around it: it decides when a copy is reset.
  private static Map<String, Object> options(EnvironmentConfig config) {
    Map<String, Object> options = new java.util.LinkedHashMap<>(config.options());
    for (WrapperConfig wrapper : config.wrappers()) {
      if (wrapper instanceof WrapperConfig.TimeLimit(int steps)) {
        options.merge(Environments.TIME_LIMIT, steps, (a, b) -> Math.min((Integer) a, (Integer) b));
      }
    }
    return options;
  }

  /// @param rewards whether rewards are changed too
  /// @param normalizers receives the wrappers that learn statistics of observations
  private static VectorEnvironment wrap(
      VectorEnvironment bare,
      EnvironmentConfig config,
      boolean rewards,
      List<NormalizeObservation> normalizers) {
    VectorEnvironment wrapped = bare;
    try {
      for (WrapperConfig wrapper : config.wrappers()) {
        wrapped = wrap(wrapped, wrapper, rewards);
        if (wrapped instanceof NormalizeObservation normalizer
            && wrapper instanceof WrapperConfig.NormalizeObservation) {
          normalizers.add(normalizer);
        }
      }
      return wrapped;
    } catch (IllegalArgumentException e) {
      wrapped.close();
      throw new UserErrorException("environment.wrappers: " + e.getMessage(), e);
    }
  }

  private static VectorEnvironment wrap(
      VectorEnvironment inner, WrapperConfig wrapper, boolean rewards) {
    return switch (wrapper) {
      case WrapperConfig.TimeLimit _ -> inner;
      case WrapperConfig.RewardClip(float low, float high) ->
          rewards ? RewardClip.range(inner, low, high) : inner;
      case WrapperConfig.ObservationScale(float scale, float shift) ->
          new ObservationScale(inner, all(inner, shift), all(inner, scale));
      case WrapperConfig.NormalizeObservation(float clip) -> new NormalizeObservation(inner, clip);
      case WrapperConfig.NormalizeReward(float gamma, float clip) ->
          rewards ? new NormalizeReward(inner, gamma, clip) : inner;
      case WrapperConfig.FrameStack(int count) -> new FrameStack(inner, count);
    };
  }

  private static float[] all(VectorEnvironment inner, float value) {
    EnvironmentSpec spec = inner.spec();
    float[] values = new float[spec.observationSpace().size()];
    Arrays.fill(values, value);
    return values;
  }

  /// Count, means, variances.
  private static double[] numbers(RunningStatistics statistics) {
    int size = statistics.size();
    double[] numbers = new double[1 + 2 * size];
    numbers[0] = statistics.count();
    for (int i = 0; i < size; i++) {
      numbers[1 + i] = statistics.mean(i);
      numbers[1 + size + i] = statistics.variance(i);
    }
    return numbers;
  }

  private static void adopt(List<NormalizeObservation> normalizers, List<double[]> given) {
    if (normalizers.size() != given.size()) {
      throw new IllegalArgumentException(
          "the policy comes with statistics of "
              + given.size()
              + " normalize-observation wrappers, its config has "
              + normalizers.size());
    }
    for (int i = 0; i < given.size(); i++) {
      NormalizeObservation normalizer = normalizers.get(i);
      double[] numbers = given.get(i);
      int size = normalizer.statistics().size();
      if (numbers.length != 1 + 2 * size) {
        throw new IllegalArgumentException(
            "normalize-observation needs " + (1 + 2 * size) + " numbers, got " + numbers.length);
      }
      normalizer
          .statistics()
          .set(
              numbers[0],
              Arrays.copyOfRange(numbers, 1, 1 + size),
              Arrays.copyOfRange(numbers, 1 + size, 1 + 2 * size));
      normalizer.freeze(true);
    }
  }

  /// The episodes as the innermost wrapper saw them.
  private record Watched(EpisodeStatistics statistics) implements Episodes {
    @Override
    public long episodes() {
      return statistics.episodes();
    }

    @Override
    public double meanReturn() {
      return statistics.meanReturn();
    }

    @Override
    public double meanLength() {
      return statistics.meanLength();
    }
  }
}
