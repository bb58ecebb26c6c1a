package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jarl.agents.config.PolicyConfig;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Initializer;
import org.jarl.nn.Linear;
import org.jarl.nn.Parameter;
import org.jarl.nn.Recurrent;
import org.jarl.nn.Scope;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// A policy and the value of its states, as [PolicyConfig] describes them.
///
///     observations --> torso [--> memory] --> head --> distribution of actions
///                 \--> torso [--> memory] --> head --> value        (or one torso for both)
///
/// Sizes: `N` rows, `S` sequences of `L` steps where `N = L S`, `A` choices or `D` numbers of an
/// action.
final class ActorCritic {
  /// A policy that begins nearly uniform, or nearly at 0, explores best (Huang et al. 2022, detail
  /// 2).
  private static final float POLICY_GAIN = 0.01f;

  private final EnvironmentSpec spec;
  private final Tower policy;
  private final Tower value;
  private final Linear policyHead;
  private final Linear valueHead;
  private final PolicyConfig.Noise noise;
  private final @Nullable Parameter logDeviation;

  /// Networks with parameters of their own.
  ///
  /// @throws IllegalArgumentException if they do not fit the environment
  ActorCritic(Scope scope, EnvironmentSpec spec, PolicyConfig config) {
    this.spec = spec;
    this.noise = config.noise();
    Scope top = scope.with(config.initialization());
    if (config.sharedTorso()) {
      policy = new Tower(top, spec, config, 0);
      value = policy;
    } else {
      policy = new Tower(top.at("policy"), spec, config, 0);
      value = new Tower(top.at("value"), spec, config, policy.stateSize());
    }
    policyHead = top.at("policy").linear("head", policy.features, outputs(spec), POLICY_GAIN);
    valueHead = top.at("value").linear("head", value.features, 1);
    logDeviation = logDeviation(top.at("policy"));
  }

  private @Nullable Parameter logDeviation(Scope scope) {
    boolean continuous = spec.actionSpace() instanceof Space.Box;
    int numbers = spec.actionSize();
    Shape shape =
        switch (noise) {
          case PolicyConfig.Noise.Gaussian _ -> Shape.of(numbers);
          case PolicyConfig.Noise.StateDependent _ -> {
            if (!continuous) {
              throw new IllegalArgumentException(
                  "policy.noise state-dependent spreads actions that are numbers, and this"
                      + " environment takes "
                      + spec.actionSpace()
                      + ": leave policy.noise out");
            }
            yield Shape.of(policy.features, numbers);
          }
        };
    Initializer first = new Initializer.Constant(noise.initialLogDeviation());
    return continuous ? scope.parameter("logDeviation", shape, first) : null;
  }

  /// Numbers that describe the distribution of actions in one state.
  private static int outputs(EnvironmentSpec spec) {
    return switch (spec.actionSpace()) {
      case Space.Discrete(int n) -> n;
      case Space.MultiDiscrete(List<Integer> sizes) ->
          sizes.stream().mapToInt(Integer::intValue).sum();
      case Space.Box box -> box.size();
    };
  }

  /// From observations to features, with a recurrent state of its own in a range of the columns.
  private static final class Tower {
    final Torso torso;
    final Recurrent.@Nullable Lstm memory;
    final int features;
    final int offset;

    Tower(Scope scope, EnvironmentSpec spec, PolicyConfig config, int offset) {
      torso = new Torso(scope, Torso.Input.of(spec), config.network());
      this.offset = offset;
      switch (config.memory()) {
        case PolicyConfig.Memory.None _ -> {
          memory = null;
          features = torso.features();
        }
        case PolicyConfig.Memory.Lstm(int units) -> {
          memory = scope.lstm("memory", torso.features(), units);
          features = units;
        }
      }
    }

    int stateSize() {
      return memory == null ? 0 : memory.stateSize();
    }

    /// Features of all rows; the state after them is added to `states`.
    Tensor apply(Tensor observations, @Nullable Past past, List<Tensor> states) {
      Tensor x = torso.apply(observations);
      if (memory == null || past == null) {
        return x;
      }
      int sequences = past.states().shape().size(0);
      int length = x.shape().size(0) / sequences;
      Tensor projected = memory.project(x);
      Tensor state = past.states().slice(1, offset, stateSize());
      List<Tensor> outputs = new ArrayList<>();
      for (int l = 0; l < length; l++) {
        Tensor begins = past.begins().slice(0, l * sequences, sequences).reshape(sequences, 1);
        Tensor kept = state.minus(state.times(begins));
        state = memory.step(projected.slice(0, l * sequences, sequences), kept);
        outputs.add(state.slice(1, 0, features));
      }
      states.add(state);
      return Tensor.concat(0, outputs);
    }
  }

  /// Recurrent state before the rows of a batch, for policies with a memory.
  ///
  /// @param states `[S, stateSize]` before the first step of each sequence
  /// @param begins `[N]`, 1 where a row is the first of an episode, so that what was before is
  ///   forgotten, else 0; step by step, in each all sequences
  record Past(Tensor states, Tensor begins) {

    /// Inputs `states` and `begins` for one step of `count` copies; null without a memory.
    static @Nullable Past input(Graph graph, ActorCritic network, int count) {
      return network.stateSize() == 0
          ? null
          : new Past(
              graph.input("states", count, network.stateSize()), graph.input("begins", count));
    }
  }

  /// Output of the networks for `N` rows.
  ///
  /// @param actions their distribution
  /// @param values `[N]`
  /// @param states `[S, stateSize]` after the last step; null without a memory
  record Output(ActionDistribution actions, Tensor values, @Nullable Tensor states) {}

  /// The environment that the networks are for.
  EnvironmentSpec spec() {
    return spec;
  }

  /// Steps for which the noise of actions stays the same, at least 1.
  int resamplePeriod() {
    return noise instanceof PolicyConfig.Noise.StateDependent(_, int period) ? period : 1;
  }

  /// Size of the recurrent state of each copy; 0 without a memory.
  int stateSize() {
    return policy.stateSize() + (value == policy ? 0 : value.stateSize());
  }

  /// Applies the networks.
  ///
  /// @param observations `[N, ...]`; with a memory step by step, in each all sequences
  /// @param legal `[N, A]`, 1 for actions that may be taken; null where all may
  /// @param past null without a memory
  Output apply(Tensor observations, @Nullable Tensor legal, @Nullable Past past) {
    List<Tensor> states = new ArrayList<>();
    Tensor forPolicy = policy.apply(observations, past, states);
    Tensor forValue = value == policy ? forPolicy : value.apply(observations, past, states);
    Tensor values = valueHead.apply(forValue).reshape(observations.shape().size(0));
    return new Output(
        distribution(policyHead.apply(forPolicy), forPolicy, legal),
        values,
        states.isEmpty() ? null : Tensor.concat(1, states));
  }

  private ActionDistribution distribution(Tensor outputs, Tensor features, @Nullable Tensor legal) {
    return switch (spec.actionSpace()) {
      case Space.Discrete _ -> new ActionDistribution.Categorical(outputs, legal);
      case Space.MultiDiscrete(List<Integer> sizes) ->
          new ActionDistribution.MultiCategorical(outputs, sizes);
      case Space.Box _ -> {
        Tensor deviation = outputs.graph().variable(Objects.requireNonNull(logDeviation));
        yield noise instanceof PolicyConfig.Noise.Gaussian
            ? new ActionDistribution.DiagonalGaussian(outputs, deviation)
            : new ActionDistribution.StateDependentGaussian(outputs, features, deviation);
      }
    };
  }

  /// Input `actions` of `rows` actions: i32 `[rows]` for one choice, i32 `[rows, D]` for several,
  /// f32 `[rows, D]` for numbers.
  static Tensor actions(Graph graph, EnvironmentSpec spec, int rows) {
    return switch (spec.actionSpace()) {
      case Space.Discrete _ -> graph.input("actions", DType.I32, rows);
      case Space.MultiDiscrete(List<Integer> sizes) ->
          graph.input("actions", DType.I32, rows, sizes.size());
      case Space.Box box -> graph.input("actions", rows, box.size());
    };
  }

  /// Input `legal` of `rows` masks; null where all actions may always be taken.
  static @Nullable Tensor legal(Graph graph, EnvironmentSpec spec, int rows) {
    return spec.masksActions() ? graph.input("legal", rows, spec.maskSize()) : null;
  }
}
