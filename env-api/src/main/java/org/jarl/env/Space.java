package org.jarl.env;

import java.util.Arrays;
import java.util.List;

/// What an observation or an action can be.
///
/// The family is closed: a learner that handles these three handles every environment.
public sealed interface Space {

  /// Numbers that one element of this space takes in a flat array.
  int size();

  /// One of `n` choices, `0 .. n-1`.
  ///
  /// @param n number of choices, at least 1
  record Discrete(int n) implements Space {
    public Discrete {
      if (n < 1) {
        throw new IllegalArgumentException("Discrete.n must be at least 1, got " + n);
      }
    }

    @Override
    public int size() {
      return 1;
    }
  }

  /// Several independent choices; choice `i` is in `0 .. sizes[i]-1`.
  ///
  /// @param sizes number of options of each choice, each at least 1
  record MultiDiscrete(List<Integer> sizes) implements Space {
    public MultiDiscrete {
      sizes = List.copyOf(sizes);
      if (sizes.isEmpty() || sizes.stream().anyMatch(n -> n < 1)) {
        throw new IllegalArgumentException(
            "MultiDiscrete.sizes must hold at least one number, each at least 1, got " + sizes);
      }
    }

    @Override
    public int size() {
      return sizes.size();
    }
  }

  /// An array of numbers with one lower and one upper bound per element.
  ///
  /// @param shape for example `[4]` or `[84, 84, 4]`, row-major, height first, channels last
  /// @param type how one element is stored
  /// @param low `[size]`, or one value for all
  /// @param high `[size]`, or one value for all
  record Box(List<Integer> shape, ElementType type, List<Float> low, List<Float> high)
      implements Space {
    public Box {
      shape = List.copyOf(shape);
      low = List.copyOf(low);
      high = List.copyOf(high);
      if (shape.isEmpty() || shape.stream().anyMatch(n -> n < 1)) {
        throw new IllegalArgumentException(
            "Box.shape must hold at least one number, each at least 1, got " + shape);
      }
      int size = product(shape);
      checkBound("low", low, size);
      checkBound("high", high, size);
      for (int i = 0; i < Math.max(low.size(), high.size()); i++) {
        float l = low.get(low.size() == 1 ? 0 : i);
        float h = high.get(high.size() == 1 ? 0 : i);
        if (!(l <= h)) {
          throw new IllegalArgumentException(
              "Box.low must not be above Box.high, got " + l + " and " + h + " at element " + i);
        }
      }
    }

    private static void checkBound(String name, List<Float> bound, int size) {
      if (bound.size() != 1 && bound.size() != size) {
        throw new IllegalArgumentException(
            "Box." + name + " must hold 1 or " + size + " values, got " + bound.size());
      }
    }

    private static int product(List<Integer> shape) {
      return shape.stream().reduce(1, Math::multiplyExact);
    }

    /// Unbounded f32 numbers.
    public static Box f32(int... shape) {
      return bounded(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, shape);
    }

    /// f32 numbers, all within the same bounds.
    public static Box bounded(float low, float high, int... shape) {
      return new Box(list(shape), ElementType.F32, List.of(low), List.of(high));
    }

    /// A vector of f32 numbers with bounds of their own.
    public static Box bounded(float[] low, float[] high) {
      return new Box(List.of(low.length), ElementType.F32, list(low), list(high));
    }

    /// Bytes `0 .. 255`, for images.
    public static Box u8(int... shape) {
      return new Box(list(shape), ElementType.U8, List.of(0f), List.of(255f));
    }

    private static List<Integer> list(int[] shape) {
      return Arrays.stream(shape).boxed().toList();
    }

    private static List<Float> list(float[] values) {
      Float[] boxed = new Float[values.length];
      Arrays.setAll(boxed, i -> values[i]);
      return List.of(boxed);
    }

    @Override
    public int size() {
      return product(shape);
    }

    /// Bytes that one element of this space takes.
    public long bytes() {
      return (long) size() * type.bytes();
    }

    /// Lower bound of one element.
    public float low(int index) {
      return low.get(low.size() == 1 ? 0 : index);
    }

    /// Upper bound of one element.
    public float high(int index) {
      return high.get(high.size() == 1 ? 0 : index);
    }
  }

  /// How one number of a [Box] is stored.
  enum ElementType {
    /// 32-bit IEEE 754, native byte order.
    F32(4),
    /// Unsigned byte.
    U8(1);

    private final int bytes;

    ElementType(int bytes) {
      this.bytes = bytes;
    }

    /// Bytes of one element.
    public int bytes() {
      return bytes;
    }
  }
}
