package org.jarl.viewer;

import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.lwjgl.glfw.GLFW;

/// The window system to draw on, as the option `--platform` names it.
public enum Platform {
  /// Whatever the machine offers, found by GLFW.
  AUTO(GLFW.GLFW_ANY_PLATFORM),
  /// X11, also inside a Wayland session that offers XWayland.
  X11(GLFW.GLFW_PLATFORM_X11),
  /// Wayland.
  WAYLAND(GLFW.GLFW_PLATFORM_WAYLAND),
  /// No window: the same picture is drawn into memory.
  NULL(GLFW.GLFW_PLATFORM_NULL);

  private final int glfw;

  Platform(int glfw) {
    this.glfw = glfw;
  }

  int glfw() {
    return glfw;
  }

  /// The platform with this name, in small letters.
  ///
  /// @throws IllegalArgumentException if there is none
  public static Platform named(String name) {
    for (Platform platform : values()) {
      if (platform.toString().equals(name)) {
        return platform;
      }
    }
    String all = Stream.of(values()).map(Platform::toString).collect(Collectors.joining(", "));
    throw new IllegalArgumentException("platform must be one of " + all + ", got " + name);
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
