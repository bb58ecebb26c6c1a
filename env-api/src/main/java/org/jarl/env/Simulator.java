package org.jarl.env;

import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One copy inside a [ThreadedVectorEnvironment]: an environment with its random stream, its place
/// in the batch and the step of its episode. Steps, cuts, checks and resets it. One thread at a
/// time.
final class Simulator implements Checkpointable {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private final String id;
  private final int copy;
  private final Environment environment;
  private final EnvironmentSpec spec;
  private final StepBatch batch;
  private final MemorySegment row;
  private final MemorySegment finalRow;
  private final Observation observation;
  private final boolean[] legalActions;
  private final boolean checksFinite;
  private final int actionSize;
  private final Action action = new Action();
  private final Step step;
  private RandomStream random = RandomStream.of(0, "environment");
  private long seed;
  private int episodeStep;

  /// Steps of the game, which a lost life does not end; those of the episode where there is no
  /// limit to hold them to.
  private int gameStep;

  Simulator(String id, int copy, Environment environment, EnvironmentSpec spec, StepBatch batch) {
    this.id = id;
    this.copy = copy;
    this.environment = environment;
    this.spec = spec;
    this.batch = batch;
    Space.Box space = spec.observationSpace();
    long bytes = space.bytes();
    this.row = batch.observations().asSlice(copy * bytes, bytes);
    this.finalRow = batch.finalObservations().asSlice(copy * bytes, bytes);
    this.observation = new Observation(space, row);
    this.checksFinite = space.type() == Space.ElementType.F32;
    this.actionSize = spec.actionSize();
    this.legalActions = new boolean[spec.maskSize()];
    this.step = new Step(observation, random, legalActions);
  }

  Environment environment() {
    return environment;
  }

  /// Steps taken in the present episode.
  int episodeStep() {
    return episodeStep;
  }

  /// Starts anew with the copy's own stream of the seed.
  void reset(long newSeed) {
    seed = newSeed;
    random = RandomStream.of(newSeed, "environment", copy);
    step.bind(random);
    publish(0, 0, false, false, false);
    gameStep = 0;
    beginEpisode();
  }

  private void beginEpisode() {
    episodeStep = 0;
    try {
      environment.reset(random, observation);
      if (legalActions.length != 0) {
        Arrays.fill(legalActions, true);
        environment.legalActions(legalActions);
      }
    } catch (Throwable e) {
      throw thrown("reset", e);
    }
    checkObservation();
    publishLegalActions(batch.legalActions());
  }

  /// Advances by one step of this copy's row of the actions, which have been checked.
  void step(int[] indices, float[] values) {
    action.bind(indices, values, copy * actionSize);
    step.clear();
    episodeStep++;
    gameStep++;
    try {
      environment.step(action, step);
    } catch (Throwable e) {
      throw thrown("step", e);
    }
    float reward = step.reward();
    if (!Float.isFinite(reward)) {
      throw failed("the reward must be finite, got " + reward, null);
    }
    if (!Float.isFinite(step.score())) {
      throw failed("the score must be finite, got " + step.score(), null);
    }
    checkObservation();
    boolean terminated = step.terminated();
    if (terminated && step.truncated()) {
      throw failed("a step may terminate or truncate the episode, it did both", null);
    }
    // Reached in the step that lost a life, the limit cuts the step after it.
    boolean late = spec.timeLimit() > 0 && gameStep >= spec.timeLimit();
    boolean truncated = !terminated && (step.truncated() || late);
    publish(reward, step.score(), terminated, truncated, step.lifeLost());
    if (terminated || truncated) {
      if (!step.lifeLost() || spec.timeLimit() == 0) {
        gameStep = 0;
      }
      MemorySegment.copy(row, 0, finalRow, 0, row.byteSize());
      if (terminated) {
        Arrays.fill(legalActions, true); // nothing follows
      }
      publishLegalActions(batch.finalLegalActions());
      beginEpisode();
    } else {
      publishLegalActions(batch.legalActions());
    }
  }

  private void publish(
      float reward, float score, boolean terminated, boolean truncated, boolean lifeLost) {
    batch.rewards()[copy] = reward;
    batch.scores()[copy] = score;
    batch.terminated()[copy] = terminated;
    batch.truncated()[copy] = truncated;
    batch.lifeLost()[copy] = lifeLost;
  }

  private void publishLegalActions(boolean[] to) {
    if (legalActions.length == 0) {
      return;
    }
    int from = copy * legalActions.length;
    boolean any = false;
    for (int i = 0; i < legalActions.length; i++) {
      any |= legalActions[i];
      to[from + i] = legalActions[i];
    }
    if (!any) {
      throw failed(
          "at least one action must be legal while an episode goes on, the mask forbids all "
              + legalActions.length,
          null);
    }
  }

  /// Not finite times zero is NaN and stays NaN in a sum: one branch for all elements.
  private void checkObservation() {
    if (!checksFinite) {
      return;
    }
    float sum = 0;
    long bytes = row.byteSize();
    for (long at = 0; at < bytes; at += 4) {
      sum += row.get(F32, at) * 0f;
    }
    if (sum != 0) {
      throw notFinite();
    }
  }

  private EnvironmentFailedException notFinite() {
    int i = 0;
    while (Float.isFinite(observation.get(i))) {
      i++;
    }
    return failed(
        "observations must be finite, element %d of %s is %s"
            .formatted(i, spec.observationSpace().shape(), observation.get(i)),
        null);
  }

  /// Draws the present state.
  boolean render(Frame frame) {
    try {
      return environment.render(frame);
    } catch (Throwable e) {
      throw thrown("render", e);
    }
  }

  private EnvironmentFailedException thrown(String method, Throwable cause) {
    return failed(method + " threw " + Printable.of(cause), cause);
  }

  private EnvironmentFailedException failed(String problem, @Nullable Throwable cause) {
    return new EnvironmentFailedException(id, copy, episodeStep, seed, problem, cause);
  }

  @Override
  public void save(StateWriter to) {
    to.putLong(seed);
    // A number below 0 says that the steps of the game, which are others, follow.
    if (gameStep == episodeStep) {
      to.putInt(episodeStep);
    } else {
      to.putInt(-1 - episodeStep);
      to.putInt(gameStep);
    }
    random.save(to);
    try {
      environment.save(to);
    } catch (UncheckedIOException e) {
      throw e; // of the writer
    } catch (Throwable e) {
      throw thrown("save", e);
    }
  }

  @Override
  public void load(StateReader from) {
    seed = from.getLong();
    int steps = from.getInt();
    episodeStep = steps < 0 ? -1 - steps : steps;
    gameStep = steps < 0 ? from.getInt() : steps;
    random.load(from);
    step.bind(random);
    try {
      environment.load(from);
    } catch (UncheckedIOException | IllegalArgumentException e) {
      throw e; // of the reader, or a state that is not the environment's
    } catch (Throwable e) {
      throw thrown("load", e);
    }
  }
}
