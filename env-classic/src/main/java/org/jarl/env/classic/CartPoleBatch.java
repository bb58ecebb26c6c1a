package org.jarl.env.classic;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Frame;
import org.jarl.env.RandomStream;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// `N` copies of [CartPole] with their state in arrays, bit-equal to `N` single ones.
///
/// The equations are those of the single environment, in the same order of operations. Each
/// quantity has its own short loop without a branch: that is what the compiler turns into vector
/// instructions (one long loop stays scalar and takes five times as long). What depends on the copy
/// (ends, resets, the time limit) follows in a last loop.
public final class CartPoleBatch implements VectorEnvironment {
  private static final int SIZE = 4;
  private static final long ROW_BYTES = 4L * SIZE;
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

  private final int count;
  private final RandomStream[] streams;
  private final double[] positions;
  private final double[] velocities;
  private final double[] angles;
  private final double[] angularVelocities;
  private final double[] forces;
  private final double[] sines;
  private final double[] cosines;
  private final double[] pushes;
  private final double[] turns;
  private final double[] drives;
  private final int[] ages;
  private final Arena arena = Arena.ofShared();
  private final StepBatch batch;
  private boolean started;

  /// Creates the copies; [#reset] or [#load] must follow.
  ///
  /// @param count number of copies, at least 1
  /// @throws IllegalArgumentException if `count` is below 1
  public CartPoleBatch(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("CartPoleBatch.count must be at least 1, got " + count);
    }
    this.count = count;
    streams = new RandomStream[count];
    for (int i = 0; i < count; i++) {
      streams[i] = RandomStream.of(0, "environment", i);
    }
    positions = new double[count];
    velocities = new double[count];
    angles = new double[count];
    angularVelocities = new double[count];
    forces = new double[count];
    sines = new double[count];
    cosines = new double[count];
    pushes = new double[count];
    turns = new double[count];
    drives = new double[count];
    ages = new int[count];
    batch = StepBatch.allocate(CartPole.SPEC, count, arena);
  }

  @Override
  public EnvironmentSpec spec() {
    return CartPole.SPEC;
  }

  @Override
  public int count() {
    return count;
  }

  @Override
  public StepBatch reset(long seed) {
    batch.finalObservations().fill((byte) 0);
    for (int i = 0; i < count; i++) {
      streams[i] = RandomStream.of(seed, "environment", i);
      start(i);
      batch.rewards()[i] = 0;
      batch.terminated()[i] = false;
      batch.truncated()[i] = false;
    }
    started = true;
    return batch;
  }

  @Override
  public StepBatch step(ActionBatch actions) {
    checkStarted();
    checkFits(actions);
    actions.check(batch.legalActions());
    takeForces(actions.indices());
    move();
    finish();
    return batch;
  }

  private void checkFits(ActionBatch actions) {
    if (actions.count() != count || !actions.space().equals(CartPole.SPEC.actionSpace())) {
      throw new IllegalArgumentException(
          "\"%s\" needs %d actions of %s, got %d of %s"
              .formatted(
                  ClassicControl.CART_POLE,
                  count,
                  CartPole.SPEC.actionSpace(),
                  actions.count(),
                  actions.space()));
    }
  }

  @Override
  public StepBatch current() {
    checkStarted();
    return batch;
  }

  private void checkStarted() {
    if (!started) {
      throw new IllegalStateException(
          "\"" + ClassicControl.CART_POLE + "\" must be reset or loaded first");
    }
  }

  private void takeForces(int[] actions) {
    for (int i = 0; i < forces.length; i++) {
      forces[i] = (2 * actions[i] - 1) * CartPole.FORCE;
    }
  }

  /// The step equations for all copies, one quantity per loop.
  private void move() {
    sines(angles, sines);
    cosines(angles, cosines);
    pushes(forces, angularVelocities, sines, pushes);
    turns(pushes, sines, cosines, turns);
    drives(pushes, turns, cosines, drives);
    advance(positions, velocities);
    advance(velocities, drives);
    advance(angles, angularVelocities);
    advance(angularVelocities, turns);
  }

  private static void sines(double[] angles, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = Trigonometry.sinNearZero(angles[i]);
    }
  }

  private static void cosines(double[] angles, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = Trigonometry.cosNearZero(angles[i]);
    }
  }

  private static void pushes(double[] forces, double[] velocities, double[] sines, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = CartPole.push(forces[i], velocities[i], sines[i]);
    }
  }

  private static void turns(double[] pushes, double[] sines, double[] cosines, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = CartPole.turn(pushes[i], sines[i], cosines[i]);
    }
  }

  private static void drives(double[] pushes, double[] turns, double[] cosines, double[] out) {
    for (int i = 0; i < out.length; i++) {
      out[i] = CartPole.drive(pushes[i], turns[i], cosines[i]);
    }
  }

  private static void advance(double[] values, double[] slopes) {
    for (int i = 0; i < values.length; i++) {
      values[i] += CartPole.TAU * slopes[i];
    }
  }

  /// Writes what each copy answers, and starts those anew whose episode ended.
  private void finish() {
    int limit = CartPole.SPEC.timeLimit();
    MemorySegment observations = batch.observations();
    float[] rewards = batch.rewards();
    boolean[] terminated = batch.terminated();
    boolean[] truncated = batch.truncated();
    for (int i = 0; i < count; i++) {
      boolean fallen = CartPole.fallen(positions[i], angles[i]);
      int age = ages[i] + 1;
      ages[i] = age;
      boolean cut = !fallen && age >= limit;
      rewards[i] = 1;
      terminated[i] = fallen;
      truncated[i] = cut;
      if (fallen || cut) {
        observe(i, batch.finalObservations());
        start(i);
      } else {
        observe(i, observations);
      }
    }
  }

  /// Draws in the order of [CartPole#reset].
  private void start(int i) {
    RandomStream random = streams[i];
    positions[i] = random.nextDouble(-CartPole.START, CartPole.START);
    velocities[i] = random.nextDouble(-CartPole.START, CartPole.START);
    angles[i] = random.nextDouble(-CartPole.START, CartPole.START);
    angularVelocities[i] = random.nextDouble(-CartPole.START, CartPole.START);
    ages[i] = 0;
    observe(i, batch.observations());
  }

  private void observe(int i, MemorySegment out) {
    long at = i * ROW_BYTES;
    out.set(F32, at, (float) positions[i]);
    out.set(F32, at + 4, (float) velocities[i]);
    out.set(F32, at + 8, (float) angles[i]);
    out.set(F32, at + 12, (float) angularVelocities[i]);
  }

  @Override
  public boolean render(int copy, Frame frame) {
    checkStarted();
    Objects.checkIndex(copy, count);
    Pictures.cartPole(frame, positions[copy], angles[copy]);
    return true;
  }

  @Override
  public void save(StateWriter to) {
    checkStarted();
    to.section("cartpole-batch");
    batch.save(to);
    to.putDoubles(positions);
    to.putDoubles(velocities);
    to.putDoubles(angles);
    to.putDoubles(angularVelocities);
    to.putInts(ages);
    for (RandomStream stream : streams) {
      stream.save(to);
    }
  }

  @Override
  public void load(StateReader from) {
    started = false;
    from.section("cartpole-batch");
    batch.load(from);
    from.getDoubles(positions);
    from.getDoubles(velocities);
    from.getDoubles(angles);
    from.getDoubles(angularVelocities);
    from.getInts(ages);
    for (RandomStream stream : streams) {
      stream.load(from);
    }
    started = true;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
