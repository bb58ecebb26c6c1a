package org.jarl.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ControlsTest {
  private static final Controls STICK =
      Controls.joystick(60, List.of("noop", "fire", "up", "left", "up-left-fire"));

  private static String chosen(Controls controls, Key... down) {
    Controls.Move move = controls.move(Set.of(down));
    assertNotNull(move);
    return move.name();
  }

  @Test
  void aJoystickTakesTheMoveThatUsesMostOfTheKeys() {
    assertEquals("noop", chosen(STICK));
    assertEquals("up", chosen(STICK, Key.UP));
    assertEquals("up-left-fire", chosen(STICK, Key.UP, Key.LEFT, Key.FIRE));
  }

  @Test
  void keysThatNoMoveUsesChangeNothing() {
    assertEquals("left", chosen(STICK, Key.LEFT, Key.DIGIT_5));
    assertEquals("noop", chosen(STICK, Key.DOWN));
  }

  @Test
  void ofEqualMovesTheFirstIsTaken() {
    assertEquals("fire", chosen(STICK, Key.UP, Key.FIRE));
  }

  @Test
  void aPuzzleHasNoMoveWithoutAKey() {
    Controls puzzle = Controls.puzzle(List.of("up", "left"), List.of(Key.UP, Key.LEFT));
    assertNull(puzzle.move(Set.of()));
    assertTrue(puzzle.turns());
    assertEquals(List.of("UP           up", "LEFT         left"), puzzle.help());
  }

  @Test
  void unknownChoicesGoByTheDigits() {
    Controls controls = Controls.unknown(new Space.Discrete(12));
    assertEquals("action 3", chosen(controls, Key.DIGIT_3));
    assertEquals(10, controls.moves().size());
    assertTrue(controls.fits(new Space.Discrete(12)));
    assertFalse(controls.fits(new Space.Discrete(11)));
  }

  @Test
  void unknownNumbersAreNotPlayed() {
    Controls controls = Controls.unknown(Space.Box.f32(3));
    assertEquals(List.of(), controls.moves());
    assertTrue(controls.fits(Space.Box.f32(3)));
  }

  @Test
  void aPaceMustBePositive() {
    assertEquals(
        "Controls.pace must be above 0, got 0.0",
        assertThrows(
                IllegalArgumentException.class, () -> new Controls(0, false, List.of(), List.of()))
            .getMessage());
  }
}
