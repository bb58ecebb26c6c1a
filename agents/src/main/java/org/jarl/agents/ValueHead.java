package org.jarl.agents;

import org.jarl.agents.config.Loss;
import org.jarl.agents.config.NetworkConfig;
import org.jarl.nn.Scope;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Form in which a network gives the return of each action, and the loss that moves it: the
/// exchangeable end of [Dqn]. One head is one file with its paper.
///
/// In a file `type` is the record's name in kebab case without `-head`: `{type: expectation}`.
///
/// Sizes: `N` states, `B` transitions, `A` actions, `K` numbers of one action.
public sealed interface ValueHead permits ExpectationHead, ValueHead.Custom {

  /// A head that is given from Java; a file cannot name it.
  non-sealed interface Custom extends ValueHead {}

  /// The last layers of a network, with parameters of their own below `head`.
  ///
  /// @param features width of the layer before
  /// @param dueling separate value and advantage streams (Wang et al. 2016); null for one
  Net net(Scope scope, int features, int actions, @Nullable Streams dueling);

  /// The streams of a dueling network.
  ///
  /// @param units of the hidden layer that each has for itself; 0 for none
  record Streams(int units, NetworkConfig.Activation activation) {}

  /// Target of an action's numbers; no gradient passes.
  ///
  /// @param rewards `[B]`, n-step returns
  /// @param discounts `[B]`, `gamma^n`, or 0 after a terminated step
  /// @param next of the action chosen in each next state, by the target network
  /// @return `[B]` or `[B, K]`
  Tensor target(Tensor rewards, Tensor discounts, Chosen next);

  /// Loss of each transition.
  ///
  /// @param taken of the action taken, by the online network
  /// @param target of [#target]
  /// @param loss of an error, where the head has errors
  /// @return `[B]`
  Tensor losses(Chosen taken, Tensor target, Loss loss);

  /// The last layers of one network.
  interface Net {
    /// Values of all actions.
    ///
    /// @param features `[N, F]`
    Values apply(Tensor features);
  }

  /// Values of all actions in `N` states.
  ///
  /// @param expected `[N, A]`, expected returns: the greedy action has the largest
  /// @param outputs `[N, A]` or `[N, A, K]`, which the loss moves
  /// @param fractions `[N, K]`, of the quantiles that were asked for; null for heads without
  record Values(Tensor expected, Tensor outputs, @Nullable Tensor fractions) {

    /// The values of one action per state.
    ///
    /// @param actions i32 `[N]`
    Chosen of(Tensor actions) {
      return new Chosen(expected.gather(actions), outputs.gather(actions), fractions);
    }
  }

  /// Values of one action in each of `N` states.
  ///
  /// @param expected `[N]`
  /// @param outputs `[N]` or `[N, K]`
  /// @param fractions `[N, K]`; null for heads without
  record Chosen(Tensor expected, Tensor outputs, @Nullable Tensor fractions) {}
}
