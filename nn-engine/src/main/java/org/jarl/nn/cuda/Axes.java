package org.jarl.nn.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jarl.nn.Shape;

/// How a result's index leads to an element of its source: axes from the innermost on, those that
/// can be joined joined, as kernels read them from a table.
///
/// @param axes at least one
record Axes(List<Axis> axes) {

  /// @param size of the result
  /// @param stride elements of the source from one index to the next; 0 where they repeat
  record Axis(int size, int stride) {}

  /// Axes of a result and the source's strides along them, from the outermost on.
  static Axes of(Shape result, int[] strides) {
    List<Axis> axes = new ArrayList<>();
    for (int axis = result.rank() - 1; axis >= 0; axis--) {
      Axis next = new Axis(result.size(axis), strides[axis]);
      Axis last = axes.isEmpty() ? new Axis(1, 0) : axes.getLast();
      if (next.size == 1) {
        continue;
      }
      if (!axes.isEmpty() && next.stride == last.size * last.stride) {
        axes.set(axes.size() - 1, new Axis(last.size * next.size, last.stride));
      } else {
        axes.add(next);
      }
    }
    if (axes.isEmpty()) {
      axes.add(new Axis(1, 0));
    }
    return new Axes(List.copyOf(axes));
  }

  /// A source that is repeated along axes of size 1, aligned at the last axis.
  static Axes broadcast(Shape source, Shape result) {
    int[] strides = new int[result.rank()];
    int stride = 1;
    for (int axis = 1; axis <= source.rank(); axis++) {
      int size = source.size(-axis);
      strides[strides.length - axis] = size == 1 ? 0 : stride;
      stride *= size;
    }
    return of(result, strides);
  }

  /// A source whose axes are put in another order.
  static Axes permuted(Shape source, List<Integer> order, Shape result) {
    int[] strides = new int[result.rank()];
    for (int axis = 0; axis < strides.length; axis++) {
      strides[axis] = source.product(order.get(axis) + 1, source.rank());
    }
    return of(result, strides);
  }

  int rank() {
    return axes.size();
  }

  /// The innermost one.
  Axis inner() {
    return axes.getFirst();
  }

  /// Whether source and result have the same elements in the same order.
  boolean straight() {
    return rank() == 1 && (inner().stride == 1 || inner().size == 1);
  }

  /// Whether there is one element for all.
  boolean single() {
    return rank() == 1 && inner().stride == 0;
  }

  /// In units of `factor` elements, which all must be multiples of.
  Axes inUnits(int factor) {
    List<Axis> units = new ArrayList<>();
    units.add(new Axis(inner().size / factor, 1));
    axes.subList(1, rank()).forEach(a -> units.add(new Axis(a.size, a.stride / factor)));
    return new Axes(units);
  }

  /// `{size, stride}` of each.
  int[] words() {
    return axes.stream().flatMapToInt(a -> IntStream.of(a.size, a.stride)).toArray();
  }
}
