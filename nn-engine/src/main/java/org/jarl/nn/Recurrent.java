package org.jarl.nn;

import java.util.List;

/// Recurrent cells: one step of time, so that a sequence is a chain of calls and the state between
/// two programs is an ordinary tensor.
///
/// Both have PyTorch's equations and gate order, weights uniform in `+-1/sqrt(hidden)`.
public sealed interface Recurrent {

  /// Numbers of state per sequence.
  int stateSize();

  /// One step.
  ///
  /// @param x `[N, inputs]`
  /// @param state `[N, stateSize]`
  /// @return the next state; its first `hidden` columns are the output
  Tensor apply(Tensor x, Tensor state);

  private static Tensor gate(Tensor gates, int index, int hidden) {
    return gates.slice(1, index * hidden, hidden);
  }

  /// Gates of one source: uniform first values follow the number of hidden units, as in PyTorch.
  private static Linear gates(Scope scope, int inputs, int gates, int hidden) {
    return new Linear(scope, Shape.of(inputs, gates * hidden), hidden, 1);
  }

  /// Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
  /// 2000). The state is output and cell, `[h, c]`; gates in the order input, forget, cell, output.
  final class Lstm implements Recurrent {
    private final Linear fromInput;
    private final Linear fromState;
    private final int hidden;

    /// Weights `input.weight` `[inputs, 4 hidden]`, `state.weight` `[hidden, 4 hidden]` and biases;
    /// see [Scope#lstm].
    Lstm(Scope scope, int inputs, int hidden) {
      this.hidden = hidden;
      fromInput = gates(scope.at("input"), inputs, 4, hidden);
      fromState = gates(scope.at("state"), hidden, 4, hidden);
    }

    @Override
    public int stateSize() {
      return 2 * hidden;
    }

    @Override
    public Tensor apply(Tensor x, Tensor state) {
      return step(project(x), state);
    }

    /// What the inputs add to the gates. It does not depend on the state, so the rows of many steps
    /// can be projected at once.
    ///
    /// @param x `[N, inputs]`
    /// @return `[N, 4 hidden]`
    public Tensor project(Tensor x) {
      return fromInput.apply(x);
    }

    /// One step.
    ///
    /// @param projected `[N, 4 hidden]` of [#project]
    /// @param state `[N, stateSize]`
    /// @return the next state
    public Tensor step(Tensor projected, Tensor state) {
      Tensor h = state.slice(1, 0, hidden);
      Tensor c = state.slice(1, hidden, hidden);
      Tensor gates = projected.plus(fromState.apply(h));
      Tensor input = gate(gates, 0, hidden).sigmoid();
      Tensor forget = gate(gates, 1, hidden).sigmoid();
      Tensor candidate = gate(gates, 2, hidden).tanh();
      Tensor output = gate(gates, 3, hidden).sigmoid();
      Tensor nextCell = forget.times(c).plus(input.times(candidate));
      return Tensor.concat(1, List.of(output.times(nextCell.tanh()), nextCell));
    }
  }

  /// Gated recurrent unit (Cho et al. 2014, in the variant that resets after the product). Gates in
  /// the order reset, update, candidate.
  final class Gru implements Recurrent {
    private final Linear fromInput;
    private final Linear fromState;
    private final int hidden;

    /// Weights `input.weight` `[inputs, 3 hidden]`, `state.weight` `[hidden, 3 hidden]` and biases;
    /// see [Scope#gru].
    Gru(Scope scope, int inputs, int hidden) {
      this.hidden = hidden;
      fromInput = gates(scope.at("input"), inputs, 3, hidden);
      fromState = gates(scope.at("state"), hidden, 3, hidden);
    }

    @Override
    public int stateSize() {
      return hidden;
    }

    @Override
    public Tensor apply(Tensor x, Tensor h) {
      Tensor a = fromInput.apply(x);
      Tensor b = fromState.apply(h);
      Tensor reset = gate(a, 0, hidden).plus(gate(b, 0, hidden)).sigmoid();
      Tensor update = gate(a, 1, hidden).plus(gate(b, 1, hidden)).sigmoid();
      Tensor candidate = gate(a, 2, hidden).plus(reset.times(gate(b, 2, hidden))).tanh();
      return candidate.plus(update.times(h.minus(candidate)));
    }
  }
}
