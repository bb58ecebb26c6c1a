package org.jarl.env;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// The last `k` observations as one, oldest first: `[D]` becomes `[k * D]`, an image `[H, W, C]`
/// becomes `[H, W, k * C]`.
///
/// An episode starts with `k` times its first observation, and no stack holds observations of two
/// episodes. A final observation is the stack that the agent would have seen. Not thread-safe.
public final class FrameStack extends ObservationWrapper {
  /// Groups of bytes that stay together: one per pixel, or one for a vector.
  private final int groups;

  /// Bytes of one group of one observation, and of the whole stack.
  private final int part;

  private final int whole;

  /// Stacks observations.
  ///
  /// @param depth how many, `k`, at least 1
  /// @throws IllegalArgumentException if `depth` is not positive
  public FrameStack(VectorEnvironment inner, int depth) {
    super(inner, stackedSpace(inner.spec().observationSpace(), depth));
    Space.Box space = inner.spec().observationSpace();
    int last = space.shape().getLast();
    groups = space.size() / last;
    part = last * space.type().bytes();
    whole = depth * part;
  }

  private static Space.Box stackedSpace(Space.Box space, int depth) {
    if (depth < 1) {
      throw new IllegalArgumentException("FrameStack.depth must be at least 1, got " + depth);
    }
    int last = space.shape().getLast();
    List<Integer> shape = new ArrayList<>(space.shape());
    shape.set(shape.size() - 1, Math.multiplyExact(last, depth));
    return new Space.Box(
        shape, space.type(), stacked(space.low(), last, depth), stacked(space.high(), last, depth));
  }

  /// Bounds per element are repeated group by group, as the elements are; one bound for all stays.
  private static List<Float> stacked(List<Float> bounds, int last, int depth) {
    if (bounds.size() == 1) {
      return bounds;
    }
    List<Float> result = new ArrayList<>(bounds.size() * depth);
    for (int group = 0; group < bounds.size(); group += last) {
      for (int i = 0; i < depth; i++) {
        result.addAll(bounds.subList(group, group + last));
      }
    }
    return result;
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
    long from = (long) copy * groups * part;
    long to = (long) copy * groups * whole;
    for (int group = 0; group < groups; group++, from += part, to += whole) {
      for (int at = 0; at < whole; at += part) {
        move(first, from, stack, to + at, part);
      }
    }
  }

  /// Writes `old` without its oldest part and with `newest` behind it; `stack` may be `old`.
  private void push(MemorySegment old, MemorySegment newest, MemorySegment stack, int copy) {
    long from = (long) copy * groups * part;
    long to = (long) copy * groups * whole;
    for (int group = 0; group < groups; group++, from += part, to += whole) {
      move(old, to + part, stack, to, whole - part);
      move(newest, from, stack, to + whole - part, part);
    }
  }

  /// Copies upwards, so that a stack may move down within itself. For the few bytes of a pixel a
  /// loop is faster than a call of bulk copying.
  private static void move(
      MemorySegment from, long fromAt, MemorySegment to, long toAt, int bytes) {
    if (bytes > 16) {
      MemorySegment.copy(from, fromAt, to, toAt, bytes);
      return;
    }
    for (int i = 0; i < bytes; i++) {
      to.set(ValueLayout.JAVA_BYTE, toAt + i, from.get(ValueLayout.JAVA_BYTE, fromAt + i));
    }
  }
}
