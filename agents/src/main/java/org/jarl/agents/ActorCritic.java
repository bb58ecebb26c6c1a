package org.jarl.agents;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.DType;
import org.jarl.nn.Graph;
import org.jarl.nn.Initializer;
import org.jarl.nn.Linear;
import org.jarl.nn.Parameter;
import org.jarl.nn.Recurrent;
import org.jarl.nn.Shape;
import org.jarl.nn.Tensor;
import org.jarl.nn.Variables;
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

  /// Networks with parameters of their own in `variables`.
  ///
  /// @throws IllegalArgumentException if they do not fit the environment
  ActorCritic(
      Variables variables, EnvironmentSpec spec, PolicyConfig config, RandomGenerator random) {
    this.spec = spec;
    this.noise = config.noise();
    if (config.sharedTorso()) {
      policy = new Tower(variables, "", spec, config, 0, random);
      value = policy;
    } else {
      policy = new Tower(variables, "policy.", spec, config, 0, random);
      value = new Tower(variables, "value.", spec, config, policy.stateSize(), random);
    }
    policyHead = head(variables, "policy", policy, outputs(spec), POLICY_GAIN, config, random);
    valueHead = head(variables, "value", value, 1, 1, config, random);
    logDeviation = logDeviation(variables, random);
  }

  private @Nullable Parameter logDeviation(Variables variables, RandomGenerator random) {
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
    return continuous ? variables.add("policy.logDeviation", shape, first, random) : null;
  }

  private static Linear head(
      Variables variables,
      String name,
      Tower tower,
      int outputs,
      float gain,
      PolicyConfig config,
      RandomGenerator random) {
    return new Linear(
        variables,
        name + ".head",
        Shape.of(tower.features, outputs),
        config.initialization().weights(tower.features, gain),
        config.initialization().biases(tower.features),
        random);
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

  /// From observations to features, with a memory of its own in a range of the state.
  private static final class Tower {
    final Torso torso;
    final Recurrent.@Nullable Lstm memory;
    final int features;
    final int offset;

    Tower(
        Variables variables,
        String path,
        EnvironmentSpec spec,
        PolicyConfig config,
        int offset,
        RandomGenerator random) {
      torso = new Torso(variables, path, spec, config.network(), config.initialization(), random);
      this.offset = offset;
      switch (config.memory()) {
        case PolicyConfig.Memory.None _ -> {
          memory = null;
          features = torso.features();
        }
        case PolicyConfig.Memory.Lstm(int units) -> {
          memory =
              new Recurrent.Lstm(
                  variables,
                  path + "memory",
                  Shape.of(torso.features(), units),
                  config.initialization().weights(units, 1),
                  config.initialization().biases(units),
                  random);
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

  /// What came before the rows of a batch, for policies with a memory.
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

  /// What the networks make of `N` rows.
  ///
  /// @param actions their distribution
  /// @param values `[N]`
  /// @param states `[S, stateSize]` after the last step; null without a memory
  record Output(ActionDistribution actions, Tensor values, @Nullable Tensor states) {}

  /// Numbers that are remembered for each copy; 0 without a memory.
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
    Tensor seen = policy.apply(observations, past, states);
    Tensor judged = value == policy ? seen : value.apply(observations, past, states);
    Tensor values = valueHead.apply(judged).reshape(observations.shape().size(0));
    return new Output(
        distribution(policyHead.apply(seen), seen, legal),
        values,
        states.isEmpty() ? null : Tensor.concat(1, states));
  }

  private ActionDistribution distribution(Tensor outputs, Tensor features, @Nullable Tensor legal) {
    return switch (spec.actionSpace()) {
      case Space.Discrete _ -> new ActionDistribution.Categorical(outputs, legal);
      case Space.MultiDiscrete(List<Integer> sizes) ->
          new ActionDistribution.MultiCategorical(outputs, sizes);
      case Space.Box _ -> {
        Tensor deviation = outputs.graph().variable(java.util.Objects.requireNonNull(logDeviation));
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
