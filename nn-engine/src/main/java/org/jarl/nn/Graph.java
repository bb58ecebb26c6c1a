package org.jarl.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A computation being traced: tensors in the order of their making, named outputs, and the effects
/// on variables that happen after all tensors have been computed, in order.
///
/// Tensors only refer to earlier tensors, so the list is a topological order. A program of several
/// rounds goes through all of it, effects included, in each of them.
public final class Graph {
  /// Name of the input that [#counter] declares.
  public static final String COUNTER = "counter";

  private final String name;
  private final int rounds;
  private final List<Tensor> tensors = new ArrayList<>();
  private final Map<String, Tensor> inputs = new LinkedHashMap<>();
  private final Map<String, Tensor> outputs = new LinkedHashMap<>();
  private final Map<Parameter, Tensor> variables = new HashMap<>();
  private final List<Effect> effects = new ArrayList<>();
  private final List<String> scopes = new ArrayList<>();
  private @Nullable Tensor stop;
  private int noises;

  /// An empty graph of one round.
  ///
  /// @param name part of error messages
  public Graph(String name) {
    this(name, 1);
  }

  /// An empty graph.
  ///
  /// @param name part of error messages
  /// @param rounds times that a run goes through it
  /// @throws IllegalArgumentException if there would be no round
  public Graph(String name, int rounds) {
    if (rounds < 1) {
      throw new IllegalArgumentException(
          "program " + name + " must have at least 1 round, got " + rounds);
    }
    this.name = name;
    this.rounds = rounds;
  }

  /// What a program does to variables besides computing tensors.
  public sealed interface Effect {
    /// Tensors that must be computed for it.
    List<Tensor> inputs();

    /// One optimizer step over a whole set; see [Optimizer].
    ///
    /// @param gradients one per parameter of the set, in its order
    /// @param learningRate scalar
    record Optimize(Optimizer optimizer, List<Tensor> gradients, Tensor learningRate)
        implements Effect {
      public Optimize {
        gradients = List.copyOf(gradients);
      }

      @Override
      public List<Tensor> inputs() {
        List<Tensor> all = new ArrayList<>(gradients);
        all.add(learningRate);
        return all;
      }
    }

    /// `target = target + rate * (source - target)` over whole sets; a rate of 1 is a copy.
    record Blend(Variables source, Variables target, float rate) implements Effect {
      @Override
      public List<Tensor> inputs() {
        return List.of();
      }
    }
  }

  /// Name for messages.
  public String name() {
    return name;
  }

  /// Times that a run goes through it.
  public int rounds() {
    return rounds;
  }

  /// All tensors, each after those it is computed from.
  public List<Tensor> tensors() {
    return Collections.unmodifiableList(tensors);
  }

  /// Inputs by name.
  public Map<String, Tensor> inputs() {
    return Collections.unmodifiableMap(inputs);
  }

  /// Outputs by name.
  public Map<String, Tensor> outputs() {
    return Collections.unmodifiableMap(outputs);
  }

  /// Effects in order.
  public List<Effect> effects() {
    return Collections.unmodifiableList(effects);
  }

  /// An f32 input.
  public Tensor input(String inputName, int... sizes) {
    return input(inputName, DType.F32, sizes);
  }

  /// Something the caller fills before each run, the same for all rounds.
  ///
  /// @throws IllegalArgumentException if the name is taken
  public Tensor input(String inputName, DType dtype, int... sizes) {
    return input(new Op.Input(inputName, false), dtype, sizes);
  }

  /// Something with a value of its own for each round; the caller fills all of them, `[rounds,
  /// sizes]`, before each run.
  ///
  /// @param sizes of one round's value
  /// @throws IllegalArgumentException if the name is taken
  public Tensor inputOfRound(String inputName, DType dtype, int... sizes) {
    return input(new Op.Input(inputName, true), dtype, sizes);
  }

  /// Rows of a table: `[indices, sizes]`, of which each round takes its own.
  ///
  /// Rows are taken when a round begins, as they are then. Index -1 is a row of zeros. An index
  /// beyond the table is refused before the round begins where rows are taken by the processor; a
  /// device that takes them itself may give any bytes for it, but reads and writes nothing else.
  ///
  /// @param indices an i32 input of any shape, made by [#input] or [#inputOfRound]
  /// @param dtype of the elements of a row, in native byte order
  /// @param sizes of a row
  /// @throws IllegalArgumentException if the indices are something else or the sizes are not those
  ///   of a row
  public Tensor rows(RowTable table, Tensor indices, DType dtype, int... sizes) {
    if (!(indices.op() instanceof Op.Input) || indices.dtype() != DType.I32) {
      throw indices.error(
          "rows needs an i32 input as indices, got " + indices.dtype() + " " + indices.shape());
    }
    Shape row = Shape.of(sizes);
    long bytes = (long) row.elements() * dtype.bytes();
    if (bytes != table.rowBytes()) {
      throw indices.error(
          "rows needs %d bytes for each row of %s, got %s %s of %d"
              .formatted(table.rowBytes(), table, dtype, row, bytes));
    }
    int rank = indices.shape().rank();
    int[] all = Arrays.copyOf(indices.shape().toArray(), rank + sizes.length);
    System.arraycopy(sizes, 0, all, rank, sizes.length);
    return add(new Op.Rows(table), Shape.of(all), dtype, List.of(indices));
  }

  private Tensor input(Op.Input input, DType dtype, int... sizes) {
    String inputName = input.name();
    if (inputs.containsKey(inputName)) {
      throw new IllegalArgumentException(
          "program " + name + " already has an input \"" + inputName + "\"");
    }
    Tensor tensor = add(input, Shape.of(sizes), dtype, List.of());
    inputs.put(inputName, tensor);
    return tensor;
  }

  /// The value of a parameter at the beginning of the round.
  public Tensor variable(Parameter parameter) {
    Tensor known = variables.get(parameter);
    if (known == null) {
      known = add(new Op.Variable(parameter), parameter.shape(), DType.F32, List.of());
      variables.put(parameter, known);
    }
    return known;
  }

  /// Takes a tensor for a parameter's value from here on; for tests of modules.
  void bind(Parameter parameter, Tensor value) {
    variables.put(parameter, value);
  }

  /// A number.
  public Tensor constant(float value) {
    return constant(value, Shape.SCALAR);
  }

  /// A tensor that holds one number everywhere.
  public Tensor constant(float value, Shape shape) {
    return add(new Op.Constant(value), shape, DType.F32, List.of());
  }

  /// A tensor of given numbers: the atoms of a distribution, say.
  ///
  /// @param values row-major, one per element; copied
  /// @throws IllegalArgumentException if their number is not that of the shape's elements
  public Tensor constant(float[] values, int... sizes) {
    Shape shape = Shape.of(sizes);
    if (values.length != shape.elements()) {
      throw new IllegalArgumentException(
          "constant needs %d values for %s, got %d in program %s"
              .formatted(shape.elements(), shape, values.length, name));
    }
    if (values.length == 1) {
      return constant(values[0], shape);
    }
    List<Float> numbers = new ArrayList<>(values.length);
    for (float value : values) {
      numbers.add(value);
    }
    return add(new Op.ConstantArray(numbers), shape, DType.F32, List.of());
  }

  /// Random numbers that follow from a counter alone; see [Op.Random].
  ///
  /// @param counter i32 `[2]`; use every value once
  public Tensor random(Op.RandomKind kind, long seed, Tensor counter, int... sizes) {
    if (counter.dtype() != DType.I32 || !counter.shape().equals(Shape.of(2))) {
      throw counter.error(
          "random needs a counter i32 [2], got " + counter.dtype() + " " + counter.shape());
    }
    return add(new Op.Random(kind, seed), Shape.of(sizes), DType.F32, List.of(counter));
  }

  /// The counter that all random numbers of this program may follow from: the input [#COUNTER], i32
  /// `[2]`, a 64-bit number with the low word first. It is declared by the first call.
  ///
  /// The caller fills it before each run, with a number that it has not used before: the count of
  /// updates or of steps, say. All rounds of a run see the same number.
  public Tensor counter() {
    Tensor known = inputs.get(COUNTER);
    return known == null ? input(COUNTER, DType.I32, 2) : known;
  }

  /// Whether [#counter] has been asked for, so that the caller must fill it.
  public boolean usesCounter() {
    return inputs.containsKey(COUNTER);
  }

  /// Random numbers that follow from [#counter], a seed and the place in the program: every call
  /// gives other numbers, so that two layers, or two uses of one layer, never share their noise.
  /// Noisy layers, the fractions of implicit quantile networks and samples of actions take it.
  ///
  /// @param seed of the agent; programs that may run with equal counters need distinct ones
  public Tensor noise(Op.RandomKind kind, long seed, int... sizes) {
    // A step of Weyl's sequence apart, so that equal seeds have distinct keys in one program.
    return random(kind, seed + 0x9E3779B97F4A7C15L * ++noises, counter(), sizes);
  }

  /// Names a tensor that can be read after a run.
  ///
  /// @throws IllegalArgumentException if the name is taken
  public void output(String outputName, Tensor tensor) {
    if (outputs.putIfAbsent(outputName, tensor) != null) {
      throw new IllegalArgumentException(
          "program " + name + " already has an output \"" + outputName + "\"");
    }
  }

  /// Adds an effect; they happen in the order of adding.
  public void effect(Effect effect) {
    effects.add(effect);
  }

  /// Ends the run in the first round in which a number is above 0: that round's effects and all
  /// later rounds are left out. Its outputs are still written.
  ///
  /// @param condition f32 scalar
  /// @throws IllegalArgumentException if it is something else, or the second condition
  public void stopWhen(Tensor condition) {
    if (condition.dtype() != DType.F32 || condition.shape().rank() != 0) {
      throw condition.error(
          "stopWhen needs an f32 scalar, got " + condition.dtype() + " " + condition.shape());
    }
    if (stop != null) {
      throw condition.error("stopWhen may be said once: combine the conditions with maximum");
    }
    stop = condition;
  }

  /// What [#stopWhen] was given, or null.
  public @Nullable Tensor stopCondition() {
    return stop;
  }

  /// `target` follows `source` after each round: a copy for rate 1, else Polyak averaging.
  ///
  /// @throws IllegalArgumentException if the sets differ or the rate is not in (0, 1]
  public void blend(Variables source, Variables target, float rate) {
    if (!(rate > 0 && rate <= 1)) {
      throw new IllegalArgumentException("blend rate must be in (0, 1], got " + rate);
    }
    target.checkLayout(source);
    effect(new Effect.Blend(source, target, rate));
  }

  /// Everything traced inside carries this path in error messages.
  public Tensor within(String path, Supplier<Tensor> trace) {
    scopes.add(path);
    try {
      return trace.get();
    } finally {
      scopes.removeLast();
    }
  }

  /// The innermost module path being traced, or the empty string.
  String scope() {
    return scopes.isEmpty() ? "" : scopes.getLast();
  }

  /// Appends a tensor; for operations, gradients and passes.
  Tensor add(Op op, Shape shape, DType dtype, List<Tensor> from) {
    Tensor tensor = new Tensor(this, tensors.size(), op, shape, dtype, from, scope());
    tensors.add(tensor);
    return tensor;
  }

  /// Registers an input of a rewritten graph under its old name.
  void keepInput(String inputName, Tensor tensor) {
    inputs.put(inputName, tensor);
  }

  /// One line per tensor, for people.
  public String describe() {
    StringBuilder text = new StringBuilder("program ").append(name).append('\n');
    for (Tensor tensor : tensors) {
      text.append("  ").append(tensor).append('\n');
    }
    outputs.forEach(
        (n, t) -> text.append("  output ").append(n).append(" = %").append(t.id()).append('\n'));
    if (stop != null) {
      text.append("  stop when %").append(stop.id()).append(" > 0\n");
    }
    effects.forEach(e -> text.append("  ").append(e.getClass().getSimpleName()).append('\n'));
    return text.toString();
  }
}
