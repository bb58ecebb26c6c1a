package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.jarl.env.Key;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.junit.jupiter.api.Test;
import org.lwjgl.glfw.GLFW;

class KeysTest {
  private final HeldKeys held = new HeldKeys();

  @Test
  void aDirectionIsHeldUntilBothOfItsKeysAreUp() {
    assertTrue(held.press(GLFW.GLFW_KEY_LEFT));
    assertFalse(held.press(GLFW.GLFW_KEY_A));
    assertFalse(held.release(GLFW.GLFW_KEY_LEFT));
    assertEquals(new Command.Hold(Set.of(Key.LEFT)), held.command());
    assertTrue(held.release(GLFW.GLFW_KEY_A));
    assertEquals(new Command.Hold(Set.of()), held.command());
  }

  @Test
  void allKeysAreUpOnceTheWindowLosesTheFocus() {
    held.press(GLFW.GLFW_KEY_W);
    held.press(GLFW.GLFW_KEY_SPACE);
    held.press(GLFW.GLFW_KEY_KP_7);
    assertEquals(new Command.Hold(Set.of(Key.UP, Key.FIRE, Key.DIGIT_7)), held.command());
    assertTrue(held.clear());
    assertFalse(held.clear());
    assertFalse(held.release(GLFW.GLFW_KEY_W));
  }

  @Test
  void keysAreFoundByWhatTheKeyboardWritesOnThem() {
    // On a French keyboard M lies where others have a semicolon.
    assertEquals(Shortcut.SALIENCY, Shortcut.of(GLFW.GLFW_KEY_SEMICOLON, "m"));
    assertEquals(Shortcut.FASTER, Shortcut.of(GLFW.GLFW_KEY_EQUAL, "="));
    assertEquals(Shortcut.FASTER, Shortcut.of(GLFW.GLFW_KEY_RIGHT_BRACKET, "+"));
    assertEquals(Shortcut.QUIT, Shortcut.of(GLFW.GLFW_KEY_ESCAPE, null));
    assertNull(Shortcut.of(GLFW.GLFW_KEY_Z, "z"));
    assertNull(Shortcut.of(GLFW.GLFW_KEY_LEFT_SHIFT, null));
  }

  @Test
  void noLetterOfPlayIsAShortcut() {
    for (String letter : new String[] {"w", "a", "s", "d", "0", "9"}) {
      assertNull(Shortcut.of(GLFW.GLFW_KEY_UNKNOWN, letter), letter);
    }
  }

  @Test
  void eachShortcutIsListedWithAKeyOfItsOwn() {
    Set<String> keys = new HashSet<>();
    for (Shortcut shortcut : Shortcut.values()) {
      assertTrue(keys.add(shortcut.keys), shortcut.keys);
    }
  }

  @Test
  void trainingCanBeWatchedButNotSteered() {
    Scene training = new Scene();
    Set<Shortcut> left = new HashSet<>();
    for (Shortcut shortcut : Shortcut.values()) {
      if (shortcut.applies(training)) {
        left.add(shortcut);
      }
    }
    assertEquals(
        Set.of(Shortcut.SALIENCY, Shortcut.SCREENSHOT, Shortcut.HELP, Shortcut.QUIT), left);
  }
}
