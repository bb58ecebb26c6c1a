package org.jarl.viewer;

import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jspecify.annotations.Nullable;
import org.lwjgl.glfw.GLFW;

/// What the keys of the window do, in the order of the help.
enum Shortcut {
  /// The space bar fires while the human plays.
  PAUSE("Space, P", "pause, go on", Command.Plain.PAUSE),
  STEP(".", "one step", Command.Plain.STEP),
  SLOWER("-", "half the speed", null),
  FASTER("+", "twice the speed", null),
  RESTART("R", "this episode again", Command.Plain.RESTART),
  NEXT_SEED("N", "next seed", Command.Plain.NEXT_SEED),
  REWIND("Backspace", "back 10 seconds", Command.Plain.REWIND),
  TAKE_OVER("T", "take over, give back", Command.Plain.TAKE_OVER),
  SALIENCY("M", "what the choice looks at", Command.Plain.SALIENCY),
  SCREENSHOT("C", "screenshot as PNG", null),
  HELP("H", "these keys", null),
  QUIT("Esc", "quit", Command.Plain.QUIT);

  final String keys;
  final String meaning;
  final Command.@Nullable Plain command;

  Shortcut(String keys, String meaning, Command.@Nullable Plain command) {
    this.keys = keys;
    this.meaning = meaning;
    this.command = command;
  }

  /// Whether it does something in this session.
  boolean applies(Scene scene) {
    return switch (this) {
      case PAUSE, STEP, SLOWER, FASTER, RESTART, NEXT_SEED, REWIND -> scene.controllable;
      case TAKE_OVER -> scene.takesOver;
      case SALIENCY, SCREENSHOT, HELP, QUIT -> true;
    };
  }

  /// Whether it goes on while its key is held.
  boolean repeats() {
    return this == STEP || this == SLOWER || this == FASTER;
  }

  /// The shortcut of a key.
  ///
  /// @param key GLFW's name of the place on the keyboard
  /// @param letter what the user's keyboard has there; null for keys without a letter
  /// @return null for a key that does nothing
  static @Nullable Shortcut of(int key, @Nullable String letter) {
    Shortcut special =
        switch (key) {
          case GLFW.GLFW_KEY_SPACE -> PAUSE;
          case GLFW.GLFW_KEY_BACKSPACE -> REWIND;
          case GLFW.GLFW_KEY_ESCAPE -> QUIT;
          case GLFW.GLFW_KEY_F1 -> HELP;
          case GLFW.GLFW_KEY_KP_ADD -> FASTER;
          case GLFW.GLFW_KEY_KP_SUBTRACT -> SLOWER;
          default -> null;
        };
    if (special != null || letter == null || letter.length() != 1) {
      return special;
    }
    return switch (Character.toUpperCase(letter.charAt(0))) {
      case 'P' -> PAUSE;
      case '.' -> STEP;
      case '-' -> SLOWER;
      case '+', '=' -> FASTER;
      case 'R' -> RESTART;
      case 'N' -> NEXT_SEED;
      case 'T' -> TAKE_OVER;
      case 'M' -> SALIENCY;
      case 'C' -> SCREENSHOT;
      case 'H' -> HELP;
      default -> null;
    };
  }
}
