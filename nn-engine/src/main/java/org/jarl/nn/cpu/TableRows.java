package org.jarl.nn.cpu;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.RowTable;
import org.jarl.nn.Tensor;

/// The rows of a table that a round takes, copied before its other kernels and before any work that
/// goes on beside it, which may write to the table.
final class TableRows extends Kernel {
  private final RowTable table;
  private final MemorySegment indices;
  private final MemorySegment to;
  private final int count;

  private TableRows(
      String label,
      int slices,
      double nanos,
      RowTable table,
      MemorySegment indices,
      MemorySegment to) {
    super(label, slices, nanos);
    this.table = table;
    this.indices = indices;
    this.to = to;
    this.count = (int) (indices.byteSize() / Integer.BYTES);
  }

  static TableRows of(Tensor tensor, RowTable table, MemorySegment indices, MemorySegment to) {
    int count = (int) (indices.byteSize() / Integer.BYTES);
    // They come from anywhere in memory.
    double nanos = 20 + count * (40 + 0.1 * table.rowBytes());
    int slices = Kernel.slicesFor(nanos, count);
    String label = tensor + " of " + table;
    return new TableRows(label, slices, nanos / slices, table, indices, to);
  }

  /// Before a run.
  ///
  /// @throws IllegalArgumentException if an index is not that of a row
  void check() {
    table.checkIndices(indices);
  }

  @Override
  void run(int slice, Scratch scratch) {
    table.copyRows(indices, from(slice, slices(), count), from(slice + 1, slices(), count), to);
  }
}
