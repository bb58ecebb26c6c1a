package org.jarl.replay;

import java.lang.foreign.MemorySegment;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.EnvironmentSpec.Padding;
import org.jarl.env.EnvironmentSpec.Stacking;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;
import org.jspecify.annotations.Nullable;

/// The last transitions of `N` copies of an environment with n-step returns (Lin 1992; Mnih et al.
/// 2015), in memory outside the heap. A [Sampler] chooses which of them are drawn.
///
/// The agent's side is two calls: [#begin] once with what the copies see at first, then [#add]
/// after every step. What was seen before a step is the buffer's own copy, since a [StepBatch] is
/// overwritten by the next step.
///
/// A step is written where it will stay as soon as it is taken, and can be drawn once `nStep` steps
/// have been added, itself included. Steps before the end of an episode have fewer rewards: up to a
/// terminated end with discount 0, up to a truncated one with `gamma^k` and the final observation.
///
///     rows of the ring, N per step                             (nStep = 3)
///
///     ... | t-4 | t-3 | t-2 | t-1 |  t  | t+1 | oldest | ...
///         <- can be drawn -> <--- open ------>
///            at most           nStep * N rows; of t+1, which is what the
///            capacity rows     copies see now, only the observation is known
///
/// Where observations are stacks of frames each frame is kept once, whichever wrapper stacked it, and
/// the stacks are put together when they are drawn: what comes out is what was seen, bit for bit. The
/// capacity is then reached as long as at most one step in 128 ends an episode; the last frames of
/// more episodes take the place of the oldest transitions. A program that reads frames by index
/// draws indices instead ([#sampleIndicesInto]) from where the frames lie ([#frames]); a copy of
/// them on another device is kept up to date by a [FrameListener].
///
/// Where the environment masks actions, a transition has the mask of its observation and that of
/// the next one: at the end of an n-step return that of the state whose value is added, at a
/// truncated end that of the final observation. After a terminated end nothing is valued: all are
/// legal.
///
/// One thread at a time uses it. Neither [#add] nor [#sampleInto] allocates.
public final class ReplayBuffer implements Checkpointable, AutoCloseable {
  private final ReplaySettings settings;
  private final int count;
  private final int nStep;
  private final long observationBytes;
  private final NStepAccumulator accumulator;
  private final TransitionStore store;
  private final Sampler sampler;

  /// The store where observations are stacked.
  private final @Nullable FrameStore frameStore;

  /// Rows of one round of drawing.
  private final int[] drawn = new int[TransitionStore.ROUND];

  /// Steps added, each of `N` copies.
  private long steps;

  /// Whether the first observations are known.
  private boolean begun;

  /// Row of copy 0 at the present step; copy `i` follows at `+ i`, around the ring.
  private int present;

  /// An empty buffer that is drawn from uniformly; all its memory is taken now.
  ///
  /// @throws IllegalArgumentException if the memory is not to be had, with the capacity that would
  ///   fit
  public ReplayBuffer(ReplaySettings settings) {
    this(settings, Sampler.uniform());
  }

  /// An empty buffer; all its memory is taken now.
  ///
  /// @param sampler chooses what is drawn; it is saved with the buffer
  /// @throws IllegalArgumentException if the memory is not to be had, with the capacity that would
  ///   fit
  public ReplayBuffer(ReplaySettings settings, Sampler sampler) {
    ReplayMemory.requireFits(settings, ReplayMemory.ofMachine());
    this.settings = settings;
    this.sampler = sampler;
    this.count = settings.count();
    this.nStep = settings.nStep();
    this.observationBytes = settings.observationSpace().bytes();
    this.accumulator = new NStepAccumulator(count, nStep, settings.gamma());
    try {
      this.frameStore = settings.stacks() ? new FrameStore(settings) : null;
      this.store =
          frameStore != null
              ? frameStore
              : new TransitionRows(settings.rowCount(), observationBytes, settings.spec());
    } catch (OutOfMemoryError e) {
      throw new IllegalArgumentException(
          ReplayMemory.notToBeHad(settings, ReplayMemory.ofJvm()), e);
    }
  }

  /// What this buffer is for.
  public ReplaySettings settings() {
    return settings;
  }

  /// Transitions that can be drawn now, at most [#capacity].
  public int size() {
    long whole = steps - nStep + 1 - store.lostSteps();
    return (int) Math.min(settings.capacity(), Math.max(0, whole) * count);
  }

  /// Id after that of the newest transition that can be drawn; 0 before there is one.
  private long end() {
    return Math.max(0, steps - nStep + 1) * count;
  }

  /// Transitions that can be drawn when it is full.
  public int capacity() {
    return settings.capacity();
  }

  /// Bytes outside the heap.
  public long offHeapBytes() {
    return store.bytes();
  }

  /// Whether [#begin] has been called, here or before the [#save] that was loaded.
  public boolean hasBegun() {
    return begun;
  }

  /// Takes what the copies see before the first step.
  ///
  /// @param current as [org.jarl.env.VectorEnvironment#reset] returned it
  /// @throws IllegalStateException if it has begun already
  /// @throws IllegalArgumentException if the observations have another size
  public void begin(StepBatch current) {
    if (begun) {
      throw new IllegalStateException(
          "the replay buffer has begun already: call begin only where hasBegun() is false");
    }
    check("observations", current.observations());
    checkMask("legalActions", current.legalActions());
    begun = true;
    for (int copy = 0; copy < count; copy++) {
      store.begin(row(0, copy), current, copy);
    }
    announce();
  }

  /// Takes one step of every copy.
  ///
  /// @param actions what was done
  /// @param after what the environment answered to them
  /// @throws IllegalStateException before [#begin]
  /// @throws IllegalArgumentException if an array has another size; nothing was added then
  public void add(ActionBatch actions, StepBatch after) {
    check(actions, after);
    steps++;
    int next = wrap((long) present + count);
    for (int copy = 0; copy < count; copy++) {
      store.putAction(row(0, copy), actions, copy);
      accumulator.add(copy, after.rewards()[copy]);
      store.follow(after, copy, steps);
      complete(after, copy);
      store.putPresent(wrap((long) next + copy), after, copy, steps);
    }
    present = next;
    announce();
    tellDrawable();
  }

  private void tellDrawable() {
    long end = end();
    sampler.setDrawable(end - size(), end);
  }

  private void announce() {
    if (frameStore != null) {
      frameStore.announce();
    }
  }

  /// Writes the outcomes of the steps of a copy that are complete with the latest one.
  private void complete(StepBatch after, int copy) {
    if (after.ended(copy)) {
      for (int age = accumulator.open(copy) - 1; age >= 0; age--) {
        putOutcome(after, copy, age);
      }
      accumulator.closeAll(copy);
    } else if (accumulator.open(copy) == nStep) {
      putOutcome(after, copy, nStep - 1);
      accumulator.closeOldest(copy);
    }
  }

  private void putOutcome(StepBatch after, int copy, int age) {
    float discount = after.terminated()[copy] ? 0 : accumulator.discount(age);
    store.putOutcome(row(age, copy), after, copy, accumulator.nStepReturn(copy, age), discount);
  }

  /// The row of a copy's step of some age; age 0 is the step that is being taken.
  private int row(int age, int copy) {
    return wrap((long) present + copy - (long) age * count);
  }

  private int wrap(long row) {
    int rowCount = store.rowCount();
    return (int) (row < 0 ? row + rowCount : row >= rowCount ? row - rowCount : row);
  }

  /// Draws `batch.size()` transitions, those that the sampler chooses among [#size].
  ///
  /// @param random source of all that is random in it
  /// @param batch receives them
  /// @throws IllegalStateException if there is none yet
  /// @throws IllegalArgumentException if the batch has other shapes; it is unchanged then
  public void sampleInto(RandomStream random, ReplayBatch batch) {
    batch.check(settings.spec(), observationBytes, 0);
    draw(random, batch, null);
  }

  /// Draws the transitions that [#sampleInto] would, and writes for each stack the indices of its
  /// frames, oldest first: rows of [#frames], or -1 for a frame of zeros. The frames stay what they
  /// are until the next [#add].
  ///
  /// @param random source of all that is random in it
  /// @param batch receives them; `[B, k]` i32 stand for what was seen
  /// @throws IllegalStateException if there is none yet, or if observations are not stacked
  /// @throws IllegalArgumentException if the batch has other shapes; it is unchanged then
  public void sampleIndicesInto(RandomStream random, ReplayBatch batch) {
    FrameStore indices = frameStore();
    int depth = settings.spec().stacking().depth();
    batch.check(settings.spec(), 4L * depth, depth);
    draw(random, batch, indices);
  }

  /// Hands the sampler the priorities of a batch that was drawn before; those of transitions that
  /// cannot be drawn any more are ignored.
  ///
  /// @param batch as it was drawn
  /// @param priorities `[B]` f32, such as the losses of the update that learned from it
  public void prioritize(ReplayBatch batch, MemorySegment priorities) {
    if (priorities.byteSize() != 4L * batch.size()) {
      throw new IllegalArgumentException(
          "the replay buffer needs priorities of %d x f32 (%d bytes), got %d bytes"
              .formatted(batch.size(), 4L * batch.size(), priorities.byteSize()));
    }
    sampler.prioritize(batch.ids(), priorities);
  }

  /// Draws transitions.
  ///
  /// @param indices the store where indices of frames are wanted, else null
  private void draw(RandomStream random, ReplayBatch batch, @Nullable FrameStore indices) {
    int size = size();
    if (size == 0) {
      throw new IllegalStateException(
          "the replay buffer is empty: it can be sampled after nStep = %d steps, got %d"
              .formatted(nStep, steps));
    }
    sampler.draw(random, batch.ids(), batch.weights());
    // Ids to rows without a division each: the oldest has this row, the others follow it.
    long first = end() - size;
    long oldest = (long) present - (long) (nStep - 1) * count - size;
    for (int from = 0; from < batch.size(); from += drawn.length) {
      int length = Math.min(drawn.length, batch.size() - from);
      for (int i = 0; i < length; i++) {
        drawn[i] = wrap(oldest + (batch.ids()[from + i] - first));
      }
      if (indices != null) {
        indices.readIndices(drawn, length, batch, from);
      } else {
        store.read(drawn, length, batch, from);
      }
    }
  }

  /// All frames of stacked observations, `[frames, frame]`: memory that every thread may read as
  /// long as this buffer is open. A frame is overwritten when its index is used again.
  ///
  /// @throws IllegalStateException if observations are not stacked
  public MemorySegment frames() {
    return frameStore().frames();
  }

  /// Bytes of one frame of stacked observations.
  public long frameBytes() {
    return observationBytes / settings.spec().stacking().depth();
  }

  /// Tells a listener of every frame written from here on, once for those of an [#add] that lie
  /// side by side; after [#load] of all that are in use.
  ///
  /// @throws IllegalStateException if observations are not stacked
  public void listen(FrameListener listener) {
    frameStore().listen(listener);
  }

  private FrameStore frameStore() {
    if (frameStore == null) {
      throw new IllegalStateException(
          "this replay buffer keeps every observation whole: frames have indices only where an"
              + " environment declares stacks (EnvironmentSpec.stacking)");
    }
    return frameStore;
  }

  private void check(ActionBatch actions, StepBatch after) {
    if (!begun) {
      throw new IllegalStateException("the replay buffer needs begin(...) before the first add");
    }
    boolean continuous = settings.spec().actionSpace() instanceof Space.Box;
    int numbers = continuous ? actions.values().length : actions.indices().length;
    int needed = count * settings.spec().actionSpace().size();
    if (numbers != needed) {
      throw new IllegalArgumentException(
          "the replay buffer needs %s [%d, %d] of actions, got %d numbers"
              .formatted(
                  continuous ? "values" : "indices",
                  count,
                  settings.spec().actionSpace().size(),
                  numbers));
    }
    check("observations", after.observations());
    check("finalObservations", after.finalObservations());
    check("rewards", after.rewards().length);
    check("terminated", after.terminated().length);
    check("truncated", after.truncated().length);
    checkMask("legalActions", after.legalActions());
    checkMask("finalLegalActions", after.finalLegalActions());
  }

  private void checkMask(String name, boolean[] mask) {
    int maskSize = settings.spec().maskSize();
    if (mask.length != count * maskSize) {
      throw new IllegalArgumentException(
          "the replay buffer needs %s [%d, %d], got %d flags"
              .formatted(name, count, maskSize, mask.length));
    }
  }

  private void check(String name, int length) {
    if (length != count) {
      throw new IllegalArgumentException(
          "the replay buffer needs %s [%d], got [%d]".formatted(name, count, length));
    }
  }

  private void check(String name, MemorySegment observations) {
    if (observations.byteSize() != count * observationBytes) {
      throw new IllegalArgumentException(
          "the replay buffer needs %s of %d x %s %s (%d bytes), got %d bytes"
              .formatted(
                  name,
                  count,
                  settings.observationSpace().type(),
                  settings.observationSpace().shape(),
                  count * observationBytes,
                  observations.byteSize()));
    }
  }

  /// Writes what is in use as it lies in the ring, steps that are not complete included: a
  /// checkpoint early in a run is small, and later ones can leave out what has not changed.
  @Override
  public void save(StateWriter to) {
    to.section("replay");
    to.putInt(settings.capacity());
    to.putInt(count);
    to.putInt(nStep);
    to.putFloat(settings.gamma());
    to.putLong(observationBytes);
    Stacking stacking = settings.spec().stacking();
    to.putInt(stacking.depth());
    to.putBoolean(stacking.padding() == Padding.FIRST);
    to.putInt(settings.spec().actionSpace().size());
    if (settings.spec().masksActions()) {
      to.section("mask");
      to.putInt(settings.spec().maskSize());
    }
    to.putBoolean(begun);
    to.putLong(steps);
    accumulator.save(to);
    store.save(to);
    sampler.save(to);
  }

  @Override
  public void load(StateReader from) {
    from.section("replay");
    checkSaved("capacity", from.getInt(), settings.capacity());
    checkSaved("count", from.getInt(), count);
    checkSaved("nStep", from.getInt(), nStep);
    checkSaved("gamma", from.getFloat(), settings.gamma());
    checkSaved("observation bytes", from.getLong(), observationBytes);
    Stacking stacking = settings.spec().stacking();
    checkSaved("stacked frames", from.getInt(), stacking.depth());
    checkSaved("padding by the first", from.getBoolean(), stacking.padding() == Padding.FIRST);
    checkSaved("action size", from.getInt(), settings.spec().actionSpace().size());
    if (settings.spec().masksActions()) {
      from.section("mask");
      checkSaved("mask size", from.getInt(), settings.spec().maskSize());
    }
    begun = from.getBoolean();
    steps = from.getLong();
    present = (int) (steps * count % store.rowCount());
    accumulator.load(from);
    store.load(from);
    sampler.load(from);
    tellDrawable();
  }

  private static void checkSaved(String name, Object saved, Object here) {
    if (!saved.equals(here)) {
      throw new IllegalArgumentException(
          "the saved replay buffer has %s %s, this one %s: it was written by another configuration"
              .formatted(name, saved, here));
    }
  }

  /// Frees the memory.
  @Override
  public void close() {
    store.close();
  }
}
