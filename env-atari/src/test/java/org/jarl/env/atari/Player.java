package org.jarl.env.atari;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.Action;
import org.jarl.env.MemoryState;
import org.jarl.env.Observation;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.Step;

/// Plays an environment in a test, as a vector environment would.
final class Player implements AutoCloseable {
  final AtariEnvironment environment;
  final RandomStream random;
  final int choices;
  private final Arena arena = Arena.ofConfined();
  private final Observation observation;
  private final int[] indices = new int[1];
  private final Action action = new Action();
  final Step step;

  Player(Task task, long seed) {
    environment = task.create();
    random = RandomStream.of(seed, "player");
    Space.Box space = environment.spec().observationSpace();
    choices = ((Space.Discrete) environment.spec().actionSpace()).n();
    observation = new Observation(space, arena.allocate(space.bytes(), 8));
    step = new Step(observation, random, new boolean[0]);
    action.bind(indices, new float[0], 0);
  }

  /// Draws on as a new player with this seed would; a reset should follow.
  void restart(long seed) {
    MemoryState.load(MemoryState.save(RandomStream.of(seed, "player")), random);
  }

  /// Starts an episode and gives its first observation.
  byte[] reset() {
    step.clear();
    environment.reset(random, observation);
    return seen();
  }

  /// One step; its results are in [#step].
  byte[] act(int index) {
    step.clear();
    indices[0] = index;
    environment.step(action, step);
    return seen();
  }

  /// The same action some times.
  byte[] act(int index, int times) {
    byte[] last = {};
    for (int i = 0; i < times; i++) {
      last = act(index);
    }
    return last;
  }

  /// One step, and a reset where it ended an episode; gives everything that came out.
  byte[] go(int index) {
    byte[] seen = act(index);
    byte[] all = new byte[2 * seen.length + 12];
    MemorySegment to = MemorySegment.ofArray(all);
    to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 0, step.reward());
    to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4, step.score());
    all[8] = (byte) (step.terminated() ? 1 : 0);
    all[9] = (byte) (step.truncated() ? 1 : 0);
    all[10] = (byte) (step.lifeLost() ? 1 : 0);
    System.arraycopy(seen, 0, all, 12, seen.length);
    if (step.terminated() || step.truncated()) {
      System.arraycopy(reset(), 0, all, 12 + seen.length, seen.length);
    }
    return all;
  }

  byte[] seen() {
    return observation.memory().toArray(ValueLayout.JAVA_BYTE);
  }

  byte[] save() {
    return MemoryState.save(environment);
  }

  /// Takes up another player's game, random numbers included.
  void load(byte[] state, RandomStream from) {
    MemoryState.load(state, environment);
    MemoryState.load(MemoryState.save(from), random);
  }

  @Override
  public void close() {
    environment.close();
    arena.close();
  }
}
