package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.nn.Engine;
import org.jarl.nn.Graph;
import org.jarl.nn.Program;
import org.jarl.nn.Tensor;
import org.jspecify.annotations.Nullable;

/// Acts for `N` copies with an [ActorCritic], and keeps the recurrent state of each.
///
/// Draws follow from a counter alone (Philox), so its saved state is the recurrent state, and
/// nothing where there is none.
final class Actor implements Checkpointable, AutoCloseable {
  private final String name;
  private final EnvironmentSpec spec;
  private final ActorCritic network;
  private final int count;
  private final boolean remembers;
  private final Program act;
  private final Program value;
  private final MemorySegment observations;
  private final MemorySegment legal;
  private final MemorySegment counter;
  private final MemorySegment states;
  private final MemorySegment begins;
  private MemorySegment actions;
  private MemorySegment logProbabilities;
  private MemorySegment values;

  /// Source of the actions of a distribution.
  ///
  /// @param choice its mode, or draws
  /// @param seed of the draws
  record Draws(Policy.Choice choice, long seed) {}

  /// An actor.
  ///
  /// @param name of the algorithm, for names of programs and messages
  Actor(Engine engine, String name, ActorCritic network, int count, Draws draws) {
    this.name = name;
    this.spec = network.spec();
    this.network = network;
    this.count = count;
    remembers = network.stateSize() > 0;
    act = engine.compile(name + ".act", graph -> act(graph, draws));
    value = engine.compile(name + ".value", this::value);
    observations = act.input("observations");
    legal = spec.masksActions() ? act.input("legal") : MemorySegment.NULL;
    counter =
        draws.choice() == Policy.Choice.SAMPLE ? act.input(Graph.COUNTER) : MemorySegment.NULL;
    states = remembers ? act.input("states") : MemorySegment.NULL;
    begins = remembers ? act.input("begins") : MemorySegment.NULL;
    actions = act.output("actions");
    logProbabilities = act.output("logProbabilities");
    values = act.output("values");
    for (int i = 0; i < count; i++) {
      begin(i);
    }
  }

  private void act(Graph graph, Draws draws) {
    ActorCritic.Output output =
        network.apply(
            Torso.input(graph, "observations", spec, count),
            ActorCritic.legal(graph, spec, count),
            ActorCritic.Past.input(graph, network, count));
    Tensor chosen =
        switch (draws.choice()) {
          case MODE -> output.actions().mode();
          case SAMPLE -> output.actions().sample(draws.seed(), graph.counter());
        };
    graph.output("actions", chosen);
    graph.output("logProbabilities", output.actions().logProbability(chosen));
    graph.output("values", output.values());
    if (output.states() != null) {
      graph.output("states", output.states());
    }
  }

  private void value(Graph graph) {
    Tensor seen = Torso.input(graph, "observations", spec, count);
    ActorCritic.Past past = ActorCritic.Past.input(graph, network, count);
    graph.output("values", network.apply(seen, null, past).values());
  }

  /// Chooses actions; afterwards [#logProbability] and [#value] are theirs, and the recurrent state
  /// includes the observations.
  ///
  /// @param seen `[N, observation]`
  /// @param mask `[N, A]`, empty where all actions are legal
  /// @param step draws follow from it; 0 or more
  /// @throws IllegalArgumentException if a copy has no legal action
  void act(MemorySegment seen, boolean[] mask, long step, ActionBatch out) {
    MemorySegment.copy(seen, 0, observations, 0, observations.byteSize());
    writeMask(mask, legal, 0);
    if (counter.byteSize() > 0) {
      counter.set(ValueLayout.JAVA_LONG, 0, step / network.resamplePeriod());
    }
    act.run();
    // Asked for after every run: on a device of its own that waits for it.
    actions = act.output("actions");
    logProbabilities = act.output("logProbabilities");
    values = act.output("values");
    if (out.indices().length > 0) {
      MemorySegment.copy(actions, ValueLayout.JAVA_INT, 0, out.indices(), 0, out.indices().length);
    } else {
      MemorySegment.copy(actions, ValueLayout.JAVA_FLOAT, 0, out.values(), 0, out.values().length);
    }
    if (remembers) {
      MemorySegment.copy(act.output("states"), 0, states, 0, states.byteSize());
      begins.fill((byte) 0);
    }
  }

  /// Fails unless the last actions can be learned from.
  ///
  /// @param step of all copies, for the message
  /// @throws DivergedException if a value or a log-probability is not finite
  void requireFinite(long step) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(value(i)) || !Float.isFinite(logProbability(i))) {
        throw new DivergedException(
            "%s diverged: value and log-probability of an action must be finite, got %s and %s for copy %d at its step %d; a smaller optimizer.learningRate or normalized observations may help"
                .formatted(name, value(i), logProbability(i), i, step));
      }
    }
  }

  /// Writes a mask as numbers for a program.
  ///
  /// @param mask `[N, A]`; empty for nothing
  /// @param row of `to` where copy 0 is written
  void writeMask(boolean[] mask, MemorySegment to, long row) {
    int choices = mask.length / count;
    for (int i = 0; i < mask.length; i += choices) {
      boolean any = false;
      for (int a = i; a < i + choices; a++) {
        any |= mask[a];
        to.setAtIndex(ValueLayout.JAVA_FLOAT, row * choices + a, mask[a] ? 1 : 0);
      }
      if (!any) {
        throw noLegalAction(name, i / choices, choices);
      }
    }
  }

  /// Refusal of a mask without a legal action.
  ///
  /// @param name of what acts
  static IllegalArgumentException noLegalAction(String name, int copy, int choices) {
    return new IllegalArgumentException(
        "%s needs at least one legal action in every state, and the mask of copy %d allows none of %d: fix the environment's mask"
            .formatted(name, copy, choices));
  }

  /// Values of other observations, given the present recurrent state: of final observations before
  /// their copies [#begin] anew, of first ones after it.
  ///
  /// @param seen `[N, observation]`
  /// @return `[N]`, until the next call
  MemorySegment values(MemorySegment seen) {
    MemorySegment to = value.input("observations");
    MemorySegment.copy(seen, 0, to, 0, to.byteSize());
    fillState(value);
    value.run();
    return value.output("values");
  }

  private void fillState(Program program) {
    if (remembers) {
      MemorySegment.copy(states, 0, program.input("states"), 0, states.byteSize());
      MemorySegment.copy(begins, 0, program.input("begins"), 0, begins.byteSize());
    }
  }

  /// Marks the recurrent state of copy `i` as stale: its next observation is the first of an
  /// episode.
  void begin(int i) {
    if (remembers) {
      begins.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
    }
  }

  /// Logarithm of the probability (or density) of the last action of copy `i`.
  float logProbability(int i) {
    return logProbabilities.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// Value of the last observation of copy `i`.
  float value(int i) {
    return values.getAtIndex(ValueLayout.JAVA_FLOAT, i);
  }

  /// The last actions, as programs take them.
  MemorySegment actions() {
    return actions;
  }

  /// An explainer of the next action; null for several copies.
  @Nullable Explainer explainer(Engine engine) {
    Explainer.Kind kind =
        spec.actionSpace() instanceof Space.Box
            ? Explainer.Kind.MEANS
            : Explainer.Kind.PROBABILITIES;
    return count == 1 ? new Explainer(engine, name, spec, kind, new Source()) : null;
  }

  /// The network's output for one observation, given the present recurrent state.
  private final class Source implements Explainer.Source {
    @Override
    public Explainer.Explanation trace(Graph graph, Tensor seen) {
      ActorCritic.Output output =
          network.apply(
              seen, ActorCritic.legal(graph, spec, 1), ActorCritic.Past.input(graph, network, 1));
      ActionDistribution distribution = output.actions();
      Tensor deviations = distribution.stddev();
      Tensor choice =
          deviations == null
              ? distribution.logProbability(distribution.mode())
              : distribution.mean().sum(1);
      return new Explainer.Explanation(distribution.mean(), deviations, output.values(), choice);
    }

    @Override
    public void fill(Program program, boolean[] mask) {
      if (spec.masksActions()) {
        writeMask(mask, program.input("legal"), 0);
      }
      fillState(program);
    }
  }

  /// Recurrent state `[N, stateSize]`; rows of copies marked in [#begins] are stale.
  MemorySegment states() {
    return states;
  }

  /// `[N]`, 1 for copies whose next observation is the first of an episode, else 0.
  MemorySegment begins() {
    return begins;
  }

  @Override
  public void save(StateWriter to) {
    to.section("memory");
    to.putBytes(states);
    to.putBytes(begins);
  }

  @Override
  public void load(StateReader from) {
    from.section("memory");
    from.getBytes(states);
    from.getBytes(begins);
  }

  @Override
  public void close() {
    act.close();
    value.close();
  }
}
