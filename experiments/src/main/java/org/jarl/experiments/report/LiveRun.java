package org.jarl.experiments.report;

import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.Deflater;
import org.jarl.env.Frame;
import org.jarl.env.VectorEnvironment;
import org.jarl.env.picture.Png;
import org.jarl.experiments.run.TrainingListener;
import org.jspecify.annotations.Nullable;

/// What a page sees of the run in this process: how far it is, and the picture of copy 0.
///
///     a client wants a picture --frame--> asked --training thread, at its next turn: draws-->
///         <--PNG, kept for the others-- encoded <--frame-- drawn
///
/// One frame goes to and fro, so there is never more than one drawing, and none without a spectator.
/// The training thread calls [#turn], which waits for nothing; any thread may call the rest.
public final class LiveRun implements TrainingListener {
  /// The least time between two pictures.
  private static final long PERIOD = TimeUnit.SECONDS.toNanos(1) / 15;

  /// Drawing takes at most this share of the training thread's time.
  private static final int DRAWING_SHARE = 100;

  /// Encoding takes at most this share of one core.
  private static final int ENCODING_SHARE = 20;

  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong agentSteps = new AtomicLong();
  private final AtomicReference<@Nullable Frame> asked = new AtomicReference<>();
  private final Semaphore drawn = new Semaphore(0);
  private volatile String problem = "";
  private volatile long drawingNanos;

  private final ReentrantLock clients = new ReentrantLock(true);
  private final Frame frame = new Frame();
  private final Png encoder = new Png(Deflater.BEST_SPEED);
  private byte @Nullable [] latest;
  private long latestNanos;
  private long nextNanos = System.nanoTime();

  @Override
  public void turn(long steps, VectorEnvironment environment) {
    agentSteps.setOpaque(steps);
    if (asked.getOpaque() != null) {
      draw(environment);
    }
  }

  private void draw(VectorEnvironment environment) {
    Frame wanted = asked.getAndSet(null);
    if (wanted == null) {
      return;
    }
    long start = System.nanoTime();
    try {
      if (!environment.render(0, wanted)) {
        problem = "this environment draws no picture";
      }
    } catch (RuntimeException e) {
      // A picture that fails is no reason to stop learning; the page says what happened.
      problem = "the environment failed to draw: " + e.getMessage();
    } finally {
      drawingNanos = System.nanoTime() - start;
      drawn.release();
    }
  }

  /// Agent steps taken; 0 before the first turn.
  long agentSteps() {
    return agentSteps.getOpaque();
  }

  /// Why there are no pictures; empty when there are, as far as is known.
  String problem() {
    return problem;
  }

  /// A present picture as PNG: one that is at most a fifteenth of a second old, or the next.
  ///
  /// @return null when there is none, or the training thread is busy with something else
  byte @Nullable [] picture() throws InterruptedException {
    clients.lockInterruptibly();
    try {
      long now = System.nanoTime();
      if (latest != null && now - latestNanos < PERIOD) {
        return latest;
      }
      if (!problem.isEmpty()) {
        return null;
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(nextNanos - now, PATIENCE));
      return ask() ? encoded() : null;
    } finally {
      clients.unlock();
    }
  }

  /// @return whether a picture was drawn
  private boolean ask() throws InterruptedException {
    asked.set(frame);
    boolean done = drawn.tryAcquire(PATIENCE, TimeUnit.NANOSECONDS);
    if (!done && asked.getAndSet(null) == null) {
      // Too late to take it back: it is being drawn at this moment.
      drawn.acquire();
      done = true;
    }
    return done && problem.isEmpty();
  }

  private byte[] encoded() {
    long start = System.nanoTime();
    byte[] png = encoder.encode(frame);
    long now = System.nanoTime();
    latest = png;
    latestNanos = now;
    nextNanos =
        start
            + Math.max(
                PERIOD, Math.max(DRAWING_SHARE * drawingNanos, ENCODING_SHARE * (now - start)));
    return png;
  }
}
