package org.jarl.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jarl.nn.cpu.CpuEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class RunBesideTest {
  private static final int ROUNDS = 200;

  /// A learner, and an actor that reads the parameters which the learner changes.
  private static final class Pair implements AutoCloseable {
    final Engine engine;
    final Program update;
    final Program act;
    final Program small;

    Pair(int threads) {
      engine = new CpuEngine(threads);
      Variables learned = engine.variables("learned");
      Module network = network(learned);
      Optimizer adam = new Optimizer(engine, learned, Optimizer.Rule.Adam.withEpsilon(1e-8f), 1f);
      update =
          engine.compile(
              "update",
              g -> {
                Tensor y = network.apply(g.input("x", 4, 12, 12, 2));
                g.output("loss", adam.minimize(y.square().mean(), 1e-3f));
              });
      act = engine.compile("act", g -> g.output("y", network.apply(g.input("x", 1, 12, 12, 2))));
      small = engine.compile("small", g -> g.output("y", g.input("x", 3).times(2).exp()));
      fill(update, 5);
      fill(act, 6);
    }

    /// Convolutions by oneDNN, products by rows, slices and waves of several kernels.
    private static Module network(Variables variables) {
      SplittableRandom random = new SplittableRandom(3);
      return Scope.of(variables, random)
          .conv2d("c", Shape.of(4, 4, 2, 16), 2, 0)
          .then(Tensor::relu)
          .then(Tensor::flatten)
          .then(Scope.of(variables, random).linear("h", 400, 256))
          .then(Tensor::relu)
          .then(Scope.of(variables, random).linear("o", 256, 3));
    }

    private static void fill(Program program, int seed) {
      SplittableRandom random = new SplittableRandom(seed);
      for (long i = 0; i < program.input("x").byteSize() / 4; i++) {
        program
            .input("x")
            .setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble() - 0.5f);
      }
    }

    float acted() {
      return act.output("y").get(ValueLayout.JAVA_FLOAT, 4);
    }

    float loss() {
      return update.output("loss").get(ValueLayout.JAVA_FLOAT, 0);
    }

    /// What the actor sees in the next round follows from what it said.
    void next(int round) {
      act.input("x").setAtIndex(ValueLayout.JAVA_FLOAT, round % 288, acted());
    }

    @Override
    public void close() {
      engine.close();
    }
  }

  /// Losses and actions of some rounds, one after the other.
  private static float[] sequential() {
    try (Pair pair = new Pair(1)) {
      float[] seen = new float[2 * ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        pair.act.run();
        pair.act.run();
        pair.update.run();
        seen[2 * i] = pair.loss();
        seen[2 * i + 1] = pair.acted();
        pair.next(i);
      }
      return seen;
    }
  }

  /// The work is shorter than the program, of about its length, and much longer.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void resultsAreThoseOfOneAfterTheOther(int threads) {
    float[] want = sequential();
    try (Pair pair = new Pair(threads)) {
      float[] seen = new float[2 * ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        int pause = i % 5 == 4 ? 300_000 : 0;
        pair.update.runBeside(() -> {
          pair.act.run();
          if (pause > 0) {
            LockSupport.parkNanos(pause);
          }
          pair.act.run();
        });
        seen[2 * i] = pair.loss();
        seen[2 * i + 1] = pair.acted();
        pair.next(i);
      }
      assertArrayEquals(want, seen);
      assertTrue(seen[2 * ROUNDS - 2] < seen[0], "nothing was learned");
    }
  }

  @Test
  void aWorkerDoesTheWorkWhileTheCallerRunsTheProgram() {
    try (Pair pair = new Pair(2)) {
      Thread[] worker = new Thread[1];
      int round = 0;
      while (worker[0] == null || worker[0].equals(Thread.currentThread())) {
        assertTrue(++round < 100_000, "the caller did the work itself every time");
        pair.update.runBeside(() -> worker[0] = Thread.currentThread());
      }
      assertTrue(worker[0].getName().startsWith("jarl-cpu-"), worker[0].getName());
    }
  }

  /// Waiting for work that takes long takes no processor time.
  @Test
  void theCallerSleepsWhileItWaits() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Pair pair = new Pair(2)) {
      long least = Long.MAX_VALUE;
      int waits = 0;
      pair.update.profile(100);
      for (int round = 0; waits < 5; round++) {
        assertTrue(round < 500, "the caller did the work itself nearly every time");
        Thread[] worker = new Thread[1];
        long before = threads.getCurrentThreadCpuTime();
        pair.update.runBeside(() -> {
          worker[0] = Thread.currentThread();
          LockSupport.parkNanos(100_000_000);
        });
        if (!Thread.currentThread().equals(worker[0])) {
          waits++;
          least = Math.min(least, threads.getCurrentThreadCpuTime() - before);
        }
      }
      assertTrue(least < 50_000_000, least + " ns of 100 ms");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void whatTheWorkThrowsArrivesWhenTheProgramHasEnded(int threads) {
    try (Pair pair = new Pair(threads);
        Pair untouched = new Pair(1)) {
      for (int i = 0; i < 100; i++) {
        RuntimeException thrown = new UnsupportedOperationException("round " + i);
        Throwable got =
            assertThrows(
                RuntimeException.class,
                () ->
                    pair.update.runBeside(() -> {
                      pair.act.run();
                      throw thrown;
                    }));
        assertSame(thrown, got);
        untouched.update.run();
        assertEquals(untouched.loss(), pair.loss(), "round " + i);
      }
      Error error = new AssertionError("an error");
      assertSame(
          error,
          assertThrows(
              AssertionError.class,
              () ->
                  pair.update.runBeside(() -> {
                    throw error;
                  })));
      AtomicInteger done = new AtomicInteger();
      pair.update.runBeside(done::incrementAndGet);
      assertEquals(1, done.get(), "works as before");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void workMayRunProgramsBesideOthersOfItsOwn(int threads) {
    try (Pair pair = new Pair(threads);
        Pair plain = new Pair(1)) {
      for (int i = 0; i < 200; i++) {
        int round = i;
        pair.update.runBeside(() ->
            pair.act.runBeside(() -> {
              pair.small.input("x").set(ValueLayout.JAVA_FLOAT, 0, round % 3);
              pair.small.run();
            }));
        plain.act.run();
        plain.update.run();
        assertEquals(plain.loss(), pair.loss());
        assertEquals(plain.acted(), pair.acted());
        float small = pair.small.output("y").get(ValueLayout.JAVA_FLOAT, 0);
        assertEquals(Math.exp(2 * (round % 3)), small, 1e-5 * small);
      }
    }
  }

  @Test
  void nothingIsAllocatedOnEitherThread() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Pair pair = new Pair(2)) {
      long[] inside = {0};
      Runnable work =
          () -> {
            long before = threads.getCurrentThreadAllocatedBytes();
            pair.act.run();
            inside[0] += threads.getCurrentThreadAllocatedBytes() - before;
          };
      // Until it is compiled the interpreter boxes what the compiler does not.
      long[] bytes = {Long.MAX_VALUE, Long.MAX_VALUE};
      for (int i = 0; i < 5_000 && Arrays.stream(bytes).sum() != 0; i++) {
        inside[0] = 0;
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int k = 0; k < 100; k++) {
          pair.update.runBeside(work);
        }
        bytes[0] = threads.getCurrentThreadAllocatedBytes() - before;
        bytes[1] = inside[0];
      }
      assertArrayEquals(new long[2], bytes, "bytes of 100 rounds, warm: caller, work");
    }
  }
}
