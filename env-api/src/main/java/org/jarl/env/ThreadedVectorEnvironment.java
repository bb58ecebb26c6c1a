package org.jarl.env;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `N` single simulators stepped together, by the calling thread or by a fixed crew of threads.
///
/// It does what no author has to do: the time limit of the spec (a step that terminates on the last
/// allowed step is terminated, not truncated), the reset of ended episodes, final observations,
/// masks, and the check of what goes in and what comes out. Continuous actions beyond their bounds
/// reach the environment clipped. Thread `t` of `T` steps the copies `N*t/T .. N*(t+1)/T-1`; which
/// results come out does not depend on `T`. Nothing is allocated per step. Not thread-safe: one
/// thread calls.
public final class ThreadedVectorEnvironment implements VectorEnvironment {
  private final String id;
  private final EnvironmentSpec spec;
  private final int count;
  private final Arena arena = Arena.ofShared();
  private final StepBatch batch;
  private final Simulator[] simulators;
  private final float[] clippedValues;
  private final int parts;
  private final @Nullable StepCrew crew;

  /// What each part ran into in this round; a part stops at its first failing copy.
  private final @Nullable Throwable[] failures;

  private @Nullable ActionBatch fittingActions;
  private int[] indices = {};
  private boolean started;
  private boolean failed;
  private boolean closed;

  /// Creates the copies; [#reset] or [#load] must follow.
  ///
  /// @param id named in failures
  /// @param factory called `count` times, must give a new object each time
  /// @param count number of copies, `N`
  /// @param threads how many threads step them, the caller included; more than `count` are not used
  /// @throws IllegalArgumentException if a number is not positive, or copies have different specs
  public ThreadedVectorEnvironment(
      String id, Supplier<? extends Environment> factory, int count, int threads) {
    if (count < 1) {
      throw new IllegalArgumentException("count must be at least 1, got " + count);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be at least 1, got " + threads);
    }
    this.id = id;
    this.count = count;
    List<Environment> environments = create(id, factory, count);
    this.spec = spec(id, environments.getFirst());
    this.batch = StepBatch.allocate(spec, count, arena).withOwnScores();
    this.simulators = new Simulator[count];
    for (int i = 0; i < count; i++) {
      simulators[i] = new Simulator(id, i, environments.get(i), spec, batch);
    }
    boolean continuous = spec.actionSpace() instanceof Space.Box;
    this.clippedValues = new float[continuous ? count * spec.actionSize() : 0];
    this.parts = Math.min(threads, count);
    this.failures = new Throwable[parts];
    this.crew = parts == 1 ? null : new StepCrew("environment", parts, this::stepPart);
  }

  /// All or none: what was created before one failed is closed.
  private static List<Environment> create(
      String id, Supplier<? extends Environment> factory, int count) {
    List<Environment> environments = new ArrayList<>(count);
    try {
      for (int i = 0; i < count; i++) {
        Environment environment = factory.get();
        if (environment == null) {
          throw new IllegalStateException("the factory of \"" + id + "\" returned null");
        }
        environments.add(environment);
        EnvironmentSpec first = spec(id, environments.getFirst());
        EnvironmentSpec own = spec(id, environment);
        if (!own.equals(first)) {
          throw new IllegalArgumentException(
              "all copies of \"%s\" must have one spec, copy 0 has %s and copy %d has %s"
                  .formatted(id, first, i, own));
        }
      }
      return environments;
    } catch (Throwable e) {
      environments.forEach(environment -> close(id, environment));
      throw e;
    }
  }

  private static EnvironmentSpec spec(String id, Environment environment) {
    EnvironmentSpec spec;
    try {
      spec = environment.spec();
    } catch (Throwable e) {
      throw new IllegalStateException(
          "environment \"" + id + "\" failed: spec threw " + Printable.of(e), e);
    }
    if (spec == null) {
      throw new IllegalStateException("environment \"" + id + "\" failed: spec returned null");
    }
    return spec;
  }

  private static void close(String id, Environment environment) {
    try {
      environment.close();
    } catch (Throwable e) {
      EnvironmentFailedException.logClose(id, e);
    }
  }

  @Override
  public EnvironmentSpec spec() {
    return spec;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public StepBatch reset(long seed) {
    checkOpen();
    started = false;
    batch.finalObservations().fill((byte) 0);
    for (Simulator simulator : simulators) {
      simulator.reset(seed);
    }
    failed = false;
    started = true;
    return batch;
  }

  /// {@inheritDoc}
  ///
  /// @throws EnvironmentFailedException if a copy threw or broke its contract; when several did,
  ///   the one of the lowest copy. The environment must then be reset or loaded
  @Override
  public StepBatch step(ActionBatch actions) {
    checkReady();
    checkFits(actions);
    actions.check(batch.legalActions());
    actions.clipInto(clippedValues);
    indices = actions.indices();
    if (crew == null) {
      stepPart(0);
    } else {
      crew.run();
    }
    for (Throwable failure : failures) {
      if (failure != null) {
        throw fail(failure);
      }
    }
    return batch;
  }

  /// Compares once per batch object: learners use one for ever.
  private void checkFits(ActionBatch actions) {
    if (actions == fittingActions) {
      return;
    }
    if (actions.count() != count || !actions.space().equals(spec.actionSpace())) {
      throw new IllegalArgumentException(
          "\"%s\" needs %d actions of %s, got %d of %s"
              .formatted(id, count, spec.actionSpace(), actions.count(), actions.space()));
    }
    fittingActions = actions;
  }

  private void stepPart(int part) {
    int end = (int) ((long) count * (part + 1) / parts);
    try {
      for (int i = (int) ((long) count * part / parts); i < end; i++) {
        simulators[i].step(indices, clippedValues);
      }
    } catch (Throwable e) {
      // Carried to the calling thread, whatever it is.
      failures[part] = e;
    }
  }

  private RuntimeException fail(Throwable failure) {
    failed = true;
    Arrays.fill(failures, null);
    if (failure instanceof Error error) {
      throw error;
    }
    return (RuntimeException) failure;
  }

  @Override
  public StepBatch current() {
    checkReady();
    return batch;
  }

  /// Steps that copy `i` has taken in its present episode.
  public int episodeStep(int copy) {
    return simulators[copy].episodeStep();
  }

  @Override
  public boolean render(int copy, Frame frame) {
    checkReady();
    if (copy < 0 || copy >= count) {
      throw new IllegalArgumentException("copy must be in 0 .. " + (count - 1) + ", got " + copy);
    }
    return simulators[copy].render(frame);
  }

  private void checkReady() {
    checkOpen();
    if (failed) {
      throw new IllegalStateException(
          "\"" + id + "\" failed in an earlier step; reset or load it before going on");
    }
    if (!started) {
      throw new IllegalStateException("\"" + id + "\" must be reset or loaded first");
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("\"" + id + "\" is closed");
    }
  }

  /// {@inheritDoc}
  ///
  /// @throws IllegalStateException before the first [#reset] and after a failure
  @Override
  public void save(StateWriter to) {
    checkReady();
    to.section("environments");
    to.putInt(count);
    batch.save(to);
    for (Simulator simulator : simulators) {
      simulator.save(to);
    }
  }

  @Override
  public void load(StateReader from) {
    checkOpen();
    started = false;
    from.section("environments");
    int saved = from.getInt();
    if (saved != count) {
      throw new IllegalArgumentException(
          "the saved state holds %d copies of \"%s\", this run has %d".formatted(saved, id, count));
    }
    batch.load(from);
    for (Simulator simulator : simulators) {
      simulator.load(from);
    }
    failed = false;
    started = true;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    if (crew != null) {
      crew.close();
    }
    for (Simulator simulator : simulators) {
      close(id, simulator.environment());
    }
    arena.close();
  }
}
