package org.jarl.agents;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;
import org.jarl.nn.Program;
import org.jspecify.annotations.Nullable;

/// Whole episodes of `N` copies with the return of each step, collected until there are enough for
/// an update. Its saved state includes the episodes that are not over yet.
final class EpisodeBuffer implements Checkpointable {
  private final float gamma;
  private final ActionBatch actions;

  /// The episode of each copy that is not over yet.
  private final Episodes[] running;

  /// Episodes that are over, one behind the other.
  private final Episodes ended;

  private int endedEpisodes;

  /// No episodes.
  ///
  /// @param count copies, `N`
  EpisodeBuffer(EnvironmentSpec spec, int count, float gamma) {
    this.gamma = gamma;
    actions = new ActionBatch(spec.actionSpace(), count);
    running = new Episodes[count];
    Arrays.setAll(running, _ -> new Episodes(spec));
    ended = new Episodes(spec);
  }

  /// Steps every copy once.
  ///
  /// @param number of the step, from which draws follow
  /// @throws DivergedException if a value or a log-probability is not finite
  void step(VectorEnvironment environment, Actor actor, long number) {
    StepBatch seen = environment.current();
    actor.act(seen.observations(), seen.legalActions(), number, actions);
    actor.requireFinite(number);
    for (int i = 0; i < running.length; i++) {
      running[i].add(i, seen, actor.actions());
    }
    StepBatch step = environment.step(actions);
    @Nullable MemorySegment finalValues = null;
    for (int i = 0; i < running.length; i++) {
      running[i].reward(step.rewards()[i]);
      if (step.ended(i)) {
        float bootstrap = 0;
        if (!step.terminated()[i]) {
          finalValues = finalValues == null ? actor.values(step.finalObservations()) : finalValues;
          bootstrap = finalValues.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        }
        end(running[i], bootstrap);
      }
    }
  }

  private void end(Episodes episode, float bootstrap) {
    episode.end(gamma, bootstrap);
    ended.addAll(episode);
    episode.clear();
    endedEpisodes++;
  }

  /// Episodes that are over.
  int episodes() {
    return endedEpisodes;
  }

  /// Steps of the episodes that are over.
  int steps() {
    return ended.length();
  }

  /// Fills the inputs `observations`, `actions`, `legal` and `returns` of a program with the
  /// episodes that are over, and `weights` with one over their steps; the rows behind them with 0.
  ///
  /// @param learner program of at least [#steps] rows
  void fill(Program learner) {
    ended.fill(learner);
    MemorySegment weights = learner.input("weights");
    weights.fill((byte) 0);
    for (int row = 0; row < steps(); row++) {
      weights.setAtIndex(ValueLayout.JAVA_FLOAT, row, 1f / steps());
    }
  }

  /// Drops the episodes that are over.
  void clear() {
    ended.clear();
    endedEpisodes = 0;
  }

  @Override
  public void save(StateWriter to) {
    to.putInt(endedEpisodes);
    ended.save(to);
    for (Episodes episode : running) {
      episode.save(to);
    }
  }

  @Override
  public void load(StateReader from) {
    endedEpisodes = from.getInt();
    ended.load(from);
    for (Episodes episode : running) {
      episode.load(from);
    }
  }
}
