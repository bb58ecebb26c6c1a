package org.jarl.experiments.environment;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jarl.env.Controls;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Environments;
import org.jarl.env.Frame;
import org.jarl.env.Space;
import org.jarl.env.ThreadedVectorEnvironment;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.wrappers.EpisodeStatistics;
import org.jarl.env.wrappers.FrameStack;
import org.jarl.env.wrappers.NormalizeObservation;
import org.jarl.env.wrappers.NormalizeReward;
import org.jarl.env.wrappers.ObservationScale;
import org.jarl.env.wrappers.RewardClip;
import org.jarl.env.wrappers.RunningStatistics;
import org.jarl.experiments.base.Disk;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.checkpoint.StateHash;
import org.jarl.experiments.config.EnvironmentConfig;
import org.jarl.experiments.config.WrapperConfig;
import org.jspecify.annotations.Nullable;

/// The registered environments, wrapped as experiments say.
///
///     training     simulators, EpisodeStatistics, wrappers in their order
///     evaluation   simulators, wrappers of observations in their order, statistics frozen
///
/// Time limits go into the simulators, where episodes end.
public final class WrappedEnvironments implements EnvironmentFactory {
  private final Environments environments;
  private final int threads;

  /// @param threads that step single simulators; results do not depend on it
  public WrappedEnvironments(Environments environments, int threads) {
    this.environments = environments;
    this.threads = threads;
  }

  @Override
  public TrainingEnvironment training(EnvironmentConfig config) {
    EpisodeStatistics episodes = new EpisodeStatistics(simulators(config, config.count()));
    Wrapping wrapping = new Wrapping(episodes, config, false);
    return new TrainingEnvironment(wrapping.outer, seen(episodes), wrapping::statistics);
  }

  private static Episodes seen(EpisodeStatistics statistics) {
    return new Episodes() {
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
    };
  }

  @Override
  public EvaluationEnvironment evaluation(EnvironmentConfig config, int count) {
    return around(simulators(config, count), config);
  }

  @Override
  public @Nullable PluginSource plugin(EnvironmentConfig config) {
    Path jar = environments.jar(config.id());
    try {
      return jar == null ? null : new PluginSource(jar.toString(), StateHash.of(jar));
    } catch (IOException e) {
      throw new UserErrorException("cannot read the plug-in " + jar + ": " + Disk.reason(e), e);
    }
  }

  /// What an environment shows and what can be done in it, before any wrapper.
  ///
  /// @throws UserErrorException if there is none of this id, or it refuses its options
  public EnvironmentSpec spec(EnvironmentConfig config) {
    try (VectorEnvironment simulator = simulators(config, 1)) {
      return simulator.spec();
    }
  }

  /// The wrappers of an experiment around something that stands for the environment, as they lie
  /// around the one of an evaluation.
  ///
  /// @param inner with the spec that [#spec] gives; closed with the result
  public EvaluationEnvironment around(VectorEnvironment inner, EnvironmentConfig config) {
    Wrapping wrapping = new Wrapping(inner, config, true);
    return new EvaluationEnvironment(wrapping.outer, wrapping::adopt);
  }

  @Override
  public ShownEnvironment shown(EnvironmentConfig config) {
    Frame last = new Frame();
    Supplier<Environment> factory =
        () -> new LastPicture(environments.create(config.id(), options(config)), last);
    Wrapping wrapping =
        new Wrapping(
            EnvironmentRegistry.refusing(
                () -> new ThreadedVectorEnvironment(config.id(), factory, 1, 1)),
            config,
            true);
    return new ShownEnvironment(new EvaluationEnvironment(wrapping.outer, wrapping::adopt), last);
  }

  @Override
  public Controls controls(EnvironmentConfig config, Space actions) {
    return EnvironmentRegistry.refusing(
        () -> environments.controls(config.id(), options(config), actions));
  }

  private VectorEnvironment simulators(EnvironmentConfig config, int count) {
    return EnvironmentRegistry.refusing(
        () -> environments.createVector(config.id(), options(config), count, threads));
  }

  /// With time limits, which end episodes where they are simulated; of several the shortest holds,
  /// that of the environment among them.
  private Map<String, Object> options(EnvironmentConfig config) {
    int limit = Integer.MAX_VALUE;
    for (WrapperConfig wrapper : config.wrappers()) {
      if (wrapper instanceof WrapperConfig.TimeLimit(int steps)) {
        limit = Math.min(limit, steps);
      }
    }
    if (limit == Integer.MAX_VALUE) {
      return config.options();
    }
    int own;
    try (Environment environment = environments.create(config.id(), config.options())) {
      own = environment.spec().timeLimit();
    }
    Map<String, Object> options = new LinkedHashMap<>(config.options());
    if (own == 0 || limit < own) {
      options.put(Environments.TIME_LIMIT, limit);
    }
    return options;
  }

  /// Simulators with their wrappers.
  private static final class Wrapping {
    private final boolean evaluation;
    private final List<NormalizeObservation> normalizers = new ArrayList<>();
    private VectorEnvironment outer;

    Wrapping(VectorEnvironment inner, EnvironmentConfig config, boolean evaluation) {
      this.outer = inner;
      this.evaluation = evaluation;
      try {
        config.wrappers().forEach(this::wrap);
      } catch (IllegalArgumentException e) {
        outer.close();
        throw new UserErrorException("environment.wrappers: " + e.getMessage(), e);
      }
    }

    private void wrap(WrapperConfig wrapper) {
      outer =
          switch (wrapper) {
            case WrapperConfig.TimeLimit _ -> outer;
            case WrapperConfig.RewardClip(float low, float high) ->
                evaluation ? outer : RewardClip.range(outer, low, high);
            case WrapperConfig.NormalizeReward(float gamma, float clip) ->
                evaluation ? outer : new NormalizeReward(outer, gamma, clip);
            case WrapperConfig.ObservationScale(float scale, float shift) ->
                new ObservationScale(outer, all(shift), all(scale));
            case WrapperConfig.NormalizeObservation(float clip) -> normalized(clip);
            case WrapperConfig.FrameStack(int count) -> new FrameStack(outer, count);
          };
    }

    private float[] all(float value) {
      float[] values = new float[outer.spec().observationSpace().size()];
      Arrays.fill(values, value);
      return values;
    }

    private NormalizeObservation normalized(float clip) {
      NormalizeObservation normalizer = new NormalizeObservation(outer, clip);
      normalizer.freeze(evaluation);
      normalizers.add(normalizer);
      return normalizer;
    }

    /// For each normalizer: count, means, variances.
    List<double[]> statistics() {
      return normalizers.stream().map(n -> numbers(n.statistics())).toList();
    }

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

    void adopt(List<double[]> all) {
      if (all.size() != normalizers.size()) {
        throw new IllegalArgumentException(
            "statistics of %d normalizing wrappers are needed, got %d"
                .formatted(normalizers.size(), all.size()));
      }
      for (int n = 0; n < all.size(); n++) {
        RunningStatistics statistics = normalizers.get(n).statistics();
        double[] numbers = all.get(n);
        int size = statistics.size();
        if (numbers.length != 1 + 2 * size) {
          throw new IllegalArgumentException(
              "statistics of %d numbers take %d values, got %d"
                  .formatted(size, 1 + 2 * size, numbers.length));
        }
        double[] mean = Arrays.copyOfRange(numbers, 1, 1 + size);
        double[] variance = Arrays.copyOfRange(numbers, 1 + size, 1 + 2 * size);
        statistics.set(numbers[0], mean, variance);
      }
    }
  }
}
