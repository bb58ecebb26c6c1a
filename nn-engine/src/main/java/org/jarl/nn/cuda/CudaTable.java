package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import org.jarl.nn.Table;

/// A copy of the rows of a table on the device.
final class CudaTable implements Table.Storage {
  private final CudaEngine engine;
  private final MemorySegment rows;
  private final long rowBytes;
  private final DeviceMemory copy;

  /// @throws RuntimeException if they do not fit, with both sizes
  CudaTable(CudaEngine engine, String name, MemorySegment rows, long rowBytes) {
    this.engine = engine;
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.copy = engine.zeros("table " + name, rows.byteSize());
  }

  static CudaTable of(Table table) {
    return (CudaTable) table.storage();
  }

  long address() {
    return copy.address();
  }

  @Override
  public void changed(long firstRow, long count) {
    long at = firstRow * rowBytes;
    engine.transfer().toDevice(rows.asSlice(at, count * rowBytes), copy.at(at));
  }

  @Override
  public void close() {
    engine.free(copy);
  }
}
