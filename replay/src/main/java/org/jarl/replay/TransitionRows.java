package org.jarl.replay;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;

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
final class TransitionRows implements TransitionStore {
  private final Arena arena = Arena.ofShared();
  private final VersionedMemory memory;
  private final MemorySegment segment;
  private final int rowCount;
  private final int actionSize;
  private final boolean continuous;
  private final long observationBytes;
  private final long actionAt;
  private final long rewardAt;
  private final long discountAt;
  private final long rowBytes;

  /// Rows of zeros.
  ///
  /// @param observationBytes of what stands for an observation, `O`
  /// @throws OutOfMemoryError if the memory is not to be had
  TransitionRows(int rowCount, long observationBytes, Space actionSpace) {
    this.rowCount = rowCount;
    this.actionSize = actionSpace.size();
    this.continuous = actionSpace instanceof Space.Box;
    this.observationBytes = observationBytes;
    this.actionAt = actionAt(observationBytes);
    this.rewardAt = actionAt + 4L * actionSize;
    this.discountAt = rewardAt + 4;
    this.rowBytes = rowBytes(observationBytes, actionSpace);
    try {
      this.memory = new VersionedMemory(arena, rowBytes * rowCount);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
    this.segment = memory.segment();
  }

  /// Bytes of one row.
  static long rowBytes(long observationBytes, Space actionSpace) {
    return actionAt(observationBytes) + 4L * actionSpace.size() + 4 + 4;
  }

  private static long actionAt(long observationBytes) {
    return (2 * observationBytes + 3) & -4L;
  }

  @Override
  public int rowCount() {
    return rowCount;
  }

  @Override
  public long bytes() {
    return segment.byteSize();
  }

  @Override
  public void begin(int row, StepBatch current, int copy) {
    putObservation(row, current.observations(), copy);
  }

  @Override
  public void follow(StepBatch after, int copy, long step) {
    // A row holds what followed itself.
  }

  @Override
  public void putOutcome(int row, StepBatch after, int copy, float reward, float discount) {
    MemorySegment next = after.ended(copy) ? after.finalObservations() : after.observations();
    putOutcome(row, next, copy, reward, discount);
  }

  @Override
  public void putPresent(int row, StepBatch after, int copy, long step) {
    putObservation(row, after.observations(), copy);
  }

  @Override
  public long lostSteps() {
    return 0;
  }

  /// Writes what was seen.
  ///
  /// @param copy which of the observations in `from`
  void putObservation(int row, MemorySegment from, int copy) {
    long at = row * rowBytes;
    MemorySegment.copy(from, copy * observationBytes, segment, at, observationBytes);
    memory.written(at, rowBytes);
  }

  @Override
  public void putAction(int row, ActionBatch actions, int copy) {
    long at = row * rowBytes + actionAt;
    int first = copy * actionSize;
    if (continuous) {
      float[] values = actions.values();
      for (int i = 0; i < actionSize; i++) {
        segment.set(JAVA_FLOAT_UNALIGNED, at + 4L * i, values[first + i]);
      }
    } else {
      int[] indices = actions.indices();
      for (int i = 0; i < actionSize; i++) {
        segment.set(JAVA_INT_UNALIGNED, at + 4L * i, indices[first + i]);
      }
    }
    memory.written(at, 4L * actionSize);
  }

  /// Writes what followed.
  ///
  /// @param copy which of the observations in `next`
  void putOutcome(int row, MemorySegment next, int copy, float reward, float discount) {
    long at = row * rowBytes;
    MemorySegment.copy(
        next, copy * observationBytes, segment, at + observationBytes, observationBytes);
    segment.set(JAVA_FLOAT_UNALIGNED, at + rewardAt, reward);
    segment.set(JAVA_FLOAT_UNALIGNED, at + discountAt, discount);
    memory.written(at, rowBytes);
  }

  @Override
  public void read(int[] which, int length, ReplayBatch into, int first) {
    readObservations(which, length, into.observations(), into.nextObservations(), first);
    readRest(which, length, into, first);
  }

  /// Copies what was seen before and after to the places `first ..`, part by part: with one source
  /// and one target per loop the compiler checks less than with five targets in one.
  void readObservations(
      int[] which, int length, MemorySegment before, MemorySegment after, int first) {
    gather(which, length, 0, observationBytes, before, first);
    gather(which, length, observationBytes, observationBytes, after, first);
  }

  /// Copies all but the observations.
  void readRest(int[] which, int length, ReplayBatch into, int first) {
    gather(which, length, actionAt, 4L * actionSize, into.actions(), first);
    gather(which, length, rewardAt, 4, into.rewards(), first);
    gather(which, length, discountAt, 4, into.discounts(), first);
  }

  private void gather(int[] which, int length, long at, long bytes, MemorySegment to, int first) {
    MemorySegment from = segment;
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

  @Override
  public void save(StateWriter to) {
    memory.save(to);
  }

  @Override
  public void load(StateReader from) {
    memory.load(from);
  }

  @Override
  public void close() {
    arena.close();
  }
}
