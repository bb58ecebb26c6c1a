package org.jarl.nn.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The threads of an engine: they run the tasks that a wave deals to them, then wait for the next.
///
/// Between waves they spin, since the next one is microseconds away; after a pause they park. One
/// thread at a time calls [#run].
final class Workers implements AutoCloseable {
  private static final int SPINS = 20_000;
  private static final int PADDING = 32;

  private final int threads;
  private final Thread[] workers;
  private final AtomicIntegerArray finished;
  private final boolean[] parked;
  private volatile int ticket;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;
  private Wave wave = Wave.EMPTY;
  private final Scratch scratch = new Scratch();

  /// @param threads at least 1, the calling thread included
  Workers(int threads) {
    this.threads = threads;
    this.workers = new Thread[threads - 1];
    this.finished = new AtomicIntegerArray(PADDING * threads);
    this.parked = new boolean[PADDING * threads];
    for (int i = 0; i < workers.length; i++) {
      int index = i + 1;
      workers[i] = Thread.ofPlatform().daemon().name("jarl-cpu-" + index).start(() -> loop(index));
    }
  }

  int threads() {
    return threads;
  }

  /// Runs a wave; returns when all of it is done. On a busy machine a worker may be off its core:
  /// then the caller gives up its own for a moment, which changes no result.
  @SuppressWarnings("ThreadPriorityCheck")
  void run(Wave next) {
    if (!next.parallel()) {
      next.run(0, scratch);
      return;
    }
    wave = next;
    int mine = ticket + 1;
    ticket = mine;
    for (int i = 1; i < threads; i++) {
      if (parked[i * PADDING]) {
        LockSupport.unpark(workers[i - 1]);
      }
    }
    next.run(0, scratch);
    for (int i = 1; i < threads; i++) {
      int spins = 0;
      while (finished.get(i * PADDING) != mine) {
        if (++spins > SPINS) {
          Thread.yield();
        } else {
          Thread.onSpinWait();
        }
      }
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw new IllegalStateException("a worker thread failed", thrown);
    }
  }

  private void loop(int index) {
    Scratch own = new Scratch();
    if (OneDnn.isLoaded()) {
      OneDnn.get().useOneThread();
    }
    int seen = 0;
    while (true) {
      int spins = 0;
      while (ticket == seen) {
        if (closed) {
          return;
        }
        if (++spins > SPINS) {
          park(index, seen);
          spins = 0;
        } else {
          Thread.onSpinWait();
        }
      }
      seen = ticket;
      try {
        wave.run(index, own);
      } catch (RuntimeException | Error e) {
        failure = e;
      }
      finished.set(index * PADDING, seen);
    }
  }

  private void park(int index, int seen) {
    parked[index * PADDING] = true;
    // The fence orders the flag before the look at the ticket, as the caller does it the other way
    // round: one of the two sees the other.
    java.lang.invoke.VarHandle.fullFence();
    if (ticket == seen && !closed) {
      LockSupport.parkNanos(this, 100_000_000L);
    }
    parked[index * PADDING] = false;
  }

  @Override
  public void close() {
    closed = true;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
    }
    boolean interrupted = false;
    for (Thread worker : workers) {
      try {
        worker.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
