package org.jarl.replay;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jspecify.annotations.Nullable;

/// Transitions whose observations are stacks of `k` frames, with every frame kept once. A stack is
/// put together when it is drawn, here or by a reader that is given the indices of its frames.
///
/// Frames lie in a ring. Beside each frame stands the index of the frame before it; the first frame
/// of an episode points to itself, so a walk from the newest frame of a stack can neither leave its
/// episode nor go beyond its beginning. In a row of [TransitionRows] a handle stands for each of
/// the two stacks:
///
///     rows       | handle | next handle | action | reward | discount |
///                     |           |
///     frames     4 <- 5 <- 6 <- [7]   20 <- 21 <- ...            <- frame before
///                | chunk of copy 0 |  chunk of copy 1  |
///
///     handle     i64: index of the newest frame (low half), and how many frames of the stack lie
///                side by side up to there (high half), so that few walks read the links
///
/// Copies fill chunks of the ring in turn: the frames of a stack lie side by side, one copy of
/// memory brings them all, and yet all that is new lies in one region of the ring. The frames of a
/// chunk are lost when it is taken again. The last frame of an episode is a frame like any other.
final class FrameStore implements TransitionStore {
  private static final int LONGEST_CHUNK = 32;

  private final Arena arena = Arena.ofShared();

  /// Handles and outcomes.
  private final TransitionRows rows;

  private final VersionedMemory frames;
  private final VersionedMemory links;
  private final int depth;
  private final boolean repeatsFirst;
  private final long frameBytes;
  private final int chunk;

  /// Of each chunk the step at which its newest frame was seen.
  private final long[] newestSteps;

  /// `[N]`, handle of what each copy saw last.
  private final MemorySegment latest;

  /// `[ROUND]`, handles of the transitions that are being read: of both stacks of each.
  private final MemorySegment before;

  private final MemorySegment after;

  /// `[2, k]`, indices of the two stacks that are being put together.
  private final MemorySegment stacks;

  /// A frame of zeros: stands before the first of an episode, unless that is repeated.
  private final MemorySegment zeros;

  private @Nullable FrameListener listener;

  /// Frames written of which the listener has not been told yet: index of the first, and how many.
  private int written;

  private int writtenCount;

  /// Chunks taken so far.
  private long taken;

  /// Steps of which a frame may be lost.
  private long forgotten;

  /// An empty store.
  ///
  /// @throws OutOfMemoryError if the memory is not to be had
  FrameStore(ReplaySettings settings) {
    Stacking stacking = settings.spec().stacking();
    this.depth = stacking.depth();
    this.repeatsFirst = stacking.padding() == Padding.FIRST;
    this.frameBytes = frameBytes(settings);
    this.chunk = chunk(settings);
    int indices = (int) frameCount(settings);
    if (indices != frameCount(settings)) {
      throw new IllegalArgumentException(
          "a replay buffer keeps at most %,d frames, a capacity of %,d needs %,d"
              .formatted(Integer.MAX_VALUE, settings.capacity(), frameCount(settings)));
    }
    this.newestSteps = new long[indices / chunk];
    this.rows = new TransitionRows(settings.rowCount(), Long.BYTES, settings.spec());
    try {
      this.frames = new VersionedMemory(arena, indices * frameBytes);
      this.links = new VersionedMemory(arena, 4L * indices);
      this.latest = arena.allocate(8L * settings.count(), 64);
      this.before = arena.allocate(8L * TransitionStore.ROUND, 64);
      this.after = arena.allocate(8L * TransitionStore.ROUND, 64);
      this.stacks = arena.allocate(stacksBytes(settings), 64);
      this.zeros = arena.allocate(frameBytes, 64);
    } catch (OutOfMemoryError e) {
      close();
      throw e;
    }
    for (int copy = 0; copy < settings.count(); copy++) {
      latest.setAtIndex(JAVA_LONG, copy, handle(-1, 0)); // what follows begins a chunk
    }
  }

  private static long frameBytes(ReplaySettings settings) {
    return settings.observationSpace().bytes() / settings.spec().stacking().depth();
  }

  private static long stacksBytes(ReplaySettings settings) {
    return 2L * Integer.BYTES * settings.spec().stacking().depth();
  }

  /// Indices of a chunk: few where there are many copies, so that unfilled chunks cost little.
  private static int chunk(ReplaySettings settings) {
    long share = settings.capacity() / (1024L * settings.count());
    return (int) Math.max(1, Math.min(LONGEST_CHUNK, share));
  }

  /// Indices of the ring, a multiple of the chunk: one for each transition, one in 128 more for the
  /// last frames of episodes, and what is always needed. That is, for each copy, twice the stack of
  /// the oldest open step (each of its steps may end an episode) and four chunks (one that is being
  /// filled, one that is lost as a whole, and those that others take meanwhile).
  ///
  /// Where more than one step in 128 ends an episode, fewer transitions fit than the capacity says.
  static long frameCount(ReplaySettings settings) {
    long chunk = chunk(settings);
    long window = 2L * (settings.nStep() + settings.spec().stacking().depth());
    long indices =
        settings.capacity() + settings.capacity() / 128 + settings.count() * (4 * chunk + window);
    return (indices + chunk - 1) / chunk * chunk;
  }

  /// Bytes outside the heap that a store of these settings takes.
  static long bytes(ReplaySettings settings) {
    return frameCount(settings) * (frameBytes(settings) + 4)
        + settings.rowCount() * TransitionRows.rowBytes(Long.BYTES, settings.spec())
        + 8L * settings.count()
        + 2 * 8L * TransitionStore.ROUND
        + stacksBytes(settings)
        + frameBytes(settings);
  }

  @Override
  public int rowCount() {
    return rows.rowCount();
  }

  @Override
  public long bytes() {
    return rows.bytes()
        + frames.segment().byteSize()
        + links.segment().byteSize()
        + latest.byteSize()
        + before.byteSize()
        + after.byteSize()
        + stacks.byteSize()
        + zeros.byteSize();
  }

  @Override
  public void begin(int row, StepBatch current, int copy) {
    keep(current.observations(), copy, true, 0);
    rows.putObservation(row, latest, current, copy);
  }

  @Override
  public void putAction(int row, ActionBatch actions, int copy) {
    rows.putAction(row, actions, copy);
  }

  @Override
  public void follow(StepBatch following, int copy, long step) {
    boolean ended = following.ended(copy);
    keep(ended ? following.finalObservations() : following.observations(), copy, false, step);
  }

  @Override
  public void putOutcome(int row, StepBatch following, int copy, float reward, float discount) {
    rows.putOutcome(row, latest, following, copy, reward, discount);
  }

  @Override
  public void putPresent(int row, StepBatch following, int copy, long step) {
    if (following.ended(copy)) {
      keep(following.observations(), copy, true, step);
    }
    rows.putObservation(row, latest, following, copy);
  }

  private static long handle(int index, int run) {
    return (long) run << 32 | index & 0xffffffffL;
  }

  private static int newest(long handle) {
    return (int) handle;
  }

  private static int run(long handle) {
    return (int) (handle >> 32);
  }

  /// Keeps the newest frame of a copy's stack.
  private void keep(MemorySegment stacks, int copy, boolean first, long step) {
    long before = latest.getAtIndex(JAVA_LONG, copy);
    int previous = newest(before);
    int index = previous + 1;
    if (index % chunk == 0) {
      index = takeChunk() * chunk;
    }
    int run = first || index != previous + 1 ? 1 : Math.min(run(before) + 1, depth);
    newestSteps[index / chunk] = step;
    long newest = ((copy + 1L) * depth - 1) * frameBytes;
    MemorySegment.copy(stacks, newest, frames.segment(), index * frameBytes, frameBytes);
    frames.written(index * frameBytes, frameBytes);
    written(index);
    links.segment().setAtIndex(JAVA_INT, index, first ? index : previous);
    links.written(4L * index, 4);
    latest.setAtIndex(JAVA_LONG, copy, handle(index, run));
  }

  /// Notes an index for [#announce], and announces those before where it does not go on from them.
  private void written(int index) {
    if (index != written + writtenCount) {
      announce();
      written = index;
    }
    writtenCount++;
  }

  /// Memory of all frames, `[frames, frame]`.
  MemorySegment frames() {
    return frames.segment().asReadOnly();
  }

  void listen(FrameListener newListener) {
    listener = newListener;
  }

  /// Tells the listener of what was written since it was last told.
  void announce() {
    if (listener != null && writtenCount > 0) {
      listener.written(written, writtenCount);
    }
    writtenCount = 0;
  }

  private int takeChunk() {
    int index = (int) (taken % newestSteps.length);
    if (taken >= newestSteps.length) {
      forgotten = Math.max(forgotten, newestSteps[index] + 1);
    }
    taken++;
    return index;
  }

  @Override
  public long lostSteps() {
    return forgotten == 0 ? 0 : forgotten + depth - 1;
  }

  @Override
  public void read(int[] which, int length, ReplayBatch into, int first) {
    rows.readObservations(which, length, before, after, 0);
    rows.readRest(which, length, into, first);
    for (int i = 0; i < length; i++) {
      // One after the other: most of the second stack is in the cache from the first.
      putIndices(before.getAtIndex(JAVA_LONG, i), stacks, 0);
      putIndices(after.getAtIndex(JAVA_LONG, i), stacks, 1);
      copyStack(0, into.observations(), first + i);
      copyStack(1, into.nextObservations(), first + i);
    }
  }

  /// Writes transitions as [#read] does, with the indices of frames instead of the frames.
  void readIndices(int[] which, int length, ReplayBatch into, int first) {
    rows.readObservations(which, length, before, after, 0);
    rows.readRest(which, length, into, first);
    for (int i = 0; i < length; i++) {
      putIndices(before.getAtIndex(JAVA_LONG, i), into.observations(), first + i);
      putIndices(after.getAtIndex(JAVA_LONG, i), into.nextObservations(), first + i);
    }
  }

  /// Writes the indices of the frames of a stack, oldest first; -1 for a frame of zeros.
  ///
  /// The newest of them lie side by side, as the handle says, and need no walk. Those before are
  /// found link by link.
  ///
  /// @param to `[n, k]`
  /// @param row of `to`
  private void putIndices(long handle, MemorySegment to, int row) {
    long at = (long) row * depth;
    int walked = depth - run(handle);
    int oldest = newest(handle) - run(handle) + 1;
    for (int i = walked; i < depth; i++) {
      to.setAtIndex(JAVA_INT_UNALIGNED, at + i, oldest + i - walked);
    }
    for (int i = walked - 1; i >= 0; i--) {
      int previous = previous(oldest);
      boolean beforeEpisode = previous == oldest;
      to.setAtIndex(JAVA_INT_UNALIGNED, at + i, beforeEpisode && !repeatsFirst ? -1 : previous);
      oldest = previous;
    }
  }

  private int previous(int index) {
    return links.segment().getAtIndex(JAVA_INT, index);
  }

  /// Copies one of the two [#stacks], frames side by side at once.
  ///
  /// @param row of `to`
  private void copyStack(int which, MemorySegment to, int row) {
    long at = (long) row * depth * frameBytes;
    int length;
    for (int i = 0; i < depth; i += length) {
      int first = stacks.getAtIndex(JAVA_INT, (long) which * depth + i);
      length = 1;
      while (i + length < depth
          && first >= 0
          && stacks.getAtIndex(JAVA_INT, (long) which * depth + i + length) == first + length) {
        length++;
      }
      MemorySegment from = first < 0 ? zeros : frames.segment();
      long fromAt = first < 0 ? 0 : first * frameBytes;
      MemorySegment.copy(from, fromAt, to, at + i * frameBytes, length * frameBytes);
    }
  }

  @Override
  public void save(StateWriter to) {
    to.section("frames");
    to.putLong(taken);
    to.putLong(forgotten);
    for (int i = 0; i < Math.min(taken, newestSteps.length); i++) {
      to.putLong(newestSteps[i]);
    }
    to.putBytes(latest);
    rows.save(to);
    links.save(to);
    frames.save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("frames");
    taken = from.getLong();
    forgotten = from.getLong();
    for (int i = 0; i < Math.min(taken, newestSteps.length); i++) {
      newestSteps[i] = from.getLong();
    }
    from.getBytes(latest);
    rows.load(from);
    links.load(from);
    frames.load(from);
    written = 0;
    writtenCount = (int) Math.min(taken, newestSteps.length) * chunk;
    announce();
  }

  @Override
  public void close() {
    rows.close();
    arena.close();
  }
}
