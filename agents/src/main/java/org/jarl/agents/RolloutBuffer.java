package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.agents.config.Require;
import org.jarl.agents.maths.Advantages;
import org.jarl.agents.maths.Rollout;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Rollout of `T` steps of `N` copies, collected into the inputs of the learner's program.
///
/// All arrays are time-major: row `t N + i` is step `t` of copy `i`. Filled anew by each
/// [#collect]; one thread uses it.
final class RolloutBuffer {
  private final Program learner;
  private final Size size;
  private final Actor actor;
  private final ActionBatch actions;
  private final MemorySegment observationRows;
  private final MemorySegment actionRows;
  private final MemorySegment legalRows;
  private final MemorySegment stateRows;
  private final MemorySegment beginRows;
  final Rollout rollout;

  /// `[T N]`, of the actions taken, by the policy that took them.
  final float[] logProbabilities;

  private final float[] advantages;
  private final float[] returns;

  /// Refuses a rollout of more steps than can be counted.
  ///
  /// @throws org.jarl.agents.config.SettingException for `horizon`
  static void checkSteps(int horizon, int count) {
    Require.that(
        (long) horizon * count <= Integer.MAX_VALUE,
        "horizon",
        "so short that a rollout of all %d copies has at most 2147483647 steps".formatted(count),
        horizon);
  }

  /// Size of a rollout.
  ///
  /// @param length steps of each copy, `T`
  /// @param count copies, `N`
  /// @param sequenceLength steps of a sequence of a policy with a memory, `L`; 1 without a memory
  record Size(int length, int count, int sequenceLength) {

    /// Steps of all copies, `T N`.
    int steps() {
      return length * count;
    }

    /// Sequences of all copies, `T N / L`.
    int sequences() {
      return steps() / sequenceLength;
    }
  }

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
    static Batch input(Graph graph, ActorCritic network, Size size) {
      EnvironmentSpec spec = network.spec();
      int rows = size.steps();
      return new Batch(
          Torso.input(graph, "observations", spec, rows),
          ActorCritic.actions(graph, spec, rows),
          ActorCritic.legal(graph, spec, rows),
          network.stateSize() == 0
              ? null
              : new ActorCritic.Past(
                  graph.input("states", size.sequences(), network.stateSize()),
                  graph.input("begins", rows)));
    }

    /// Some rows of them.
    ///
    /// @param rows i32 `[B]`
    /// @param sequences i32 `[B / L]`, those that the rows belong to; null without a memory
    Batch take(Tensor rows, @Nullable Tensor sequences) {
      return new Batch(
          observations.indexSelect(rows),
          actions.indexSelect(rows),
          legal == null ? null : legal.indexSelect(rows),
          past == null || sequences == null
              ? null
              : new ActorCritic.Past(
                  past.states().indexSelect(sequences), past.begins().indexSelect(rows)));
    }
  }

  /// A buffer over the inputs of `learner` that [Batch#input] declared, and its further inputs
  /// `advantages` and `returns`.
  RolloutBuffer(Program learner, Actor actor, EnvironmentSpec spec, Size size) {
    this.learner = learner;
    this.size = size;
    this.actor = actor;
    actions = new ActionBatch(spec.actionSpace(), size.count());
    observationRows = learner.input("observations");
    actionRows = learner.input("actions");
    legalRows = spec.masksActions() ? learner.input("legal") : MemorySegment.NULL;
    boolean remembers = actor.states().byteSize() > 0;
    stateRows = remembers ? learner.input("states") : MemorySegment.NULL;
    beginRows = remembers ? learner.input("begins") : MemorySegment.NULL;
    rollout = Rollout.allocate(size.length(), size.count());
    logProbabilities = new float[size.steps()];
    advantages = new float[size.steps()];
    returns = new float[size.steps()];
  }

  /// Steps every copy `T` times.
  ///
  /// @param first number of the first step, from which draws follow
  /// @throws DivergedException if a value or a log-probability is not finite
  void collect(VectorEnvironment environment, long first) {
    for (int t = 0; t < size.length(); t++) {
      StepBatch seen = environment.current();
      copyRow(seen.observations(), observationRows, t, size.length());
      putState(t);
      if (legalRows.byteSize() > 0) {
        actor.writeMask(seen.legalActions(), legalRows, (long) t * size.count());
      }
      actor.act(seen.observations(), seen.legalActions(), first + t, actions);
      actor.requireFinite(first + t);
      copyRow(actor.actions(), actionRows, t, size.length());
      putEstimates(t);
      putOutcome(t, environment.step(actions));
    }
    MemorySegment next = actor.values(environment.current().observations());
    MemorySegment.copy(
        next, ValueLayout.JAVA_FLOAT, 0, rollout.values(), size.steps(), size.count());
  }

  /// Row `row` of `rows` equal ones.
  private static void copyRow(MemorySegment from, MemorySegment to, int row, int rows) {
    long bytes = to.byteSize() / rows;
    MemorySegment.copy(from, 0, to, row * bytes, bytes);
  }

  private void putState(int t) {
    if (beginRows.byteSize() == 0) {
      return;
    }
    copyRow(actor.begins(), beginRows, t, size.length());
    int sequenceLength = size.sequenceLength();
    if (t % sequenceLength == 0) {
      copyRow(actor.states(), stateRows, t / sequenceLength, size.length() / sequenceLength);
    }
  }

  private void putEstimates(int t) {
    int count = size.count();
    for (int i = 0; i < count; i++) {
      rollout.values()[t * count + i] = actor.value(i);
      logProbabilities[t * count + i] = actor.logProbability(i);
    }
  }

  private void putOutcome(int t, StepBatch step) {
    int count = size.count();
    boolean anyTruncated = false;
    for (int i = 0; i < count; i++) {
      int row = t * count + i;
      rollout.rewards()[row] = step.rewards()[i];
      rollout.terminated()[row] = step.terminated()[i];
      rollout.truncated()[row] = step.truncated()[i];
      anyTruncated |= step.truncated()[i];
    }
    if (anyTruncated) {
      MemorySegment last = actor.values(step.finalObservations());
      MemorySegment.copy(last, ValueLayout.JAVA_FLOAT, 0, rollout.finalValues(), t * count, count);
    }
    for (int i = 0; i < count; i++) {
      if (step.ended(i)) {
        actor.begin(i);
      }
    }
  }

  /// Estimates the advantages (GAE) and writes them and the returns to the learner's inputs; see
  /// [Advantages#gae].
  void estimate(float gamma, float lambda) {
    Advantages.gae(rollout, gamma, lambda, advantages, returns);
    write(advantages, "advantages");
    write(returns, "returns");
  }

  /// Writes what the acting policy computed to the learner's inputs `logProbabilities` and
  /// `values`.
  void writeEstimatesOfActing() {
    write(logProbabilities, "logProbabilities");
    write(rollout.values(), "values");
  }

  /// Writes as many numbers as an input of the learner takes.
  void write(float[] numbers, String name) {
    MemorySegment input = learner.input(name);
    int count = (int) (input.byteSize() / Float.BYTES);
    MemorySegment.copy(numbers, 0, input, ValueLayout.JAVA_FLOAT, 0, count);
  }

  /// See [Rollout#explainedVariance].
  double explainedVariance() {
    return rollout.explainedVariance(returns);
  }
}
