package org.jarl.nn;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Named f32 arrays that live on a device in one flat arena: the parameters of a network, or the
/// state of an optimizer.
///
/// Each array begins at a multiple of 16 elements, in the order of creation; the gaps are zero. So
/// a checkpoint, a copy to a target network or a broadcast is one copy. Arrays are added until the
/// first use in a compiled program or the first [#read] or [#write]; after that the layout is
/// fixed.
public final class Variables {
  private static final int ALIGNMENT = 16;

  /// Where a device keeps an arena.
  public interface Storage {
    /// Copies the whole arena to host memory.
    void read(MemorySegment out);

    /// Copies host memory into the arena.
    void write(MemorySegment in);

    /// Copies the arena of an equal layout on the same device.
    void copyFrom(Storage source);
  }

  /// Makes the arena of a device.
  public interface Allocator {
    /// An arena of `bytes` bytes, all zero.
    Storage allocate(String name, long bytes);
  }

  private final String name;
  private final Allocator allocator;
  private final List<Parameter> parameters = new ArrayList<>();
  private final List<float[]> initialValues = new ArrayList<>();
  private int elements;
  private @org.jspecify.annotations.Nullable Storage storage;

  /// Engines make these; see [Engine#variables].
  public Variables(String name, Allocator allocator) {
    this.name = name;
    this.allocator = allocator;
  }

  /// Unique within the engine.
  public String name() {
    return name;
  }

  /// Adds an array.
  ///
  /// @param path unique within this set
  /// @throws IllegalArgumentException if the name is taken
  /// @throws IllegalStateException if the layout is already fixed
  public Parameter add(String path, Shape shape, Initializer initializer, RandomGenerator random) {
    if (storage != null) {
      throw new IllegalStateException(
          "variables " + name + " are in use: add " + path + " before the first program");
    }
    if (parameters.stream().anyMatch(p -> p.name().equals(path))) {
      throw new IllegalArgumentException(
          "variables " + name + " already hold \"" + path + "\": names must be unique");
    }
    Parameter parameter = new Parameter(this, path, shape, elements);
    parameters.add(parameter);
    initialValues.add(initializer.initialize(shape, random));
    elements += (shape.elements() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return parameter;
  }

  /// The arrays in order of creation.
  public List<Parameter> parameters() {
    return Collections.unmodifiableList(parameters);
  }

  /// Elements of the arena, gaps included.
  public int elements() {
    return elements;
  }

  /// Bytes of the flat arena.
  public long bytes() {
    return 4L * elements;
  }

  /// Copies the arena to host memory of [#bytes] bytes.
  public void read(MemorySegment out) {
    storage().read(out);
  }

  /// Copies host memory of [#bytes] bytes into the arena.
  public void write(MemorySegment in) {
    storage().write(in);
  }

  /// Takes the values of another set with the same names and shapes.
  ///
  /// @throws IllegalArgumentException if the layouts differ, naming the first difference
  public void copyFrom(Variables source) {
    checkLayout(source);
    storage().copyFrom(source.storage());
  }

  void checkLayout(Variables other) {
    for (int i = 0; i < Math.max(parameters.size(), other.parameters.size()); i++) {
      String mine = i < parameters.size() ? describe(parameters.get(i)) : "nothing";
      String theirs = i < other.parameters.size() ? describe(other.parameters.get(i)) : "nothing";
      if (!mine.equals(theirs)) {
        throw new IllegalArgumentException(
            "variables "
                + name
                + " and "
                + other.name
                + " must hold the same arrays, got "
                + mine
                + " and "
                + theirs
                + " at position "
                + i);
      }
    }
  }

  private static String describe(Parameter parameter) {
    return parameter.name() + parameter.shape();
  }

  /// The device's arena; fixes the layout.
  public Storage storage() {
    if (storage == null) {
      Storage made = allocator.allocate(name, bytes());
      storage = made;
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment host = arena.allocate(Math.max(4, bytes()), 64);
        for (int i = 0; i < parameters.size(); i++) {
          float[] values = initialValues.get(i);
          MemorySegment.copy(
              values,
              0,
              host,
              ValueLayout.JAVA_FLOAT,
              4L * parameters.get(i).offset(),
              values.length);
        }
        made.write(host.asSlice(0, bytes()));
      }
      initialValues.clear();
    }
    return storage;
  }

  /// Says where a number is not finite, if anywhere: array, index and value.
  public Optional<String> firstNonFinite() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(4, bytes()), 64);
      read(host.asSlice(0, bytes()));
      for (Parameter parameter : parameters) {
        for (int i = 0; i < parameter.shape().elements(); i++) {
          float value = host.getAtIndex(ValueLayout.JAVA_FLOAT, parameter.offset() + i);
          if (!Float.isFinite(value)) {
            return Optional.of(
                name
                    + "/"
                    + parameter.name()
                    + parameter.shape()
                    + " element "
                    + i
                    + " is "
                    + value);
          }
        }
      }
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return "variables " + name + " of " + elements + " elements";
  }
}
