package org.jarl.viewer;

import static org.lwjgl.glfw.GLFW.*;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jarl.env.Key;
import org.jarl.env.show.Command;
import org.jspecify.annotations.Nullable;

/// Which keys of play are down. Two keys may mean the same, such as W and the arrow: it is held
/// until both are up.
final class HeldKeys {
  private static final List<Key> DIGITS = List.copyOf(EnumSet.range(Key.DIGIT_0, Key.DIGIT_9));

  private final Set<Integer> down = new HashSet<>();
  private Set<Key> held = EnumSet.noneOf(Key.class);

  /// Whether a key of the keyboard is one of play.
  static boolean isPlay(int key) {
    return of(key) != null;
  }

  private static @Nullable Key of(int key) {
    if (key >= GLFW_KEY_0 && key <= GLFW_KEY_9) {
      return DIGITS.get(key - GLFW_KEY_0);
    }
    if (key >= GLFW_KEY_KP_0 && key <= GLFW_KEY_KP_9) {
      return DIGITS.get(key - GLFW_KEY_KP_0);
    }
    return switch (key) {
      case GLFW_KEY_UP, GLFW_KEY_W -> Key.UP;
      case GLFW_KEY_DOWN, GLFW_KEY_S -> Key.DOWN;
      case GLFW_KEY_LEFT, GLFW_KEY_A -> Key.LEFT;
      case GLFW_KEY_RIGHT, GLFW_KEY_D -> Key.RIGHT;
      case GLFW_KEY_SPACE -> Key.FIRE;
      default -> null;
    };
  }

  /// Notes that a key went down.
  ///
  /// @return whether that changed what is held
  boolean press(int key) {
    return down.add(key) && changed();
  }

  /// Notes that a key went up.
  ///
  /// @return whether that changed what is held
  boolean release(int key) {
    return down.remove(key) && changed();
  }

  /// Lets go of all keys.
  ///
  /// @return whether that changed what is held
  boolean clear() {
    down.clear();
    return changed();
  }

  private boolean changed() {
    Set<Key> now = EnumSet.noneOf(Key.class);
    for (int key : down) {
      Key play = of(key);
      if (play != null) {
        now.add(play);
      }
    }
    boolean changed = !now.equals(held);
    held = now;
    return changed;
  }

  /// Tells the session what is held.
  Command command() {
    return new Command.Hold(held);
  }
}
