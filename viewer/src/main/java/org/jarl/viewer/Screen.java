package org.jarl.viewer;

import static org.lwjgl.glfw.GLFW.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jarl.env.show.Show;
import org.jspecify.annotations.Nullable;
import org.lwjgl.glfw.GLFWErrorCallback;
import org.lwjgl.opengl.GL;
import org.lwjgl.opengl.GL33C;
import org.lwjgl.opengl.GLCapabilities;
import org.lwjgl.system.MemoryUtil;

/// A place for OpenGL 3.3 to draw, its context current on the thread that made it: a window, or
/// memory where nobody sees it. One at a time; on macOS on the first thread only.
final class Screen implements AutoCloseable {
  private static final String NO_NATIVES = "LWJGL's native libraries do not load here: ";
  private static final int HIDDEN_SIDE = 64;

  private final List<String> errors;
  private final GLFWErrorCallback callback;
  private final int[] first = new int[1];
  private final int[] second = new int[1];
  private final float[] scaleX = new float[1];
  private final float[] scaleY = new float[1];
  private long window;
  private String renderer = "";

  /// Why the platform that was asked for is not the one in use; empty when it is.
  private String detour = "";

  private Screen(List<String> errors) {
    this.errors = errors;
    callback =
        GLFWErrorCallback.create(
            (code, text) -> errors.add(MemoryUtil.memUTF8(text).replaceAll("\\.$", "")));
  }

  /// Opens a window that is not shown yet, see [#reveal]. Where Wayland fails and an X server is
  /// named, X11 is tried.
  ///
  /// @throws IllegalStateException if there is no window to be had, with the reasons
  static Screen window(Show.Platform platform, String title, int width, int height) {
    if (platform == Show.Platform.NULL) {
      throw new IllegalStateException("platform null has no windows, auto, x11 and wayland have");
    }
    Screen screen = create();
    String reason = screen.tryOpen(glfw(platform), false, title, width, height);
    boolean x11 = platform != Show.Platform.X11 && System.getenv("DISPLAY") != null;
    if (reason != null && x11) {
      String again = screen.tryOpen(GLFW_PLATFORM_X11, false, title, width, height);
      if (again == null) {
        screen.detour = name(platform) + " failed (" + reason + "), so this is X11";
        return screen;
      }
      reason = reason.equals(again) ? reason : reason + "; with X11: " + again;
    }
    if (reason != null) {
      screen.callback.free();
      throw new IllegalStateException(
          "no window can be opened on platform " + name(platform) + ": " + reason);
    }
    return screen;
  }

  /// Opens a place out of sight: through EGL, which needs no window system, else a hidden window.
  ///
  /// @throws IllegalStateException if neither works, with the reasons
  static Screen offscreen() {
    Screen screen = create();
    String egl = screen.tryOpen(GLFW_PLATFORM_NULL, true, "", HIDDEN_SIDE, HIDDEN_SIDE);
    if (egl == null) {
      return screen;
    }
    String hidden = screen.tryOpen(GLFW_ANY_PLATFORM, false, "", HIDDEN_SIDE, HIDDEN_SIDE);
    if (hidden == null) {
      screen.detour = "EGL failed (" + egl + "), so this is a hidden window";
      return screen;
    }
    screen.callback.free();
    throw new IllegalStateException(
        "OpenGL cannot draw out of sight: with EGL: " + egl + "; with a hidden window: " + hidden);
  }

  private static Screen create() {
    try {
      return new Screen(new ArrayList<>());
    } catch (LinkageError e) {
      throw new IllegalStateException(NO_NATIVES + cause(e), e);
    }
  }

  private static String cause(Throwable e) {
    Throwable deepest = e;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return String.valueOf(deepest.getMessage()).lines().findFirst().orElse("unknown");
  }

  private static int glfw(Show.Platform platform) {
    return switch (platform) {
      case AUTO -> GLFW_ANY_PLATFORM;
      case X11 -> GLFW_PLATFORM_X11;
      case WAYLAND -> GLFW_PLATFORM_WAYLAND;
      case NULL -> GLFW_PLATFORM_NULL;
    };
  }

  private static String name(Show.Platform platform) {
    return platform.name().toLowerCase(Locale.ROOT);
  }

  /// Tries one way.
  ///
  /// @return null if it worked, else why not
  private @Nullable String tryOpen(int platform, boolean egl, String title, int w, int h) {
    try {
      errors.clear();
      glfwSetErrorCallback(callback);
      glfwInitHint(GLFW_PLATFORM, platform);
      if (!glfwInit()) {
        return reason("GLFW does not start");
      }
      hints(egl);
      window = glfwCreateWindow(w, h, title, 0, 0);
      if (window == 0) {
        String reason = reason("no window or context was created");
        glfwTerminate();
        return reason + "; Jarl needs OpenGL 3.3 (on Linux packages libgl1-mesa-dri and libegl1)";
      }
      glfwMakeContextCurrent(window);
      GLCapabilities offers = GL.createCapabilities();
      renderer = "OpenGL " + GL33C.glGetString(GL33C.GL_VERSION) + " on " + device();
      if (!offers.OpenGL33) {
        String found = renderer;
        release();
        return "Jarl needs OpenGL 3.3, this is " + found + "; a newer driver may have it";
      }
      return null;
    } catch (LinkageError | IllegalStateException e) {
      release();
      return NO_NATIVES + cause(e);
    }
  }

  private String reason(String otherwise) {
    return errors.isEmpty() ? otherwise : String.join("; ", errors.stream().distinct().toList());
  }

  private static void hints(boolean egl) {
    glfwDefaultWindowHints();
    glfwWindowHint(GLFW_VISIBLE, GLFW_FALSE);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    if (egl) {
      glfwWindowHint(GLFW_CONTEXT_CREATION_API, GLFW_EGL_CONTEXT_API);
    }
  }

  private static String device() {
    String device = GL33C.glGetString(GL33C.GL_RENDERER);
    return device == null ? "an unknown device" : device;
  }

  /// What draws, for people.
  String renderer() {
    return renderer;
  }

  /// Whether the processor draws, so that every picture takes time from what else it does.
  boolean software() {
    String lower = renderer.toLowerCase(Locale.ROOT);
    return lower.contains("llvmpipe") || lower.contains("softpipe") || lower.contains("swrast");
  }

  /// Why this is not what was asked for; empty when it is.
  String detour() {
    return detour;
  }

  /// GLFW's handle.
  long window() {
    return window;
  }

  /// Gives the window a size in points and shows it.
  void reveal(int width, int height) {
    glfwSetWindowSizeLimits(window, 240, 180, GLFW_DONT_CARE, GLFW_DONT_CARE);
    resize(width, height);
    glfwSwapInterval(1);
    glfwShowWindow(window);
  }

  /// Gives the window a size in points.
  void resize(int width, int height) {
    float pixels = scale() / pixelsPerUnit();
    glfwSetWindowSize(window, Math.round(width * pixels), Math.round(height * pixels));
  }

  /// Pixels per unit of a window's size: more than 1 where the system counts in points.
  private float pixelsPerUnit() {
    glfwGetWindowSize(window, first, second);
    int units = first[0];
    return units == 0 ? 1 : (float) width() / units;
  }

  /// Pixels per row; 0 while the window is an icon.
  int width() {
    glfwGetFramebufferSize(window, first, second);
    return first[0];
  }

  /// Rows of pixels.
  int height() {
    glfwGetFramebufferSize(window, first, second);
    return second[0];
  }

  /// Pixels per point.
  float scale() {
    glfwGetWindowContentScale(window, scaleX, scaleY);
    return Math.max(0.5f, scaleX[0]);
  }

  private void release() {
    if (window != 0) {
      glfwMakeContextCurrent(0);
      GL.setCapabilities(null);
      glfwDestroyWindow(window);
      window = 0;
    }
    glfwTerminate();
  }

  @Override
  public void close() {
    release();
    glfwSetErrorCallback(null);
    callback.free();
  }
}
