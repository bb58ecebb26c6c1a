package org.jarl.experiments;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Objects;
import org.junit.jupiter.api.Test;

class RewindTest {
  private static byte[] state(long moment, int bytes) {
    byte[] state = new byte[bytes];
    state[0] = (byte) moment;
    return state;
  }

  private static void keep(Rewind rewind, long from, long to, int bytes) {
    for (long moment = from; moment < to; moment++) {
      if (rewind.wants(moment)) {
        rewind.keep(moment, state(moment, bytes));
      }
    }
  }

  @Test
  void itGoesBackExactlyAsFarAsAsked() {
    Rewind rewind = new Rewind(10, 60, 1 << 20);
    keep(rewind, 0, 100, 8);
    assertArrayEquals(state(90, 8), rewind.back(100, 10));
    assertArrayEquals(state(80, 8), rewind.back(90, 10));
    keep(rewind, 81, 85, 8);
    assertArrayEquals(state(75, 8), rewind.back(85, 10));
  }

  @Test
  void itStopsAtTheOldestThatIsKept() {
    Rewind rewind = new Rewind(10, 60, 1 << 20);
    assertNull(rewind.back(5, 10));
    keep(rewind, 0, 5, 8);
    assertArrayEquals(state(0, 8), rewind.back(5, 10));
    keep(rewind, 1, 100, 8);
    assertArrayEquals(state(39, 8), rewind.back(100, 1000));
  }

  @Test
  void largeStatesAreKeptMoreSeldomButReachAsFar() {
    Rewind rewind = new Rewind(40, 400, 1000);
    keep(rewind, 0, 1000, 100);
    assertTrue(rewind.bytes() <= 1000, () -> rewind.bytes() + " bytes are kept");
    byte[] back = Objects.requireNonNull(rewind.back(1000, 40));
    int moment = back[0] & 0xff;
    int age = 1000 % 256 - moment;
    assertTrue(age >= 40 && age < 56, () -> "went back " + age);
  }

  @Test
  void aMomentThatIsKeptIsNotWantedAgain() {
    Rewind rewind = new Rewind(10, 60, 1 << 20);
    keep(rewind, 0, 20, 8);
    byte[] back = Objects.requireNonNull(rewind.back(20, 10));
    assertEquals(10, back[0]);
    assertFalse(rewind.wants(10));
    assertTrue(rewind.wants(11));
  }
}
