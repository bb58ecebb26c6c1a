package org.jarl.env.wrappers;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.EnvironmentSpec;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.Space;
import org.jarl.env.StepBatch;
import org.jarl.env.VectorEnvironment;

/// The last `k` observations along a first axis, oldest first: `[D]` becomes `[k, D]`, an image
/// `[H, W, C]` becomes `[k, H, W, C]`; see [Stacking].
///
/// An episode starts with `k` times its first observation, and no stack holds observations of two
/// episodes. A final observation is the stack that the agent would have seen. Not thread-safe.
public final class FrameStack extends ObservationWrapper {
  /// Bytes of one observation, and of the whole stack.
  private final long part;

  private final long whole;

  /// Stacks observations.
  ///
  /// @param depth how many, `k`, at least 1
  /// @throws IllegalArgumentException if `depth` is not positive, or the observations are stacks
  ///   already
  public FrameStack(VectorEnvironment inner, int depth) {
    super(inner, stacked(inner.spec(), depth));
    part = inner.spec().observationSpace().bytes();
    whole = depth * part;
  }

  private static EnvironmentSpec stacked(EnvironmentSpec spec, int depth) {
    if (depth < 1) {
      throw new IllegalArgumentException("FrameStack.depth must be at least 1, got " + depth);
    }
    if (spec.stacking().depth() > 1) {
      throw new IllegalArgumentException(
          "FrameStack needs single observations, got stacks of " + spec.stacking().depth());
    }
    Space.Box space = spec.observationSpace();
    List<Integer> shape = new ArrayList<>(space.shape());
    shape.addFirst(depth);
    Space.Box stack =
        new Space.Box(
            shape, space.type(), repeated(space.low(), depth), repeated(space.high(), depth));
    return spec.withStacking(stack, new Stacking(depth, Padding.FIRST));
  }

  /// One bound for all stays one.
  private static List<Float> repeated(List<Float> bounds, int depth) {
    if (bounds.size() == 1) {
      return bounds;
    }
    List<Float> all = new ArrayList<>(bounds.size() * depth);
    for (int i = 0; i < depth; i++) {
      all.addAll(bounds);
    }
    return all;
  }

  @Override
  void transformFirst(StepBatch in, StepBatch out) {
    for (int copy = 0; copy < count(); copy++) {
      repeat(in.observations(), out.observations(), copy);
    }
  }

  @Override
  void transform(StepBatch in, StepBatch out) {
    for (int copy = 0; copy < count(); copy++) {
      if (in.ended(copy)) {
        push(out.observations(), in.finalObservations(), out.finalObservations(), copy);
        repeat(in.observations(), out.observations(), copy);
      } else {
        push(out.observations(), in.observations(), out.observations(), copy);
      }
    }
  }

  private void repeat(MemorySegment first, MemorySegment stack, int copy) {
    for (long at = 0; at < whole; at += part) {
      MemorySegment.copy(first, copy * part, stack, copy * whole + at, part);
    }
  }

  /// Writes `old` without its oldest part and with `newest` behind it; `stack` may be `old`.
  private void push(MemorySegment old, MemorySegment newest, MemorySegment stack, int copy) {
    long to = copy * whole;
    MemorySegment.copy(old, to + part, stack, to, whole - part);
    MemorySegment.copy(newest, copy * part, stack, to + whole - part, part);
  }
}
