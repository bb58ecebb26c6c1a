package org.jarl.nn.cpu;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// One piece of work that goes on beside a program. The thread that runs the program offers it; the
/// first worker to see it does it, or in the end the offering thread itself, so that nobody waits
/// for a thread that has not begun.
final class Beside {
  /// Looks for the end of the work before parking, some 50 us: what is waited for lasts much longer
  /// as a rule.
  private static final int SPINS = 2_000;

  private final AtomicReference<@Nullable Runnable> offered = new AtomicReference<>();
  private volatile boolean done;
  private volatile @Nullable Thread waiting;

  /// What the work threw; seen by whoever has seen [#done].
  private @Nullable Throwable failure;

  /// The worker that is doing the work, and its scratch. Only that worker finds itself here, and it
  /// has written both itself: other threads may read anything older.
  private @Nullable Thread inside;

  private Scratch scratch = new Scratch();

  /// Puts work on offer; [#await] must follow. One thread at a time offers.
  void offer(Runnable work) {
    done = false;
    failure = null;
    offered.set(work);
  }

  boolean isOnOffer() {
    return offered.get() != null;
  }

  /// The scratch of the calling thread if it is a worker inside the work, else null: then a program
  /// is run by this thread alone, since the others are busy with the one that goes on beside it.
  @Nullable Scratch scratchInside() {
    return Thread.currentThread().equals(inside) ? scratch : null;
  }

  /// Does what is on offer.
  ///
  /// @param own scratch of the calling worker
  /// @return whether there was anything
  boolean take(Scratch own) {
    Runnable work = offered.get();
    if (work == null || !offered.compareAndSet(work, null)) {
      return false;
    }
    scratch = own;
    inside = Thread.currentThread();
    execute(work);
    inside = null;
    done = true;
    // The caller says that it waits before it looks at `done` again: one of the two sees the other.
    LockSupport.unpark(waiting);
    return true;
  }

  private void execute(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error e) {
      failure = e;
    }
  }

  /// Returns when the work has ended; does it where nobody has begun.
  void await() {
    Runnable left = offered.getAndSet(null);
    if (left != null) {
      execute(left);
    } else {
      sleepUntilDone();
    }
  }

  /// Throws what the work threw; after [#await].
  void rethrow() {
    switch (failure) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
  }

  private void sleepUntilDone() {
    boolean interrupted = false;
    for (int spins = 0; !done; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
        continue;
      }
      waiting = Thread.currentThread();
      if (!done) {
        LockSupport.park(this);
        // An interrupted thread does not park: without this it would burn its core.
        interrupted |= Thread.interrupted();
      }
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
