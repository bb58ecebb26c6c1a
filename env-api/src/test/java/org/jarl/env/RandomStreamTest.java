package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RandomStreamTest {
  /// A stream at a chosen block, by way of its saved state.
  private static RandomStream at(long key, long index, long counter) {
    byte[] state =
        MemoryState.save(
            new Checkpointable() {
              @Override
              public void save(StateWriter to) {
                to.putLong(key);
                to.putLong(index);
                to.putLong(counter);
                to.putBoolean(false);
              }

              @Override
              public void load(StateReader from) {}
            });
    RandomStream stream = RandomStream.of(0, "");
    MemoryState.load(state, stream);
    return stream;
  }

  private static int[] block(RandomStream stream) {
    long first = stream.nextLong();
    long second = stream.nextLong();
    return new int[] {(int) first, (int) (first >>> 32), (int) second, (int) (second >>> 32)};
  }

  /// The known answers that Random123 publishes for philox4x32-10.
  @Test
  void blocksAreThoseOfPhilox() {
    assertArrayEquals(
        new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, block(at(0, 0, 0)));
    assertArrayEquals(
        new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, block(at(-1, -1, -1)));
    assertArrayEquals(
        new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
        block(at(0x299f31d0a4093822L, 0x0370734413198a2eL, 0x85a308d3243f6a88L)));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 8})
  void aLoadedStreamGoesOnInTheMiddleOfABlock(int before) {
    RandomStream stream = RandomStream.of(5, "exploration", 3);
    for (int i = 0; i < before; i++) {
      stream.nextLong();
    }
    byte[] state = MemoryState.save(stream);
    RandomStream loaded = RandomStream.of(0, "other");
    loaded.nextLong();
    MemoryState.load(state, loaded);
    for (int i = 0; i < 5; i++) {
      assertEquals(stream.nextLong(), loaded.nextLong());
    }
  }

  @Test
  void seedNameAndIndexEachGiveOtherNumbers() {
    Set<Long> firsts = new HashSet<>();
    for (long seed = 0; seed < 20; seed++) {
      for (String name : new String[] {"", "a", "b", "ab", "ba", "environment"}) {
        for (long index = 0; index < 20; index++) {
          firsts.add(RandomStream.of(seed, name, index).nextLong());
        }
      }
    }
    assertEquals(20 * 6 * 20, firsts.size());
  }

  /// Correlation of two independent uniform sequences of 20,000 numbers has deviation 0.007.
  @Test
  void streamsOfNeighbouringIndicesAreUncorrelated() {
    RandomStream a = RandomStream.of(1, "environment", 0);
    RandomStream b = RandomStream.of(1, "environment", 1);
    double sum = 0;
    int n = 20_000;
    for (int i = 0; i < n; i++) {
      sum += (a.nextDouble() - 0.5) * (b.nextDouble() - 0.5) * 12;
    }
    assertEquals(0, sum / n, 0.03);
  }

  /// With a bound of 3 * 2^29 the plain multiplication would give every third number twice as
  /// often.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 1000, 3 << 29, Integer.MAX_VALUE})
  void boundedNumbersAreUniform(int bound) {
    RandomStream stream = RandomStream.of(9, "uniform");
    int n = 30_000;
    int[] thirds = new int[3];
    double sum = 0;
    for (int i = 0; i < n; i++) {
      int value = stream.nextInt(bound);
      assertTrue(value >= 0 && value < bound);
      thirds[value % 3]++;
      sum += value;
    }
    assertEquals((bound - 1) / 2.0, sum / n, bound * 0.01);
    if (bound > 1000) {
      for (int third : thirds) {
        assertEquals(n / 3.0, third, 500);
      }
    }
  }

  @Test
  void aBoundBelowOneIsRefused() {
    assertEquals(
        "bound must be at least 1, got 0",
        assertThrows(IllegalArgumentException.class, () -> RandomStream.of(1, "x").nextInt(0))
            .getMessage());
  }

  @Test
  void floatsAndDoublesStayBelowTheirUpperEnd() {
    RandomStream stream = RandomStream.of(2, "x");
    for (int i = 0; i < 10_000; i++) {
      float single = stream.nextFloat();
      double number = stream.nextDouble(-3, 5);
      assertTrue(single >= 0 && single < 1);
      assertTrue(number >= -3 && number < 5);
    }
  }

  @Test
  void gaussiansHaveMeanZeroAndVarianceOne() {
    RandomStream stream = RandomStream.of(3, "x");
    int n = 50_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < n; i++) {
      double value = stream.nextGaussian();
      sum += value;
      squares += value * value;
    }
    assertEquals(0, sum / n, 0.02);
    assertEquals(1, squares / n, 0.03);
  }
}
