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
import org.jarl.replay.ReplayBuffer.MomentWatcher;
import org.jspecify.annotations.Nullable;

/// Transitions whose observations are stacks of `k` moments, with every moment kept once; the
/// stacks are put together when they are drawn, here or by whoever asks for their places.
///
/// Moments lie in a ring of places. Beside each place stands the place of the moment before it, and
/// the first moment of an episode points to itself, so a walk from the newest moment of a stack can
/// neither leave its episode nor go beyond its beginning. In a row of [TransitionRows] a handle
/// stands for each of the two stacks:
///
///     rows       | handle | handle of what followed | action | reward | discount |
///                     |           |
///     places     4 <- 5 <- 6 <- [7]   20 <- 21 <- ...            <- moment before
///                | chunk of copy 0 |  chunk of copy 1  |
///
///     handle     i64: place of the newest moment (low half), and how many moments of the stack lie
///                side by side up to there (high half), so that few walks read the places beside
///
/// Copies fill chunks of the ring in turn: the moments of a stack lie side by side, one copy of
/// memory brings them all, and yet all that is new lies in one region of the ring. What a chunk held
/// is lost when it is taken again. The last moment of an episode is a moment like any other.
final class FrameStore implements TransitionStore {
  private static final int LONGEST_CHUNK = 32;

  private final Arena arena = Arena.ofShared();

  /// Handles and outcomes.
  private final TransitionRows rows;

  private final VersionedMemory moments;
  private final VersionedMemory links;
  private final int depth;
  private final boolean repeatsFirst;
  private final long momentBytes;
  private final int chunk;

  /// Of each chunk the step at which its newest moment was seen.
  private final long[] newestSteps;

  /// `[N]`, handle of what each copy saw last.
  private final MemorySegment latest;

  /// `[ROUND]`, handles of the transitions that are being read.
  private final MemorySegment before;

  private final MemorySegment after;

  /// `[2, k]`, places of the two stacks that are being put together.
  private final MemorySegment stacks;

  /// What stands for moments before an episode, unless its first does.
  private final MemorySegment zeros;

  private @Nullable MomentWatcher watcher;

  /// Places written of which the watcher has not been told yet: the first, and how many.
  private int written;

  private int writtenCount;

  /// Chunks taken so far.
  private long taken;

  /// Steps of which a moment may be lost.
  private long forgotten;

  /// An empty store.
  ///
  /// @throws OutOfMemoryError if the memory is not to be had
  FrameStore(ReplayBuffer.Settings settings) {
    Stacking stacking = settings.spec().stacking();
    this.depth = stacking.depth();
    this.repeatsFirst = stacking.padding() == Padding.FIRST;
    this.momentBytes = momentBytes(settings);
    this.chunk = chunk(settings);
    int places = (int) places(settings);
    if (places != places(settings)) {
      throw new IllegalArgumentException(
          "a replay buffer keeps at most %,d moments, a capacity of %,d needs %,d"
              .formatted(Integer.MAX_VALUE, settings.capacity(), places(settings)));
    }
    this.newestSteps = new long[places / chunk];
    this.rows = new TransitionRows(settings.rowCount(), Long.BYTES, settings.spec().actionSpace());
    try {
      this.moments = new VersionedMemory(arena, places * momentBytes);
      this.links = new VersionedMemory(arena, 4L * places);
      this.latest = arena.allocate(8L * settings.count(), 64);
      this.before = arena.allocate(8L * ReplayBuffer.ROUND, 64);
      this.after = arena.allocate(8L * ReplayBuffer.ROUND, 64);
      this.stacks = arena.allocate(stacksBytes(settings), 64);
      this.zeros = arena.allocate(momentBytes, 64);
    } catch (OutOfMemoryError e) {
      close();
      throw e;
    }
    for (int copy = 0; copy < settings.count(); copy++) {
      latest.setAtIndex(JAVA_LONG, copy, handle(-1, 0)); // what follows begins a chunk
    }
  }

  private static long momentBytes(ReplayBuffer.Settings settings) {
    return settings.observationSpace().bytes() / settings.spec().stacking().depth();
  }

  private static long stacksBytes(ReplayBuffer.Settings settings) {
    return 2L * Integer.BYTES * settings.spec().stacking().depth();
  }

  /// Places of a chunk: few where there are many copies, so that unfilled chunks cost little.
  private static int chunk(ReplayBuffer.Settings settings) {
    long share = settings.capacity() / (1024L * settings.count());
    return (int) Math.max(1, Math.min(LONGEST_CHUNK, share));
  }

  /// Places of the ring, a multiple of the chunk: one for each transition, one in 128 more for the
  /// last moments of episodes, and what is always needed. That is, for each copy, twice the stack
  /// of the oldest open step (each of its steps may end an episode) and four chunks (one that is
  /// being filled, one that is lost as a whole, and those that others take meanwhile).
  ///
  /// Where more than one step in 128 ends an episode, fewer transitions fit than the capacity says.
  static long places(ReplayBuffer.Settings settings) {
    long chunk = chunk(settings);
    long window = 2L * (settings.nStep() + settings.spec().stacking().depth());
    long places =
        settings.capacity() + settings.capacity() / 128 + settings.count() * (4 * chunk + window);
    return (places + chunk - 1) / chunk * chunk;
  }

  /// Bytes outside the heap that a store of these settings takes.
  static long bytes(ReplayBuffer.Settings settings) {
    return places(settings) * (momentBytes(settings) + 4)
        + settings.rowCount() * TransitionRows.rowBytes(Long.BYTES, settings.spec().actionSpace())
        + 8L * settings.count()
        + 2 * 8L * ReplayBuffer.ROUND
        + stacksBytes(settings)
        + momentBytes(settings);
  }

  @Override
  public int rowCount() {
    return rows.rowCount();
  }

  @Override
  public long bytes() {
    return rows.bytes()
        + moments.segment().byteSize()
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
    rows.putObservation(row, latest, copy);
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
    rows.putOutcome(row, latest, copy, reward, discount);
  }

  @Override
  public void putPresent(int row, StepBatch following, int copy, long step) {
    if (following.ended(copy)) {
      keep(following.observations(), copy, true, step);
    }
    rows.putObservation(row, latest, copy);
  }

  private static long handle(int place, int run) {
    return (long) run << 32 | place & 0xffffffffL;
  }

  private static int place(long handle) {
    return (int) handle;
  }

  private static int run(long handle) {
    return (int) (handle >> 32);
  }

  /// Keeps the newest moment of a copy's stack.
  private void keep(MemorySegment stacks, int copy, boolean first, long step) {
    long before = latest.getAtIndex(JAVA_LONG, copy);
    int previous = place(before);
    int place = previous + 1;
    if (place % chunk == 0) {
      place = takeChunk() * chunk;
    }
    int run = first || place != previous + 1 ? 1 : Math.min(run(before) + 1, depth);
    newestSteps[place / chunk] = step;
    long newest = ((copy + 1L) * depth - 1) * momentBytes;
    MemorySegment.copy(stacks, newest, moments.segment(), place * momentBytes, momentBytes);
    moments.written(place * momentBytes, momentBytes);
    written(place);
    links.segment().setAtIndex(JAVA_INT, place, first ? place : previous);
    links.written(4L * place, 4);
    latest.setAtIndex(JAVA_LONG, copy, handle(place, run));
  }

  /// Notes a place for [#announce], and announces those before where it does not go on from them.
  private void written(int place) {
    if (place != written + writtenCount) {
      announce();
      written = place;
    }
    writtenCount++;
  }

  /// Memory of all moments, `[places, moment]`.
  MemorySegment moments() {
    return moments.segment().asReadOnly();
  }

  void watch(MomentWatcher other) {
    watcher = other;
  }

  /// Tells the watcher of what was written since it was last told.
  void announce() {
    if (watcher != null && writtenCount > 0) {
      watcher.written(written, writtenCount);
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
      putPlaces(before.getAtIndex(JAVA_LONG, i), stacks, 0);
      putPlaces(after.getAtIndex(JAVA_LONG, i), stacks, 1);
      copyStack(0, into.observations(), first + i);
      copyStack(1, into.nextObservations(), first + i);
    }
  }

  /// Writes transitions as [#read] does, but places in the stead of moments.
  void readPlaces(int[] which, int length, ReplayBatch into, int first) {
    rows.readObservations(which, length, before, after, 0);
    rows.readRest(which, length, into, first);
    for (int i = 0; i < length; i++) {
      putPlaces(before.getAtIndex(JAVA_LONG, i), into.observations(), first + i);
      putPlaces(after.getAtIndex(JAVA_LONG, i), into.nextObservations(), first + i);
    }
  }

  /// Writes the places of a stack, oldest first; -1 for a moment of zeros.
  ///
  /// @param to `[n, k]`
  /// @param row of `to`
  private void putPlaces(long handle, MemorySegment to, int row) {
    long at = (long) row * depth;
    int left = depth - run(handle);
    int first = place(handle) - run(handle) + 1;
    for (int i = left; i < depth; i++) {
      to.setAtIndex(JAVA_INT_UNALIGNED, at + i, first + i - left);
    }
    while (left > 0) {
      int previous = previous(first);
      // What stands before the first moment of an episode stands before what stands there, too.
      int place = previous == first && !repeatsFirst ? -1 : previous;
      first = previous;
      left--;
      to.setAtIndex(JAVA_INT_UNALIGNED, at + left, place);
    }
  }

  private int previous(int place) {
    return links.segment().getAtIndex(JAVA_INT, place);
  }

  /// Copies one of the two [#stacks], moments side by side at once.
  ///
  /// @param row of `to`
  private void copyStack(int which, MemorySegment to, int row) {
    long at = (long) row * depth * momentBytes;
    int length;
    for (int i = 0; i < depth; i += length) {
      int first = stacks.getAtIndex(JAVA_INT, (long) which * depth + i);
      length = 1;
      while (i + length < depth
          && first >= 0
          && stacks.getAtIndex(JAVA_INT, (long) which * depth + i + length) == first + length) {
        length++;
      }
      MemorySegment from = first < 0 ? zeros : moments.segment();
      long fromAt = first < 0 ? 0 : first * momentBytes;
      MemorySegment.copy(from, fromAt, to, at + i * momentBytes, length * momentBytes);
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
    moments.save(to);
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
    moments.load(from);
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
