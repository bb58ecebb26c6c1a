package org.jarl.env.gridworld;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jarl.env.Space;

/// Writes the planes of an observation: element `[row, column, plane]` is set where that tile is
/// seen, and 0 elsewhere.
final class Planes {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /// How the elements are stored.
  enum Form {
    /// f32, 0 or 1, flat `[H * W * C]`.
    ONE_HOT("one-hot"),
    /// u8, 0 or 255, `[H, W, C]`.
    IMAGE("image");

    private final String label;

    Form(String label) {
      this.label = label;
    }

    /// The value of the option `observation`.
    String label() {
      return label;
    }

    Space.Box space(World world) {
      int height = world.grid().height();
      int width = world.grid().width();
      int planes = world.planes().size();
      return this == ONE_HOT
          ? Space.Box.bounded(0f, 1f, height * width * planes)
          : Space.Box.u8(height, width, planes);
    }
  }

  private final int planeCount;
  private final boolean image;
  private MemorySegment memory = MemorySegment.NULL;
  private long base;
  private boolean set;

  Planes(World world, Form form) {
    planeCount = world.planes().size();
    image = form == Form.IMAGE;
  }

  /// The next marks are set in the observation that begins at a byte of a memory.
  Planes marking(MemorySegment to, long offset) {
    memory = to;
    base = offset;
    set = true;
    return this;
  }

  /// The next marks are cleared there.
  Planes clearing(MemorySegment to, long offset) {
    memory = to;
    base = offset;
    set = false;
    return this;
  }

  /// Marks one plane of one cell.
  void put(int plane, int cell) {
    long index = (long) cell * planeCount + plane;
    if (image) {
      memory.set(ValueLayout.JAVA_BYTE, base + index, (byte) (set ? 255 : 0));
    } else {
      memory.set(F32, base + 4 * index, set ? 1f : 0f);
    }
  }

  /// The part of every observation that never changes.
  static MemorySegment background(World world, Form form) {
    int size = world.grid().cells() * world.planes().size();
    MemorySegment memory = MemorySegment.ofArray(new byte[form == Form.IMAGE ? size : 4 * size]);
    Planes planes = new Planes(world, form).marking(memory, 0);
    for (int plane = 0; plane < world.planes().size(); plane++) {
      for (int cell : world.grid().cells(world.planes().get(plane))) {
        planes.put(plane, cell);
      }
    }
    return memory;
  }

  /// The planes of a state as bytes, for drawing.
  static byte[] of(World world, int state) {
    MemorySegment memory = background(world, Form.IMAGE);
    Planes planes = new Planes(world, Form.IMAGE).marking(memory, 0);
    world.furnish(state, planes);
    world.show(state, planes);
    return memory.toArray(ValueLayout.JAVA_BYTE);
  }
}
