package org.jarl.env.check;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jarl.env.Action;
import org.jarl.env.Environment;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.MemoryState;
import org.jarl.env.Observation;
import org.jarl.env.Printable;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;

/// One environment in the hands of the [EnvironmentChecker]: driven by random legal actions, over
/// memory that is filled with a pattern before each call. Not thread-safe.
final class Probe {
  private final Environment environment;
  private final EnvironmentSpec spec;
  private final byte poison;
  private final Action action = new Action();
  private final int[] indices;
  private final float[] values;
  private final boolean[] legal;
  private final Step step;

  /// Two, used in turn: what is written to the one of the call before was kept without leave.
  private final Observation[] observations = new Observation[2];

  private final MemorySegment[] memories = new MemorySegment[2];
  private int turn;
  private byte[] before = {};

  private RandomStream random = RandomStream.of(0, "environment");
  private RandomStream actions = RandomStream.of(0, "checker");
  private boolean swapsRandom;
  private boolean mustReset = true;
  private int episode;
  private int episodeStep;

  /// The environment threw or meddled with the memory; the message says where and what.
  static final class Failure extends RuntimeException {
    private final EnvironmentChecker.Rule rule;

    Failure(EnvironmentChecker.Rule rule, String message) {
      super(message);
      this.rule = rule;
    }

    EnvironmentChecker.Rule rule() {
      return rule;
    }
  }

  Probe(Environment environment, EnvironmentSpec spec, byte poison) {
    this.environment = environment;
    this.spec = spec;
    this.poison = poison;
    boolean continuous = spec.actionSpace() instanceof Space.Box;
    this.indices = new int[continuous ? 0 : spec.actionSize()];
    this.values = new float[continuous ? spec.actionSize() : 0];
    this.legal = new boolean[spec.maskSize()];
    for (int i = 0; i < 2; i++) {
      // Off the heap and aligned, as in a run.
      memories[i] = java.lang.foreign.Arena.ofAuto().allocate(spec.observationSpace().bytes(), 64);
      observations[i] = new Observation(spec.observationSpace(), memories[i]);
    }
    this.step = new Step(observations[0], random, legal);
  }

  Environment environment() {
    return environment;
  }

  /// From now on gives every call another object with the same random numbers.
  Probe swappingRandom() {
    swapsRandom = true;
    return this;
  }

  /// Starts from a seed, whatever went on before.
  Snapshot start(long seed) {
    if (mustReset && step.lifeLost()) {
      // The reset that is due goes on with the game; one at any other time starts anew.
      reset();
    }
    random = RandomStream.of(seed, "environment");
    actions = RandomStream.of(seed, "checker");
    episode = 0;
    return reset();
  }

  /// One reset if the episode has ended, else one step with a random legal action.
  Snapshot advance() {
    return mustReset ? reset() : step();
  }

  /// The snapshots of `count` calls of [#advance].
  List<Snapshot> advance(int count) {
    List<Snapshot> snapshots = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      snapshots.add(advance());
    }
    return snapshots;
  }

  private Snapshot reset() {
    episode++;
    episodeStep = 0;
    mustReset = false;
    Observation out = prepare();
    Arrays.fill(legal, true);
    step.clear();
    try {
      environment.reset(random, out);
      if (legal.length != 0) {
        environment.legalActions(legal);
      }
    } catch (Throwable e) {
      throw new Failure(
          EnvironmentChecker.Rule.RESET_THROWS,
          "reset of episode " + episode + " threw " + Printable.of(e));
    }
    return finish(out);
  }

  private Snapshot step() {
    episodeStep++;
    Observation out = prepare();
    choose();
    step.clear();
    step.bind(random);
    step.bind(out);
    try {
      environment.step(action, step);
    } catch (Throwable e) {
      throw new Failure(
          EnvironmentChecker.Rule.STEP_THROWS,
          "step %d of episode %d, action %s, threw %s"
              .formatted(episodeStep, episode, actionText(), Printable.of(e)));
    }
    mustReset = step.terminated() || step.truncated() || episodeStep == spec.timeLimit();
    return finish(out);
  }

  private String actionText() {
    if (values.length != 0) {
      return Arrays.toString(values);
    }
    return indices.length == 1 ? String.valueOf(indices[0]) : Arrays.toString(indices);
  }

  private Observation prepare() {
    turn = 1 - turn;
    memories[turn].fill(poison);
    before = bytes(1 - turn);
    if (swapsRandom) {
      RandomStream copy = RandomStream.of(0, "environment");
      MemoryState.load(MemoryState.save(random), copy);
      random = copy;
    }
    return observations[turn];
  }

  private byte[] bytes(int which) {
    return memories[which].toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  private Snapshot finish(Observation out) {
    Snapshot snapshot =
        new Snapshot(
            episode,
            episodeStep,
            bytes(turn),
            step.reward(),
            step.score(),
            step.terminated(),
            step.truncated(),
            step.lifeLost(),
            legal.clone());
    if (!Arrays.equals(before, bytes(1 - turn))) {
      throw new Failure(
          EnvironmentChecker.Rule.OBSERVATION_KEPT,
          snapshot.where() + " wrote into the observation of the call before it");
    }
    if (out.memory().address() != memories[turn].address()) {
      throw new Failure(
          EnvironmentChecker.Rule.OBSERVATION_KEPT,
          snapshot.where() + " bound the observation to other memory");
    }
    return snapshot;
  }

  private void choose() {
    switch (spec.actionSpace()) {
      case Space.Discrete(int n) -> {
        int index = actions.nextInt(n);
        for (int tries = 0; legal.length != 0 && !legal[index] && tries < n; tries++) {
          index = (index + 1) % n;
        }
        indices[0] = index;
      }
      case Space.MultiDiscrete choices -> {
        for (int i = 0; i < indices.length; i++) {
          indices[i] = actions.nextInt(choices.sizes().get(i));
        }
      }
      case Space.Box box -> {
        for (int i = 0; i < values.length; i++) {
          // Beyond any sensible bound nothing is learned about an environment.
          float low = Math.max(box.low(i), -1e3f);
          float high = Math.min(box.high(i), 1e3f);
          float reach = 1.25f * actions.nextFloat() - 0.125f;
          values[i] = low + (high - low) * Math.min(Math.max(reach, 0), 1);
        }
      }
    }
    action.bind(indices, values, 0);
  }

  /// Steps without looking at anything, for measuring.
  void spin(int count) {
    try {
      spinUnguarded(count);
    } catch (Throwable e) {
      throw new Failure(
          EnvironmentChecker.Rule.STEP_THROWS,
          "a reset or step of a long run threw " + Printable.of(e));
    }
  }

  private void spinUnguarded(int count) {
    Observation out = observations[0];
    step.bind(out);
    step.bind(random);
    for (int i = 0; i < count; i++) {
      if (mustReset) {
        environment.reset(random, out);
        Arrays.fill(legal, true);
        environment.legalActions(legal);
        episodeStep = 0;
      }
      choose();
      step.clear();
      environment.step(action, step);
      episodeStep++;
      mustReset = step.terminated() || step.truncated() || episodeStep == spec.timeLimit();
    }
  }

  /// What the environment says is legal in its present state, for comparing with its last step.
  boolean[] legalNow() {
    boolean[] now = new boolean[legal.length];
    Arrays.fill(now, true);
    try {
      environment.legalActions(now);
    } catch (Throwable e) {
      throw new Failure(
          EnvironmentChecker.Rule.MASK_AGREES, "legalActions threw " + Printable.of(e));
    }
    return now;
  }

  /// Whether the episode goes on.
  boolean goesOn() {
    return !mustReset;
  }

  /// The environment's own state.
  byte[] save() {
    return MemoryState.save(environment);
  }

  /// Takes up an environment's saved state, and everything around it from the probe that saved it.
  void load(byte[] state, Probe from) {
    MemoryState.load(state, environment);
    random = RandomStream.of(0, "environment");
    MemoryState.load(MemoryState.save(from.random), random);
    actions = RandomStream.of(0, "checker");
    MemoryState.load(MemoryState.save(from.actions), actions);
    System.arraycopy(from.legal, 0, legal, 0, legal.length);
    mustReset = from.mustReset;
    episode = from.episode;
    episodeStep = from.episodeStep;
  }
}
