package org.jarl.experiments.show;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RewindTest {
  private static final int LIMIT = 1 << 20;

  /// Bytes that follow from the step.
  private static byte[] state(long step, int bytes) {
    byte[] state = new byte[bytes];
    new SplittableRandom(step).nextBytes(state);
    return ByteBuffer.wrap(state).putLong(0, step).array();
  }

  private static void keep(Rewind rewind, long from, long to, int bytes) {
    for (long step = from; step < to; step++) {
      if (rewind.wants(step)) {
        rewind.keep(step, state(step, bytes), bytes);
      }
    }
  }

  /// Goes back, and checks that the whole state is that of its step.
  private static long back(Rewind rewind, long now, long steps) {
    byte[] state = rewind.back(now, steps);
    assertNotNull(state);
    long step = ByteBuffer.wrap(state).getLong();
    assertArrayEquals(state(step, state.length), state);
    return step;
  }

  @Test
  void itGoesBackExactlyAsFarAsAsked() {
    Rewind rewind = new Rewind(1, 10, 60, LIMIT);
    keep(rewind, 0, 100, 8);
    assertEquals(90, back(rewind, 100, 10));
    assertEquals(80, back(rewind, 90, 10));
    keep(rewind, 81, 85, 8);
    assertEquals(75, back(rewind, 85, 10));
  }

  @Test
  void itStopsAtTheOldestThatIsKept() {
    Rewind rewind = new Rewind(1, 10, 60, LIMIT);
    assertNull(rewind.back(5, 10));
    keep(rewind, 0, 5, 8);
    assertEquals(0, back(rewind, 5, 10));
    keep(rewind, 1, 100, 8);
    assertEquals(39, back(rewind, 100, 1000));
  }

  @Test
  void ofMomentsWithinAGrainOneIsKept() {
    Rewind rewind = new Rewind(5, 50, 300, LIMIT);
    keep(rewind, 0, 1000, 8);
    assertEquals(61 * 8, rewind.bytes());
    assertEquals(935, back(rewind, 987, 50));
  }

  @Test
  void largeStatesAreKeptMoreSeldomButReachAsFar() {
    Rewind rewind = new Rewind(1, 40, 400, 1000);
    keep(rewind, 0, 1000, 100);
    assertTrue(rewind.bytes() <= 1000, () -> rewind.bytes() + " bytes are kept");
    long age = 1000 - back(rewind, 1000, 40);
    assertTrue(age >= 40 && age < 56, () -> "went back " + age);
  }

  @Test
  void aMomentThatIsKeptIsNotWantedAgain() {
    Rewind rewind = new Rewind(1, 10, 60, LIMIT);
    keep(rewind, 0, 20, 8);
    assertEquals(10, back(rewind, 20, 10));
    assertFalse(rewind.wants(10));
    assertTrue(rewind.wants(11));
  }

  @Test
  void aStateLargerThanAllTheMemoryIsNotKept() {
    Rewind rewind = new Rewind(1, 10, 60, 1000);
    keep(rewind, 0, 5, 100);
    rewind.keep(5, state(5, 1001), 1001);
    assertNull(rewind.back(6, 1));
    keep(rewind, 6, 10, 100);
    assertEquals(8, back(rewind, 9, 1));
  }

  /// States of any length come round the end of the ring, are thinned and forgotten, and all that
  /// is left is whole.
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whatIsKeptStaysWhole(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Rewind rewind = new Rewind(random.nextInt(1, 4), 20, 200, random.nextInt(3000, 200_000));
    long now = 0;
    for (int round = 0; round < 30; round++) {
      for (int i = random.nextInt(1, 300); i > 0; i--, now++) {
        if (rewind.wants(now)) {
          int length = random.nextInt(8, 1200);
          rewind.keep(now, state(now, length), length);
        }
      }
      for (int i = random.nextInt(4); i > 0; i--) {
        long back = back(rewind, now, random.nextInt(30));
        assertTrue(back <= now, back + " of " + now);
        now = back;
      }
    }
  }

  @Test
  void keepingAllocatesNothingHoweverLengthsVary() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Rewind rewind = new Rewind(1, 150, 900, 1 << 20);
    byte[] state = state(0, 4000);
    long step = 0;
    while (rewind.bytes() < (1 << 20) - 4000) {
      rewind.keep(step++, state, 2000 + (int) (step % 2000));
    }
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      rewind.keep(step++, state, 2000 + (int) (step % 2000));
    }
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(bytes < 10_000, () -> bytes + " bytes");
  }
}
