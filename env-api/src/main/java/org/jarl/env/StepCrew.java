package org.jarl.env;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Threads that do the parts of one piece of work again and again. One thread calls [#run]; it does
/// part 0 itself and returns when all parts are done.
///
/// Steps last microseconds, so a hand-over spins for about as long as waking a parked thread would
/// take, and parks only then. Nothing is allocated per round.
final class StepCrew implements AutoCloseable {
  /// About 50 microseconds on current processors.
  private static final int SPINS = 1_000;

  /// The work; must not throw.
  interface Work {
    /// Does one part; called by one thread at a time per part.
    void run(int part);
  }

  private final Work work;
  private final Worker[] workers;
  private final int spins;
  private volatile int round;
  private volatile boolean closed;
  private volatile @Nullable Thread waitingCaller;

  /// Starts the threads of parts `1 .. parts-1`.
  StepCrew(String name, int parts, Work work) {
    this.work = work;
    // Spinning on an oversubscribed machine takes the processor from whom one waits for.
    this.spins = parts <= Runtime.getRuntime().availableProcessors() ? SPINS : 0;
    this.workers = new Worker[parts - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
      Thread thread = new Thread(workers[i], "jarl-" + name + "-" + (i + 1));
      thread.setDaemon(true);
      workers[i].thread = thread;
      thread.start();
    }
  }

  void run() {
    int now = round + 1;
    round = now;
    for (Worker worker : workers) {
      worker.wake();
    }
    try {
      work.run(0);
    } finally {
      for (Worker worker : workers) {
        await(worker, now);
      }
    }
  }

  private void await(Worker worker, int now) {
    int left = spins;
    boolean interrupted = false;
    while (worker.finished != now) {
      if (left-- > 0) {
        Thread.onSpinWait();
        continue;
      }
      waitingCaller = Thread.currentThread();
      if (worker.finished != now) {
        LockSupport.park(this);
        // An interrupted thread does not park: without this it would burn its processor.
        interrupted |= Thread.interrupted();
      }
      waitingCaller = null;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed = true;
    int last = round + 1;
    round = last;
    boolean interrupted = false;
    for (Worker worker : workers) {
      worker.wake();
      Thread thread = worker.thread;
      while (thread != null && thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Worker implements Runnable {
    private final int part;
    private volatile @Nullable Thread thread;
    private volatile boolean parked;
    private volatile int finished;

    Worker(int part) {
      this.part = part;
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      int seen = 0;
      while (true) {
        awaitRoundAfter(seen);
        if (closed) {
          return;
        }
        seen = round;
        work.run(part);
        finished = seen;
        Thread caller = waitingCaller;
        if (caller != null) {
          LockSupport.unpark(caller);
        }
      }
    }

    private void awaitRoundAfter(int seen) {
      int left = spins;
      while (round == seen) {
        if (left-- > 0) {
          Thread.onSpinWait();
          continue;
        }
        // Announced before the second look at the round: whoever starts a round after that look
        // sees the announcement and unparks.
        parked = true;
        if (round == seen) {
          LockSupport.park(this);
        }
        parked = false;
      }
    }
  }
}
