package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.jarl.env.Space.Box;
import org.jarl.env.Space.Discrete;
import org.jarl.env.Space.ElementType;
import org.jarl.env.Space.MultiDiscrete;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class SpaceTest {
  private static void assertRefused(String message, Executable call) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
  }

  @Test
  void sizesAreNumbersPerElement() {
    assertEquals(1, new Discrete(7).size());
    assertEquals(2, new MultiDiscrete(List.of(3, 4)).size());
    assertEquals(84 * 84 * 4, Box.u8(84, 84, 4).size());
    assertEquals(24, Box.f32(2, 3).bytes());
    assertEquals(6, Box.u8(2, 3).bytes());
  }

  @Test
  void oneBoundHoldsForAllElements() {
    Box box = Box.bounded(-1f, 2f, 3);
    assertEquals(-1, box.low(2));
    assertEquals(2, box.high(0));
    Box own = Box.bounded(new float[] {0, 1}, new float[] {5, 6});
    assertEquals(1, own.low(1));
    assertEquals(6, own.high(1));
  }

  @Test
  void impossibleSpacesAreRefused() {
    assertRefused("Discrete.n must be at least 1, got 0", () -> new Discrete(0));
    assertRefused(
        "MultiDiscrete.sizes must hold at least one number, each at least 1, got [2, 0]",
        () -> new MultiDiscrete(List.of(2, 0)));
    assertRefused(
        "Box.shape must hold at least one number, each at least 1, got []", () -> Box.f32());
    assertRefused(
        "Box.low must hold 1 or 3 values, got 2",
        () -> new Box(List.of(3), ElementType.F32, List.of(0f, 1f), List.of(2f)));
    assertRefused(
        "Box.low must not be above Box.high, got 3.0 and 2.0 at element 1",
        () -> Box.bounded(new float[] {0, 3}, new float[] {1, 2}));
    assertRefused(
        "Box.low must not be above Box.high, got NaN and 1.0 at element 0",
        () -> Box.bounded(Float.NaN, 1, 1));
  }

  @Test
  void aMaskNeedsDiscreteActions() {
    assertRefused(
        "EnvironmentSpec.masksActions needs a Discrete action space, got "
            + "MultiDiscrete[sizes=[2, 2]]",
        () -> EnvironmentSpec.of(Box.f32(1), new MultiDiscrete(List.of(2, 2))).withActionMask());
    assertRefused(
        "EnvironmentSpec.timeLimit must be 0 (none) or more, got -1",
        () -> EnvironmentSpec.of(Box.f32(1), new Discrete(2)).withTimeLimit(-1));
  }

  @Test
  void theMaskIsAsLongAsThereAreChoices() {
    EnvironmentSpec spec = EnvironmentSpec.of(Box.f32(1), new Discrete(5));
    assertEquals(0, spec.maskSize());
    assertEquals(5, spec.withActionMask().maskSize());
  }
}
