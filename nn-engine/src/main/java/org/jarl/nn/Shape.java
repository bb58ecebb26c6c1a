package org.jarl.nn;

import java.util.Arrays;

/// Sizes of a tensor along its axes, row-major; the empty shape is a scalar. Immutable.
public final class Shape {
  /// The shape of one number.
  public static final Shape SCALAR = new Shape(new int[0]);

  private final int[] sizes;
  private final int elements;

  private Shape(int[] sizes) {
    this.sizes = sizes;
    long product = 1;
    for (int size : sizes) {
      if (size < 1) {
        throw new IllegalArgumentException(
            "every axis of a shape must be at least 1, got " + Arrays.toString(sizes));
      }
      product *= size;
      if (product > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "a tensor holds at most 2^31-1 elements, got " + Arrays.toString(sizes));
      }
    }
    this.elements = (int) product;
  }

  /// A shape of these sizes, each at least 1.
  public static Shape of(int... sizes) {
    return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
  }

  /// Number of axes.
  public int rank() {
    return sizes.length;
  }

  /// Size along an axis; -1 is the last one.
  public int size(int axis) {
    return sizes[axis < 0 ? sizes.length + axis : axis];
  }

  /// Product of all sizes.
  public int elements() {
    return elements;
  }

  /// A copy of the sizes.
  public int[] toArray() {
    return sizes.clone();
  }

  /// Product of the sizes of axes `from` (inclusive) to `to` (exclusive).
  public int product(int from, int to) {
    int product = 1;
    for (int axis = from; axis < to; axis++) {
      product *= sizes[axis];
    }
    return product;
  }

  /// The shape with one axis taken out.
  public Shape without(int axis) {
    int[] rest = new int[sizes.length - 1];
    System.arraycopy(sizes, 0, rest, 0, axis);
    System.arraycopy(sizes, axis + 1, rest, axis, rest.length - axis);
    return of(rest);
  }

  /// The shape with another size along one axis.
  public Shape with(int axis, int size) {
    int[] changed = sizes.clone();
    changed[axis] = size;
    return of(changed);
  }

  /// The shape that both broadcast to, aligned at the last axis as in NumPy.
  ///
  /// @throws IllegalArgumentException if sizes differ and neither is 1
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    int[] out = new int[rank];
    for (int i = 1; i <= rank; i++) {
      int x = i <= a.rank() ? a.size(-i) : 1;
      int y = i <= b.rank() ? b.size(-i) : 1;
      if (x != y && x != 1 && y != 1) {
        throw new IllegalArgumentException(
            "sizes must be equal or 1 on every axis, got " + a + " and " + b);
      }
      out[rank - i] = Math.max(x, y);
    }
    return of(out);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape that && Arrays.equals(sizes, that.sizes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sizes);
  }

  @Override
  public String toString() {
    return Arrays.toString(sizes);
  }
}
