package org.jarl.replay;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import org.jarl.env.ActionBatch;
import org.jarl.env.Checkpointable;
import org.jarl.env.RandomStream;
import org.jarl.env.Space;
import org.jarl.env.StateReader;
import org.jarl.env.StateWriter;
import org.jarl.env.StepBatch;

/// The last transitions of `N` copies of an environment with n-step returns, drawn uniformly (Lin
/// 1992; Mnih et al. 2015), in memory outside the heap.
///
/// The agent's side is two calls: [#begin] once with what the copies see at first, then [#add] after
/// every step. What was seen before a step is the buffer's own copy, since a [StepBatch] is
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
/// One thread uses it. Neither [#add] nor [#sampleInto] allocates.
public final class ReplayBuffer implements Checkpointable, AutoCloseable {
  private final Settings settings;
  private final int count;
  private final int nStep;
  private final long observationBytes;
  private final NStepAccumulator accumulator;
  private final TransitionRows rows;

  /// Rows of one round of drawing.
  private final int[] drawn = new int[128];

  /// Steps added, each of `N` copies.
  private long steps;

  /// Whether the first observations are known.
  private boolean begun;

  /// Row of copy 0 at the present step; copy `i` follows at `+ i`, around the ring.
  private int present;

  /// What a buffer is for.
  ///
  /// @param capacity transitions that can be drawn when it is full
  /// @param observationSpace of the environment, f32 or u8
  /// @param actionSpace of the environment
  /// @param count copies of the environment, `N`
  /// @param nStep rewards that are summed, at least 1
  /// @param gamma discount per step, in `[0, 1]`
  public record Settings(
      int capacity,
      Space.Box observationSpace,
      Space actionSpace,
      int count,
      int nStep,
      float gamma) {
    public Settings {
      atLeastOne("capacity", capacity);
      atLeastOne("count", count);
      atLeastOne("nStep", nStep);
      if (!(gamma >= 0 && gamma <= 1)) {
        throw new IllegalArgumentException("replay gamma must be in [0, 1], got " + gamma);
      }
      if (capacity + (long) count * nStep > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "replay capacity + count * nStep must be at most %d, got %d + %d * %d"
                .formatted(Integer.MAX_VALUE, capacity, count, nStep));
      }
    }

    private static void atLeastOne(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException("replay " + name + " must be at least 1, got " + value);
      }
    }

    /// Bytes outside the heap that a buffer of these settings takes.
    public long offHeapBytes() {
      return rowCount() * TransitionRows.rowBytes(observationSpace, actionSpace);
    }

    private long rowCount() {
      return capacity + (long) count * nStep;
    }
  }

  /// An empty buffer; all its memory is taken now.
  ///
  /// @throws IllegalArgumentException if the memory is not to be had, with the capacity that would
  ///   fit
  public ReplayBuffer(Settings settings) {
    this.settings = settings;
    this.count = settings.count();
    this.nStep = settings.nStep();
    this.observationBytes = settings.observationSpace().bytes();
    this.accumulator = new NStepAccumulator(count, nStep, settings.gamma());
    try {
      this.rows =
          new TransitionRows(
              (int) settings.rowCount(), settings.observationSpace(), settings.actionSpace());
    } catch (OutOfMemoryError e) {
      throw new IllegalArgumentException(tooLarge(settings), e);
    }
  }

  private static String tooLarge(Settings settings) {
    long allowed =
        Long.parseLong(
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
    // 0 is the default and means as much as the heap may take.
    return tooLarge(settings, allowed > 0 ? allowed : Runtime.getRuntime().maxMemory());
  }

  static String tooLarge(Settings settings, long allowed) {
    long rowBytes = TransitionRows.rowBytes(settings.observationSpace(), settings.actionSpace());
    return String.format(
        Locale.ROOT,
        "a replay capacity of %d transitions takes %s outside the heap (%d bytes each), and this"
            + " JVM may use %s there: set a capacity below %d, or give the JVM"
            + " -XX:MaxDirectMemorySize=%dm if the machine has the memory",
        settings.capacity(),
        mebibytes(settings.offHeapBytes()),
        rowBytes,
        mebibytes(allowed),
        Math.max(1, Math.min(settings.capacity(), allowed / rowBytes)),
        (settings.offHeapBytes() >> 20) + 512);
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", (bytes + (1 << 20) - 1) >> 20);
  }

  /// What this buffer is for.
  public Settings settings() {
    return settings;
  }

  /// Transitions that can be drawn now, at most [#capacity].
  public int size() {
    return (int) Math.min(settings.capacity(), Math.max(0, steps - nStep + 1) * count);
  }

  /// Transitions that can be drawn when it is full.
  public int capacity() {
    return settings.capacity();
  }

  /// Bytes outside the heap.
  public long offHeapBytes() {
    return rows.bytes();
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
    begun = true;
    for (int copy = 0; copy < count; copy++) {
      rows.putObservation(row(0, copy), current.observations(), copy);
    }
  }

  /// Takes one step of every copy.
  ///
  /// @param actions what was done
  /// @param after what the environment answered to them
  /// @throws IllegalStateException before [#begin]
  /// @throws IllegalArgumentException if an array has another size; nothing was added then
  public void add(ActionBatch actions, StepBatch after) {
    check(actions, after);
    for (int copy = 0; copy < count; copy++) {
      rows.putAction(row(0, copy), actions, copy);
      accumulator.add(copy, after.rewards()[copy]);
      boolean terminated = after.terminated()[copy];
      if (terminated || after.truncated()[copy]) {
        for (int age = accumulator.open(copy) - 1; age >= 0; age--) {
          complete(copy, age, after.finalObservations(), terminated);
        }
        accumulator.closeAll(copy);
      } else if (accumulator.open(copy) == nStep) {
        complete(copy, nStep - 1, after.observations(), false);
        accumulator.closeOldest(copy);
      }
    }
    steps++;
    present = wrap(present + count);
    for (int copy = 0; copy < count; copy++) {
      rows.putObservation(row(0, copy), after.observations(), copy);
    }
  }

  private void complete(int copy, int age, MemorySegment next, boolean terminated) {
    rows.putOutcome(
        row(age, copy),
        next,
        copy,
        accumulator.nStepReturn(copy, age),
        terminated ? 0 : accumulator.discount(age));
  }

  /// The row of a copy's step of some age; age 0 is the step that is being taken.
  private int row(int age, int copy) {
    return wrap((long) present + copy - (long) age * count);
  }

  private int wrap(long row) {
    int rowCount = rows.count();
    return (int) (row < 0 ? row + rowCount : row >= rowCount ? row - rowCount : row);
  }

  /// Draws `batch.size()` transitions, each uniformly among [#size], with replacement.
  ///
  /// @param random gives one number per transition
  /// @param batch receives them
  /// @throws IllegalStateException if there is none yet
  /// @throws IllegalArgumentException if the batch has other shapes; it is unchanged then
  public void sampleInto(RandomStream random, ReplayBatch batch) {
    int size = size();
    if (size == 0) {
      throw new IllegalStateException(
          "the replay buffer is empty: it can be sampled after nStep = %d steps, got %d"
              .formatted(nStep, steps));
    }
    batch.check(settings.observationSpace(), observationBytes, settings.actionSpace().size());
    long oldest = (long) present - (long) (nStep - 1) * count - size;
    for (int first = 0; first < batch.size(); first += drawn.length) {
      int length = Math.min(drawn.length, batch.size() - first);
      for (int i = 0; i < length; i++) {
        drawn[i] = wrap(oldest + random.nextInt(size));
      }
      rows.read(drawn, length, batch, first);
    }
  }

  private void check(ActionBatch actions, StepBatch after) {
    if (!begun) {
      throw new IllegalStateException("the replay buffer needs begin(...) before the first add");
    }
    boolean continuous = settings.actionSpace() instanceof Space.Box;
    int numbers = continuous ? actions.values().length : actions.indices().length;
    int needed = count * settings.actionSpace().size();
    if (numbers != needed) {
      throw new IllegalArgumentException(
          "the replay buffer needs %s [%d, %d] of actions, got %d numbers"
              .formatted(
                  continuous ? "values" : "indices",
                  count,
                  settings.actionSpace().size(),
                  numbers));
    }
    check("observations", after.observations());
    check("finalObservations", after.finalObservations());
    check("rewards", after.rewards().length);
    check("terminated", after.terminated().length);
    check("truncated", after.truncated().length);
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

  /// Rows that something has been written to, the present step's included.
  private int touchedRows() {
    return begun ? (int) Math.min(rows.count(), (steps + 1) * count) : 0;
  }

  /// Writes the rows in use, open ones included, as they lie in the ring: a checkpoint early in a
  /// run is small.
  @Override
  public void save(StateWriter to) {
    to.section("replay");
    to.putInt(settings.capacity());
    to.putInt(count);
    to.putInt(nStep);
    to.putFloat(settings.gamma());
    to.putLong(observationBytes);
    to.putInt(settings.actionSpace().size());
    to.putBoolean(begun);
    to.putLong(steps);
    accumulator.save(to);
    rows.save(to, touchedRows());
  }

  @Override
  public void load(StateReader from) {
    from.section("replay");
    checkSaved("capacity", from.getInt(), settings.capacity());
    checkSaved("count", from.getInt(), count);
    checkSaved("nStep", from.getInt(), nStep);
    checkSaved("gamma", from.getFloat(), settings.gamma());
    checkSaved("observation bytes", from.getLong(), observationBytes);
    checkSaved("action size", from.getInt(), settings.actionSpace().size());
    begun = from.getBoolean();
    steps = from.getLong();
    present = (int) (steps * count % rows.count());
    accumulator.load(from);
    rows.load(from, touchedRows());
  }

  private static void checkSaved(String name, Number saved, Number here) {
    if (!saved.equals(here)) {
      throw new IllegalArgumentException(
          "the saved replay buffer has %s %s, this one %s: it was written by another configuration"
              .formatted(name, saved, here));
    }
  }

  /// Frees the memory.
  @Override
  public void close() {
    rows.close();
  }
}
