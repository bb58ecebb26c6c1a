package org.jarl.env.wrappers;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// Observations as f32 numbers `(x - shift) / scale`, element by element. Stacks stay stacks (see
/// [EnvironmentSpec.Stacking]) where all frames are scaled alike and zeros that stand for a frame
/// stay zeros. Not thread-safe.
public final class ObservationScale extends ObservationWrapper {
  private final float[] shift;
  private final float[] scale;

  /// Scales with given numbers.
  ///
  /// @param shift `[size]`, finite
  /// @param scale `[size]`, finite and greater than 0
  /// @throws IllegalArgumentException if there are not as many numbers as elements, or one is
  ///   impossible
  public ObservationScale(VectorEnvironment inner, float[] shift, float[] scale) {
    super(inner, scaled(inner.spec(), shift, scale));
    this.shift = shift.clone();
    this.scale = scale.clone();
  }

  /// Scales the bounds of the observation space to `[0, 1]`; an element that can have one value
  /// only becomes 0.
  ///
  /// @throws IllegalArgumentException if an element has no finite bounds
  public static ObservationScale toUnit(VectorEnvironment inner) {
    Space.Box space = inner.spec().observationSpace();
    float[] shift = new float[space.size()];
    float[] scale = new float[space.size()];
    for (int i = 0; i < shift.length; i++) {
      float range = space.high(i) - space.low(i);
      if (!Float.isFinite(range)) {
        throw new IllegalArgumentException(
            ("scaling to [0, 1] needs finite bounds, element %d has [%s, %s];"
                    + " give shift and scale, or use NormalizeObservation")
                .formatted(i, space.low(i), space.high(i)));
      }
      shift[i] = space.low(i);
      scale[i] = range == 0 ? 1 : range;
    }
    return new ObservationScale(inner, shift, scale);
  }

  private static EnvironmentSpec scaled(EnvironmentSpec spec, float[] shift, float[] scale) {
    Space.Box space = scaledSpace(spec.observationSpace(), shift, scale);
    Stacking stacking = spec.stacking();
    int frame = space.size() / stacking.depth();
    boolean stacks = true;
    for (int i = 0; i < space.size(); i++) {
      stacks &= shift[i] == shift[i % frame] && scale[i] == scale[i % frame];
      stacks &= shift[i] == 0 || stacking.padding() == Padding.FIRST;
    }
    return spec.withStacking(space, stacks ? stacking : Stacking.NONE);
  }

  private static Space.Box scaledSpace(Space.Box space, float[] shift, float[] scale) {
    int size = space.size();
    if (shift.length != size || scale.length != size) {
      throw new IllegalArgumentException(
          "ObservationScale needs %d numbers of shift and scale, got %d and %d"
              .formatted(size, shift.length, scale.length));
    }
    Float[] low = new Float[size];
    Float[] high = new Float[size];
    for (int i = 0; i < size; i++) {
      if (!Float.isFinite(shift[i]) || !Float.isFinite(scale[i]) || !(scale[i] > 0)) {
        throw new IllegalArgumentException(
            "ObservationScale needs a finite shift and a scale above 0, got %s and %s at element %d"
                .formatted(shift[i], scale[i], i));
      }
      low[i] = (space.low(i) - shift[i]) / scale[i];
      high[i] = (space.high(i) - shift[i]) / scale[i];
    }
    return new Space.Box(
        space.shape(), Space.ElementType.F32, Arrays.asList(low), Arrays.asList(high));
  }

  @Override
  void transformFirst(StepBatch in, StepBatch out) {
    for (int copy = 0; copy < count(); copy++) {
      scale(in.observations(), out.observations(), copy);
    }
  }

  @Override
  void transform(StepBatch in, StepBatch out) {
    for (int copy = 0; copy < count(); copy++) {
      if (in.ended(copy)) {
        scale(in.finalObservations(), out.finalObservations(), copy);
      }
      scale(in.observations(), out.observations(), copy);
    }
  }

  private void scale(MemorySegment from, MemorySegment to, int copy) {
    for (int i = 0; i < shift.length; i++) {
      write(to, copy, i, (read(from, copy, i) - shift[i]) / scale[i]);
    }
  }
}
