package org.jarl.agents;

import java.util.List;
import org.jarl.agents.config.DuelingStreams;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Action values from observations: a [Torso] and the layers of a [ValueHead].
final class QNetwork {
  /// Value of illegal actions: finite, and below every value.
  private static final float ILLEGAL = -1e30f;

  private final EnvironmentSpec spec;
  private final Torso torso;
  private final ValueHead.Net head;

  /// Layers of a network.
  ///
  /// @param torso up to the head
  /// @param dueling separate value and advantage streams (Wang et al. 2016); null for one
  record Layers(NetworkConfig torso, ValueHead head, ValueHead.@Nullable Streams dueling) {

    /// Layers, dueling ones where `streams` says of what. Streams with hidden layers of their own
    /// take the place of the torso's last hidden layer, as in the paper.
    static Layers of(NetworkConfig network, ValueHead head, @Nullable DuelingStreams streams) {
      if (streams == null) {
        return new Layers(network, head, null);
      }
      List<Integer> sizes = network.hiddenSizes();
      return streams == DuelingStreams.LINEAR || sizes.isEmpty()
          ? new Layers(network, head, new ValueHead.Streams(0, network.activation()))
          : new Layers(
              network.withHiddenSizes(sizes.subList(0, sizes.size() - 1)),
              head,
              new ValueHead.Streams(sizes.getLast(), network.activation()));
    }
  }

  /// A network with parameters of its own.
  ///
  /// @throws IllegalArgumentException if it does not fit the environment
  QNetwork(Scope scope, EnvironmentSpec spec, Layers layers) {
    this.spec = spec;
    int actions = actions(spec);
    torso = new Torso(scope, Torso.Input.of(spec), layers.torso());
    head = layers.head().net(scope, torso.features(), actions, layers.dueling());
  }

  /// Number of actions.
  ///
  /// @throws IllegalArgumentException if the actions are not discrete
  private static int actions(EnvironmentSpec spec) {
    if (spec.actionSpace() instanceof Space.Discrete(int n)) {
      return n;
    }
    throw new IllegalArgumentException(
        "action values need discrete actions, and this environment takes "
            + spec.actionSpace()
            + ": use an environment with a Discrete action space");
  }

  /// The environment that the network is for.
  EnvironmentSpec spec() {
    return spec;
  }

  /// Number of actions, `A`.
  int actions() {
    return actions(spec);
  }

  /// Values in `N` states.
  ///
  /// @param observations as they lie in the environment's memory
  ValueHead.Values apply(Tensor observations) {
    return head.apply(torso.apply(observations));
  }

  /// `argmax_a Q(s, a)` over the legal actions, the first of equals: i32 `[N]`.
  ///
  /// @param legal `[N, A]`, 1 for legal actions, else 0; null where all are legal
  static Tensor greedy(ValueHead.Values values, @Nullable Tensor legal) {
    Tensor expected = values.expected();
    Tensor among =
        legal == null ? expected : legal.select(expected, expected.graph().constant(ILLEGAL));
    return among.argMax();
  }
}
