package org.jarl.env.wrappers;

import java.lang.foreign.MemorySegment;
import java.util.Collections;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Observations with mean 0 and variance 1 over all that was seen so far, element by element, as
/// f32 numbers within `[-clip, clip]`.
///
/// Every observation counts once, last ones of episodes included; those of one step are all counted
/// before the first is normalized. A policy learned from these numbers needs [#statistics] to act:
/// save them with it, and [#freeze] them where it is evaluated. Not thread-safe.
///
/// A frame that has moved on within a stack is normalized anew, so what comes out is no stack any
/// more (see [EnvironmentSpec.Stacking]): normalize first, then stack.
public final class NormalizeObservation extends ObservationWrapper {
  private static final double EPSILON = 1e-8;

  private final RunningStatistics statistics;
  private final float[] mean;
  private final float[] deviation;
  private final float clip;
  private boolean frozen;

  /// Normalizes observations.
  ///
  /// @param clip largest absolute number that comes out, usually 10
  /// @throws IllegalArgumentException if `clip` is not positive and finite
  public NormalizeObservation(VectorEnvironment inner, float clip) {
    super(inner, normalized(inner.spec(), clip));
    int size = inner.spec().observationSpace().size();
    this.statistics = new RunningStatistics(size);
    this.mean = new float[size];
    this.deviation = new float[size];
    this.clip = clip;
  }

  private static EnvironmentSpec normalized(EnvironmentSpec spec, float clip) {
    if (!(clip > 0) || Float.isInfinite(clip)) {
      throw new IllegalArgumentException(
          "NormalizeObservation.clip must be greater than 0 and finite, got " + clip);
    }
    Space.Box space =
        new Space.Box(
            spec.observationSpace().shape(),
            Space.ElementType.F32,
            Collections.singletonList(-clip),
            Collections.singletonList(clip));
    return spec.withStacking(space, EnvironmentSpec.Stacking.NONE);
  }

  /// Mean and variance of every element.
  public RunningStatistics statistics() {
    return statistics;
  }

  /// Stops or resumes learning the statistics; evaluation uses them as they are.
  public void freeze(boolean on) {
    frozen = on;
  }

  @Override
  void transformFirst(StepBatch in, StepBatch out) {
    if (!frozen) {
      for (int copy = 0; copy < count(); copy++) {
        count(in.observations(), copy);
      }
    }
    prepare();
    for (int copy = 0; copy < count(); copy++) {
      normalize(in.observations(), out.observations(), copy);
    }
  }

  @Override
  void transform(StepBatch in, StepBatch out) {
    if (!frozen) {
      for (int copy = 0; copy < count(); copy++) {
        if (in.ended(copy)) {
          count(in.finalObservations(), copy);
        }
        count(in.observations(), copy);
      }
    }
    prepare();
    for (int copy = 0; copy < count(); copy++) {
      if (in.ended(copy)) {
        normalize(in.finalObservations(), out.finalObservations(), copy);
      }
      normalize(in.observations(), out.observations(), copy);
    }
  }

  private void count(MemorySegment rows, int copy) {
    statistics.beginSample();
    for (int i = 0; i < mean.length; i++) {
      statistics.add(i, read(rows, copy, i));
    }
  }

  /// Once per step, not once per copy: a root costs as much as all the rest of an element.
  private void prepare() {
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) statistics.mean(i);
      deviation[i] = (float) Math.sqrt(statistics.variance(i) + EPSILON);
    }
  }

  private void normalize(MemorySegment from, MemorySegment to, int copy) {
    for (int i = 0; i < mean.length; i++) {
      float value = (read(from, copy, i) - mean[i]) / deviation[i];
      write(to, copy, i, Math.min(Math.max(value, -clip), clip));
    }
  }

  @Override
  public void save(StateWriter to) {
    super.save(to);
    to.section("normalizeObservation");
    to.putBoolean(frozen);
    statistics.save(to);
  }

  @Override
  public void load(StateReader from) {
    super.load(from);
    from.section("normalizeObservation");
    frozen = from.getBoolean();
    statistics.load(from);
  }
}
