package org.jarl.replay;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec;
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
/// Where the environment masks actions, the masks of the observation and of the next one follow:
/// `A` bytes each, 1 for legal, filled up to a multiple of 4. Elsewhere a row has no byte for them.
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
  private final int maskSize;
  private final long legalAt;
  private final long nextLegalAt;
  private final long rowBytes;

  /// Rows of zeros.
  ///
  /// @param observationBytes of what stands for an observation, `O`
  /// @throws OutOfMemoryError if the memory is not to be had
  TransitionRows(int rowCount, long observationBytes, EnvironmentSpec spec) {
    Space actionSpace = spec.actionSpace();
    this.rowCount = rowCount;
    this.actionSize = actionSpace.size();
    this.continuous = actionSpace instanceof Space.Box;
    this.observationBytes = observationBytes;
    this.actionAt = actionAt(observationBytes);
    this.rewardAt = actionAt + 4L * actionSize;
    this.discountAt = rewardAt + 4;
    this.maskSize = spec.maskSize();
    this.legalAt = discountAt + 4;
    this.nextLegalAt = legalAt + maskSize;
    this.rowBytes = rowBytes(observationBytes, spec);
    try {
      this.memory = new VersionedMemory(arena, rowBytes * rowCount);
    } catch (OutOfMemoryError e) {
      arena.close();
      throw e;
    }
    this.segment = memory.segment();
  }

  /// Bytes of one row.
  static long rowBytes(long observationBytes, EnvironmentSpec spec) {
    long masks = (2L * spec.maskSize() + 3) & -4L;
    return actionAt(observationBytes) + 4L * spec.actionSpace().size() + 4 + 4 + masks;
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
    putObservation(row, current.observations(), current, copy);
  }

  @Override
  public void follow(StepBatch after, int copy, long step) {
    // A row holds what followed itself.
  }

  @Override
  public void putOutcome(int row, StepBatch after, int copy, float reward, float discount) {
    MemorySegment next = after.ended(copy) ? after.finalObservations() : after.observations();
    putOutcome(row, next, after, copy, reward, discount);
  }

  @Override
  public void putPresent(int row, StepBatch after, int copy, long step) {
    putObservation(row, after.observations(), after, copy);
  }

  @Override
  public long lostSteps() {
    return 0;
  }

  /// Writes an observation and its mask.
  ///
  /// @param from what stands for observations, one of each copy
  /// @param seen step that has the mask
  void putObservation(int row, MemorySegment from, StepBatch seen, int copy) {
    long at = row * rowBytes;
    MemorySegment.copy(from, copy * observationBytes, segment, at, observationBytes);
    putMask(seen.legalActions(), copy, at + legalAt);
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

  /// Writes what followed, and its mask: of the next observation, or of the final one where the
  /// episode ended.
  ///
  /// @param next what stands for next observations, one of each copy
  /// @param after step that has the masks
  void putOutcome(
      int row, MemorySegment next, StepBatch after, int copy, float reward, float discount) {
    long at = row * rowBytes;
    MemorySegment.copy(
        next, copy * observationBytes, segment, at + observationBytes, observationBytes);
    segment.set(JAVA_FLOAT_UNALIGNED, at + rewardAt, reward);
    segment.set(JAVA_FLOAT_UNALIGNED, at + discountAt, discount);
    boolean[] legal = after.ended(copy) ? after.finalLegalActions() : after.legalActions();
    putMask(legal, copy, at + nextLegalAt);
    memory.written(at, rowBytes);
  }

  private void putMask(boolean[] legal, int copy, long at) {
    for (int action = 0; action < maskSize; action++) {
      segment.set(JAVA_BYTE, at + action, (byte) (legal[copy * maskSize + action] ? 1 : 0));
    }
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
    if (maskSize > 0) {
      readMasks(which, length, nextLegalAt, into.nextLegalActions(), first);
      if (into.legalActions().byteSize() > 0) {
        readMasks(which, length, legalAt, into.legalActions(), first);
      }
    }
  }

  /// Writes masks as numbers, 1 for legal and 0 for not.
  private void readMasks(int[] which, int length, long at, MemorySegment to, int first) {
    for (int i = 0; i < length; i++) {
      long from = which[i] * rowBytes + at;
      for (int action = 0; action < maskSize; action++) {
        long index = (long) (first + i) * maskSize + action;
        to.setAtIndex(JAVA_FLOAT_UNALIGNED, index, segment.get(JAVA_BYTE, from + action));
      }
    }
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
