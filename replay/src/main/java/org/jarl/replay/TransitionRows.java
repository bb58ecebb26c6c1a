package org.jarl.replay;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;

/// Transitions side by side in one block outside the heap.
///
/// One row holds all of a transition, so that drawing a small one touches one or two cache lines
/// instead of five:
///
///     0              O                 2O (to 4)   +4D      +4         +4
///     +--------------+------------------+-----------+--------+----------+
///     | observation  | next observation | action    | reward | discount |  next row
///     | O bytes      | O bytes          | D x 4     | f32    | f32      |
///     +--------------+------------------+-----------+--------+----------+
///
/// Parts are written one by one; which rows are whole is the owner's knowledge. Native byte order.
final class TransitionRows implements AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;
  private final int count;
  private final int actionSize;
  private final boolean continuous;
  private final long observationBytes;
  private final long actionAt;
  private final long rewardAt;
  private final long discountAt;
  private final long rowBytes;

  /// Rows of zeros.
  ///
  /// @throws OutOfMemoryError if the memory is not to be had
  TransitionRows(int count, Space.Box observationSpace, Space actionSpace) {
    this.count = count;
    this.actionSize = actionSpace.size();
    this.continuous = actionSpace instanceof Space.Box;
    this.observationBytes = observationSpace.bytes();
    this.actionAt = actionAt(observationSpace);
    this.rewardAt = actionAt + 4L * actionSize;
    this.discountAt = rewardAt + 4;
    this.rowBytes = rowBytes(observationSpace, actionSpace);
    try {
      this.memory = arena.allocate(Math.multiplyExact(rowBytes, (long) count), 64);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
  }

  /// Bytes of one row.
  static long rowBytes(Space.Box observationSpace, Space actionSpace) {
    return actionAt(observationSpace) + 4L * actionSpace.size() + 4 + 4;
  }

  private static long actionAt(Space.Box observationSpace) {
    return (2 * observationSpace.bytes() + 3) & -4L;
  }

  /// Number of rows.
  int count() {
    return count;
  }

  /// Bytes of all rows.
  long bytes() {
    return memory.byteSize();
  }

  /// Writes what was seen.
  ///
  /// @param copy which of the observations in `from`
  void putObservation(int row, MemorySegment from, int copy) {
    MemorySegment.copy(from, copy * observationBytes, memory, row * rowBytes, observationBytes);
  }

  /// Writes what was done.
  void putAction(int row, ActionBatch actions, int copy) {
    long at = row * rowBytes + actionAt;
    int first = copy * actionSize;
    if (continuous) {
      float[] values = actions.values();
      for (int i = 0; i < actionSize; i++) {
        memory.set(JAVA_FLOAT_UNALIGNED, at + 4L * i, values[first + i]);
      }
    } else {
      int[] indices = actions.indices();
      for (int i = 0; i < actionSize; i++) {
        memory.set(JAVA_INT_UNALIGNED, at + 4L * i, indices[first + i]);
      }
    }
  }

  /// Writes what followed.
  ///
  /// @param copy which of the observations in `next`
  void putOutcome(int row, MemorySegment next, int copy, float reward, float discount) {
    long at = row * rowBytes;
    MemorySegment.copy(
        next, copy * observationBytes, memory, at + observationBytes, observationBytes);
    memory.set(JAVA_FLOAT_UNALIGNED, at + rewardAt, reward);
    memory.set(JAVA_FLOAT_UNALIGNED, at + discountAt, discount);
  }

  /// Copies rows to the places `first ..` of a batch, part by part: with one source and one target
  /// per loop the compiler checks less than with five targets in one.
  ///
  /// @param which the rows
  /// @param length how many of them
  void read(int[] which, int length, ReplayBatch into, int first) {
    gather(which, length, 0, observationBytes, into.observations(), first);
    gather(which, length, observationBytes, observationBytes, into.nextObservations(), first);
    gather(which, length, actionAt, 4L * actionSize, into.actions(), first);
    gather(which, length, rewardAt, 4, into.rewards(), first);
    gather(which, length, discountAt, 4, into.discounts(), first);
  }

  private void gather(int[] which, int length, long at, long bytes, MemorySegment to, int first) {
    MemorySegment from = memory;
    if (bytes == 4) {
      for (int i = 0; i < length; i++) {
        int bits = from.get(JAVA_INT_UNALIGNED, which[i] * rowBytes + at);
        to.set(JAVA_INT_UNALIGNED, 4L * (first + i), bits);
      }
    } else {
      for (int i = 0; i < length; i++) {
        MemorySegment.copy(from, which[i] * rowBytes + at, to, (first + i) * bytes, bytes);
      }
    }
  }

  /// Writes the first `rows` rows.
  void save(StateWriter to, int rows) {
    to.putBytes(memory.asSlice(0, rows * rowBytes));
  }

  /// Reads the first `rows` rows.
  void load(StateReader from, int rows) {
    from.getBytes(memory.asSlice(0, rows * rowBytes));
  }

  @Override
  public void close() {
    arena.close();
  }
}
