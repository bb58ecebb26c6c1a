package org.jarl.nn;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Rows of bytes in host memory of the caller, which programs take by index with [Graph#rows]: far
/// more than a program could be given as an input, of which each run needs a few.
///
///     caller writes rows --changed(first, count)--> what the device keeps of them
///                                                            |
///     input "indices" ------------------------> Op.Rows: the rows of one round
///
/// A device without memory of its own reads the caller's memory when a run begins and keeps nothing.
/// Any other keeps a copy of all rows, of which only indices and changes cross.
///
/// Used by the thread that uses the engine; see [Engine].
public final class RowTable implements AutoCloseable {
  private static final ValueLayout.OfInt INDEX = ValueLayout.JAVA_INT;

  private final String name;
  private final MemorySegment rows;
  private final long rowBytes;
  private final int rowCount;
  private final Storage storage;

  /// What a device keeps of a table.
  public interface Storage {
    /// Nothing: programs read the caller's memory.
    Storage NONE =
        new Storage() {
          @Override
          public void changed(long firstRow, long count) {}

          @Override
          public void close() {}
        };

    /// Takes rows that were written, as [RowTable#changed] says.
    void changed(long firstRow, long count);

    /// Frees what it keeps.
    void close();
  }

  /// Makes what a device keeps of a table.
  public interface Allocator {
    /// Storage for rows whose sizes have been checked.
    Storage allocate(String name, MemorySegment rows, long rowBytes);
  }

  /// Engines make these; see [Engine#table].
  public RowTable(String name, MemorySegment rows, long rowBytes, Allocator allocator) {
    boolean whole = rowBytes > 0 && rows.byteSize() > 0 && rows.byteSize() % rowBytes == 0;
    if (!whole || !rows.isNative()) {
      throw new IllegalArgumentException(
          "table %s needs whole rows of %d bytes in memory outside the heap, got %d bytes %s it"
              .formatted(name, rowBytes, rows.byteSize(), rows.isNative() ? "outside" : "in"));
    }
    if (rows.byteSize() / rowBytes > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "table %s may have at most %d rows, since indices are i32, got %d"
              .formatted(name, Integer.MAX_VALUE, rows.byteSize() / rowBytes));
    }
    this.name = name;
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.rowCount = (int) (rows.byteSize() / rowBytes);
    this.storage = allocator.allocate(name, rows, rowBytes);
  }

  /// Name for messages.
  public String name() {
    return name;
  }

  /// Bytes of a row.
  public long rowBytes() {
    return rowBytes;
  }

  /// Number of rows.
  public int rowCount() {
    return rowCount;
  }

  /// The caller's memory.
  public MemorySegment rows() {
    return rows;
  }

  /// What the device keeps.
  public Storage storage() {
    return storage;
  }

  /// Says that rows were written. Programs started from here on take them as they are now; one that
  /// is under way takes them as they were when it began. The memory may be written again as soon as
  /// this returns. Allocates nothing.
  ///
  /// Whatever a program takes must have been said once: a device does not look at rows before.
  ///
  /// @throws IllegalArgumentException if there are no such rows
  public void changed(long firstRow, long count) {
    if (firstRow < 0 || count < 0 || firstRow > rowCount - count) {
      throw new IllegalArgumentException(
          "table %s has rows 0 to %d, and %d from %d on are said to have changed"
              .formatted(name, rowCount - 1, count, firstRow));
    }
    if (count > 0) {
      storage.changed(firstRow, count);
    }
  }

  /// Fails unless every index is that of a row, or -1.
  ///
  /// @param indices i32
  /// @throws IllegalArgumentException with the first that is not
  public void checkIndices(MemorySegment indices) {
    long count = indices.byteSize() / INDEX.byteSize();
    for (long i = 0; i < count; i++) {
      int row = indices.getAtIndex(INDEX, i);
      if (row < -1 || row >= rowCount) {
        throw new IllegalArgumentException(
            "table %s has rows 0 to %d, or -1 for zeros, and index %d of %d is %d"
                .formatted(name, rowCount - 1, i, count, row));
      }
    }
  }

  /// Copies rows of the caller's memory one after another, those side by side at once; for back
  /// ends that keep none.
  ///
  /// @param indices i32 that [#checkIndices] has seen
  /// @param from first index to take
  /// @param to behind the last one
  /// @param out row `i` goes to `i * rowBytes`
  public void copyRows(MemorySegment indices, int from, int to, MemorySegment out) {
    int length;
    for (int i = from; i < to; i += length) {
      int first = indices.getAtIndex(INDEX, i);
      length = 1;
      if (first < 0) {
        out.asSlice(i * rowBytes, rowBytes).fill((byte) 0);
        continue;
      }
      while (i + length < to && indices.getAtIndex(INDEX, i + length) == first + length) {
        length++;
      }
      MemorySegment.copy(rows, first * rowBytes, out, i * rowBytes, length * rowBytes);
    }
  }

  /// Frees what the device keeps. Programs that take its rows must not run any more.
  @Override
  public void close() {
    storage.close();
  }

  @Override
  public String toString() {
    return "table %s of %d rows of %d bytes".formatted(name, rowCount, rowBytes);
  }
}
