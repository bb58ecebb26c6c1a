package org.jarl.nn;

import java.util.List;
import java.util.random.RandomGenerator;

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

  private static Linear linear(
      Variables variables, String path, int[] sizes, int hidden, RandomGenerator random) {
    Initializer initializer = Initializer.fanIn(hidden);
    return new Linear(
        variables, path, Shape.of(sizes[0], sizes[1]), initializer, initializer, random);
  }

  /// Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al.
  /// 2000). The state is output and cell, `[h, c]`; gates in the order input, forget, cell, output.
  final class Lstm implements Recurrent {
    private final Linear fromInput;
    private final Linear fromState;
    private final int hidden;

    /// Parameters `path.input` and `path.state`.
    public Lstm(Variables variables, String path, int inputs, int hidden, RandomGenerator random) {
      this(
          variables,
          path,
          Shape.of(inputs, hidden),
          Initializer.fanIn(hidden),
          Initializer.fanIn(hidden),
          random);
    }

    /// Weights `[inputs, 4 hidden]` and `[hidden, 4 hidden]` and biases by initializers of choice.
    ///
    /// @param sizes `[inputs, hidden]`
    public Lstm(
        Variables variables,
        String path,
        Shape sizes,
        Initializer weights,
        Initializer biases,
        RandomGenerator random) {
      int inputs = sizes.size(0);
      hidden = sizes.size(1);
      Shape input = Shape.of(inputs, 4 * hidden);
      Shape state = Shape.of(hidden, 4 * hidden);
      fromInput = new Linear(variables, path + ".input", input, weights, biases, random);
      fromState = new Linear(variables, path + ".state", state, weights, biases, random);
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

    /// Parameters `path.input` and `path.state`.
    public Gru(Variables variables, String path, int inputs, int hidden, RandomGenerator random) {
      this.hidden = hidden;
      fromInput =
          linear(variables, path + ".input", new int[] {inputs, 3 * hidden}, hidden, random);
      fromState =
          linear(variables, path + ".state", new int[] {hidden, 3 * hidden}, hidden, random);
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
