package org.jarl.nn.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUgraphExec;
import org.jarl.nn.Op;
import org.jarl.nn.RowTable;
import org.jarl.nn.Tensor;

/// A copy of the rows of a table on the device.
///
/// Rows that were written are collected in pinned memory, a few at a time, and sent together when a
/// program is about to take some: one copy and one launch, for which nobody waits.
///
///     sent   | count | numbers of the rows | ... | row | row | ...
final class CudaTable implements RowTable.Storage {
  private static final int SLOTS = 2;

  /// Bytes that a slot holds about.
  private static final long SLOT = 1 << 19;

  private final CudaEngine engine;
  private final Driver driver;
  private final MemorySegment rows;
  private final long rowBytes;
  private final DeviceMemory copy;

  /// Rows that a slot holds.
  private final int most;

  /// Where the rows begin in a slot.
  private final int first;

  private final PinnedMemory[] collected = new PinnedMemory[SLOTS];
  private final DeviceMemory[] sent = new DeviceMemory[SLOTS];
  private final CUgraphExec[] put = new CUgraphExec[SLOTS];
  private final CUevent[] over = new CUevent[SLOTS];
  private int slot;
  private int count;

  /// @throws org.jarl.nn.DeviceException if they do not fit, with both sizes
  CudaTable(CudaEngine engine, String name, MemorySegment rows, long rowBytes) {
    this.engine = engine;
    this.driver = engine.driver();
    this.rows = rows;
    this.rowBytes = rowBytes;
    this.most = (int) Math.max(1, Math.min(1024, SLOT / rowBytes));
    this.first = (4 * (most + 1) + 63) / 64 * 64;
    this.copy = engine.zeros("table " + name, rows.byteSize());
    for (int i = 0; i < SLOTS; i++) {
      collected[i] = driver.pin(first + most * rowBytes);
      sent[i] = engine.zeros("changes of table " + name, first + most * rowBytes);
      over[i] = driver.event();
      put[i] = capture(sent[i]);
    }
  }

  private CUgraphExec capture(DeviceMemory from) {
    Launch launch =
        new Launch("table_put", 256)
            .grid(most)
            .pointer(from.address())
            .pointer(copy.address())
            .word(rowBytes)
            .integer(first);
    driver.load(launch.kernel());
    try (LaunchOrder.Streams streams = new LaunchOrder.Streams(driver)) {
      return driver.capture(streams.main(), () -> driver.launch(launch, streams.main()));
    }
  }

  static CudaTable of(RowTable table) {
    return (CudaTable) table.storage();
  }

  long address() {
    return copy.address();
  }

  /// The launches that take rows for a program.
  static List<Launch> launches(Tensor t, Op.Rows op, Placement placement) {
    Tensor indices = t.inputs().getFirst();
    return List.of(
        new Launch("table_take", 256)
            .grid(indices.shape().elements())
            .pointer(of(op.table()).address())
            .pointer(placement.place(indices))
            .pointer(placement.place(t))
            .word(op.table().rowBytes())
            .integer(op.table().rowCount()));
  }

  @Override
  public void changed(long firstRow, long changes) {
    if (changes > most) {
      send();
      long at = firstRow * rowBytes;
      engine.transfer().toDevice(rows.asSlice(at, changes * rowBytes), copy.at(at));
      return;
    }
    for (long row = firstRow; row < firstRow + changes; row++) {
      if (count == most) {
        send();
      }
      if (count == 0) {
        driver.enter();
        driver.await(over[slot]);
      }
      MemorySegment to = collected[slot].segment();
      MemorySegment.copy(rows, row * rowBytes, to, first + count * rowBytes, rowBytes);
      count++;
      to.setAtIndex(ValueLayout.JAVA_INT, count, (int) row);
    }
  }

  /// Sends what has been collected; programs started from here on see it.
  void send() {
    if (count == 0) {
      return;
    }
    driver.enter();
    collected[slot].segment().setAtIndex(ValueLayout.JAVA_INT, 0, count);
    driver.toDevice(
        sent[slot].handle(), collected[slot].pointer(), first + count * rowBytes, engine.stream());
    driver.launch(put[slot], engine.stream());
    driver.record(over[slot], engine.stream());
    slot = (slot + 1) % SLOTS;
    count = 0;
  }

  @Override
  public void close() {
    engine.free(copy);
    for (int i = 0; i < SLOTS; i++) {
      driver.destroy(put[i]);
      driver.destroy(over[i]);
      driver.free(collected[i]);
      engine.free(sent[i]);
    }
  }
}
