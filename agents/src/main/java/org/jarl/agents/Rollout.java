package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// `T` steps of `N` copies, written where the learner's program reads them.
///
/// All arrays are time-major: row `t N + i` is step `t` of copy `i`. Filled anew by each
/// [#collect]; one thread uses it.
final class Rollout {
  private final int length;
  private final int count;
  private final int sequenceLength;
  private final Actor actor;
  private final ActionBatch actions;
  private final MemorySegment observationRows;
  private final MemorySegment actionRows;
  private final MemorySegment legalRows;
  private final MemorySegment stateRows;
  private final MemorySegment beginRows;

  /// `[T N]`, of the actions taken, by the policy that took them.
  final float[] logProbabilities;

  /// Rewards, values and ends.
  private final Trajectories trajectories;

  /// The inputs of a program that learns from a rollout.
  ///
  /// @param observations `[T N, observation]`
  /// @param actions `[T N]` or `[T N, D]`
  /// @param legal `[T N, A]`; null where all actions may be taken
  /// @param past of sequences of `L` steps, states `[T/L N, stateSize]` and begins `[T N]`; null
  ///   without a memory
  record Batch(
      Tensor observations,
      Tensor actions,
      @Nullable Tensor legal,
      ActorCritic.@Nullable Past past) {

    /// Declares them.
    ///
    /// @param length `T`
    /// @param count `N`
    /// @param sequenceLength `L`
    static Batch input(
        Graph graph,
        EnvironmentSpec spec,
        ActorCritic network,
        int length,
        int count,
        int sequenceLength) {
      int rows = length * count;
      return new Batch(
          Torso.input(graph, "observations", spec, rows),
          ActorCritic.actions(graph, spec, rows),
          ActorCritic.legal(graph, spec, rows),
          network.stateSize() == 0
              ? null
              : new ActorCritic.Past(
                  graph.input("states", rows / sequenceLength, network.stateSize()),
                  graph.input("begins", rows)));
    }

    /// Some rows of them.
    ///
    /// @param rows i32 `[B]`
    /// @param sequences i32 `[B / L]`, those that the rows belong to; null without a memory
    Batch take(Tensor rows, @Nullable Tensor sequences) {
      return new Batch(
          observations.takeRows(rows),
          actions.takeRows(rows),
          legal == null ? null : legal.takeRows(rows),
          past == null || sequences == null
              ? null
              : new ActorCritic.Past(
                  past.states().takeRows(sequences), past.begins().takeRows(rows)));
    }
  }

  /// A rollout into the inputs of `learner` that [Batch#input] declared.
  Rollout(
      Program learner,
      EnvironmentSpec spec,
      Actor actor,
      int length,
      int count,
      int sequenceLength) {
    this.length = length;
    this.count = count;
    this.sequenceLength = sequenceLength;
    this.actor = actor;
    actions = new ActionBatch(spec.actionSpace(), count);
    observationRows = learner.input("observations");
    actionRows = learner.input("actions");
    legalRows = spec.masksActions() ? learner.input("legal") : MemorySegment.NULL;
    boolean remembers = actor.states().byteSize() > 0;
    stateRows = remembers ? learner.input("states") : MemorySegment.NULL;
    beginRows = remembers ? learner.input("begins") : MemorySegment.NULL;
    int steps = length * count;
    logProbabilities = new float[steps];
    trajectories =
        new Trajectories(
            count,
            new float[steps],
            new float[steps + count],
            new float[steps],
            new boolean[steps],
            new boolean[steps]);
  }

  /// Steps every copy `T` times.
  ///
  /// @param first number of the first step, from which draws follow
  /// @throws DivergedException if a value or a log-probability is not finite
  void collect(VectorEnvironment environment, long first) {
    for (int t = 0; t < length; t++) {
      StepBatch seen = environment.current();
      copyRow(seen.observations(), observationRows, t, length);
      remember(t);
      if (legalRows.byteSize() > 0) {
        actor.writeMask(seen.legalActions(), legalRows, (long) t * count);
      }
      actor.act(seen.observations(), seen.legalActions(), first + t, actions);
      actor.requireFinite(first + t);
      copyRow(actor.actions(), actionRows, t, length);
      note(t);
      answer(t, environment.step(actions));
    }
    MemorySegment next = actor.judge(environment.current().observations());
    MemorySegment.copy(next, ValueLayout.JAVA_FLOAT, 0, values(), length * count, count);
  }

  /// Row `row` of `rows` equal ones.
  private static void copyRow(MemorySegment from, MemorySegment to, int row, int rows) {
    long bytes = to.byteSize() / rows;
    MemorySegment.copy(from, 0, to, row * bytes, bytes);
  }

  private void remember(int t) {
    if (beginRows.byteSize() == 0) {
      return;
    }
    copyRow(actor.begins(), beginRows, t, length);
    if (t % sequenceLength == 0) {
      copyRow(actor.states(), stateRows, t / sequenceLength, length / sequenceLength);
    }
  }

  private void note(int t) {
    for (int i = 0; i < count; i++) {
      values()[t * count + i] = actor.value(i);
      logProbabilities[t * count + i] = actor.logProbability(i);
    }
  }

  private void answer(int t, StepBatch step) {
    boolean anyTruncated = false;
    for (int i = 0; i < count; i++) {
      int row = t * count + i;
      trajectories.rewards()[row] = step.rewards()[i];
      trajectories.terminated()[row] = step.terminated()[i];
      trajectories.truncated()[row] = step.truncated()[i];
      anyTruncated |= step.truncated()[i];
    }
    if (anyTruncated) {
      MemorySegment last = actor.judge(step.finalObservations());
      float[] values = trajectories.finalValues();
      MemorySegment.copy(last, ValueLayout.JAVA_FLOAT, 0, values, t * count, count);
    }
    for (int i = 0; i < count; i++) {
      if (step.ended(i)) {
        actor.begin(i);
      }
    }
  }

  /// As many numbers as an input takes.
  static void write(float[] numbers, MemorySegment input) {
    int size = (int) (input.byteSize() / Float.BYTES);
    MemorySegment.copy(numbers, 0, input, ValueLayout.JAVA_FLOAT, 0, size);
  }

  /// Generalized advantage estimates of the rollout, and what they say that the values should be;
  /// see [Advantages].
  ///
  /// @param advantages `[T N]`, is filled
  /// @param returns `[T N]`, is filled
  void advantages(float gamma, float lambda, float[] advantages, float[] returns) {
    Advantages.generalized(trajectories, gamma, lambda, advantages, returns);
  }

  /// `[T + 1, N]`, the value of each state; the last row of what followed the rollout.
  float[] values() {
    return trajectories.values();
  }

  /// `1 - Var[return - value] / Var[return]`: 1 where values foretell the returns, 0 where they say
  /// no more than the mean; NaN where all returns are equal.
  ///
  /// @param returns `[T N]`
  double explainedVariance(float[] returns) {
    double returnSum = 0;
    double returnSquares = 0;
    double errorSum = 0;
    double errorSquares = 0;
    for (int row = 0; row < returns.length; row++) {
      double error = returns[row] - values()[row];
      returnSum += returns[row];
      returnSquares += (double) returns[row] * returns[row];
      errorSum += error;
      errorSquares += error * error;
    }
    double n = returns.length;
    double variance = returnSquares / n - returnSum / n * (returnSum / n);
    double left = errorSquares / n - errorSum / n * (errorSum / n);
    return variance > 0 ? 1 - left / variance : Double.NaN;
  }
}
