package org.jarl.nn.cpu;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The threads of an engine. A wave's tasks are claimed one by one, by the calling thread too, so
/// that on a busy machine nobody waits for a thread that has not begun; who computes a task does
/// not change what it computes.
///
/// Between waves the workers spin, since the next one is microseconds away; after a pause they
/// park. One thread at a time calls [#run] and [#runBeside]; the work that a worker does beside may
/// call them too, and is alone with its waves then.
final class Workers implements AutoCloseable {
  private static final int SPINS = 20_000;

  /// Low half of [#claims] when no task can be claimed.
  private static final int CLOSED = Integer.MAX_VALUE;

  private final int threads;
  private final Thread[] workers;
  private final boolean[] parked;

  /// Number of the wave in the high half, its next free task in the low half.
  private final AtomicLong claims = new AtomicLong(CLOSED);

  /// Tasks of the present wave that are done.
  private final AtomicInteger done = new AtomicInteger();

  private final Beside beside = new Beside();
  private final Scratch scratch = new Scratch();
  private Wave wave = Wave.EMPTY;
  private int number;
  private volatile boolean closed;
  private volatile @Nullable Throwable failure;

  /// @param threads at least 1, the calling thread included
  Workers(int threads) {
    this.threads = threads;
    this.workers = new Thread[threads - 1];
    this.parked = new boolean[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      int index = i;
      workers[i] =
          Thread.ofPlatform().daemon().name("jarl-cpu-" + (i + 1)).start(() -> loop(index));
    }
  }

  int threads() {
    return threads;
  }

  /// Runs waves one after another; returns when all is done.
  ///
  /// @param from first wave to run
  void run(Wave[] waves, int from, int to) {
    Scratch inside = beside.scratchInside();
    for (int i = from; i < to; i++) {
      if (inside == null) {
        run(waves[i]);
      } else {
        waves[i].runAll(inside);
      }
    }
  }

  /// Runs waves while a worker, as soon as one is free, does other work and then joins in.
  ///
  /// @param from first wave to run
  /// @param effects first wave that has to wait until the work has ended
  /// @throws RuntimeException what the work threw, when all is done
  void runBeside(Wave[] waves, int from, int effects, Runnable work) {
    if (workers.length == 0 || beside.scratchInside() != null) {
      try {
        work.run();
      } finally {
        run(waves, from, waves.length);
      }
      return;
    }
    beside.offer(work);
    wake();
    try {
      run(waves, from, effects);
    } finally {
      beside.await();
    }
    run(waves, effects, waves.length);
    beside.rethrow();
  }

  private void wake() {
    for (int i = 0; i < workers.length; i++) {
      if (parked[i]) {
        LockSupport.unpark(workers[i]);
      }
    }
  }

  @SuppressWarnings("ThreadPriorityCheck")
  private void run(Wave next) {
    if (!next.parallel() || workers.length == 0) {
      next.runAll(scratch);
      return;
    }
    wave = next;
    done.set(0);
    number++;
    claims.set((long) number << 32);
    wake();
    work(next, number, scratch);
    int spins = 0;
    while (done.get() != next.tasks()) {
      // A worker in the middle of a task may be off its core: let it have ours.
      if (++spins > SPINS) {
        Thread.yield();
      } else {
        Thread.onSpinWait();
      }
    }
    // Before the next wave can be seen, or a late worker could claim from it under this number.
    claims.set((long) number << 32 | CLOSED);
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      throw new IllegalStateException("a kernel failed", thrown);
    }
  }

  /// Claims and runs tasks of one wave until none is left.
  private void work(Wave present, int mine, Scratch own) {
    while (true) {
      long claim = claims.get();
      int task = (int) claim;
      if ((int) (claim >>> 32) != mine || task >= present.tasks()) {
        return;
      }
      if (claims.compareAndSet(claim, claim + 1)) {
        try {
          present.run(task, own);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        done.incrementAndGet();
      }
    }
  }

  private void loop(int index) {
    Scratch own = new Scratch();
    if (OneDnn.isLoaded()) {
      OneDnn.get().useOneThread();
    }
    int seen = 0;
    int spins = 0;
    while (!closed) {
      if (beside.take(own)) {
        spins = 0;
      }
      long claim = claims.get();
      int now = (int) (claim >>> 32);
      if (now != seen && (int) claim != CLOSED) {
        work(wave, now, own);
        seen = now;
        spins = 0;
      } else if (++spins > SPINS) {
        park(index, claim);
        spins = 0;
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private void park(int index, long seen) {
    parked[index] = true;
    // The flag must be visible before the look at what there is to do, as the caller looks the
    // other
    // way round: one of the two sees the other.
    VarHandle.fullFence();
    if (claims.get() == seen && !beside.isOnOffer() && !closed) {
      LockSupport.parkNanos(this, 100_000_000L);
    }
    parked[index] = false;
  }

  @Override
  public void close() {
    closed = true;
    boolean interrupted = false;
    for (Thread worker : workers) {
      LockSupport.unpark(worker);
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
