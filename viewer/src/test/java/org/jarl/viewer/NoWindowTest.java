package org.jarl.viewer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jarl.env.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/// What is said and done where windows, EGL or OpenGL 3.3 are missing.
@Timeout(120)
@EnabledOnOs(OS.LINUX)
class NoWindowTest {
  private static final Map<String, String> NO_EGL =
      Map.of("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent");

  @TempDir Path folder;

  private Child window(Map<String, String> variables, String platform) throws IOException {
    return Child.java(folder, variables, WindowProgram.class, platform, "fast", "1");
  }

  @Test
  void withoutADisplayTheMessageSaysSoAndWhatWorks() throws Exception {
    try (Child child = window(Map.of(), "auto")) {
      assertEquals(
          "failed: no window can be opened on platform auto: Failed to detect any supported"
              + " platform. A film needs no window: --headless --record demo.apng",
          child.await("failed: "));
    }
  }

  @Test
  void withoutTheDisplayVariableX11NamesIt() throws Exception {
    try (Child child = window(Map.of(), "x11")) {
      assertEquals(
          "failed: no window can be opened on platform x11: X11: The DISPLAY environment variable"
              + " is missing. A film needs no window: --headless --record demo.apng",
          child.await("failed: "));
    }
  }

  @Test
  void whereNeitherWaylandNorX11AnswersBothReasonsAreGiven() throws Exception {
    try (Child child = window(Map.of("DISPLAY", ":4321"), "wayland")) {
      String line = child.await("failed: ");
      assertTrue(line.contains("platform wayland: Wayland: "), line);
      assertTrue(line.contains("; with X11: X11: Failed to open display :4321"), line);
    }
  }

  @Test
  void anOldOpenGlIsRefusedWithWhatIsNeeded() throws Exception {
    try (Display display = Display.open(folder);
        Child child =
            window(Map.of("DISPLAY", display.name, "MESA_GL_VERSION_OVERRIDE", "2.1"), "x11")) {
      String line = child.await("failed: ");
      assertTrue(line.contains("Jarl needs OpenGL 3.3"), line);
    }
  }

  @Test
  void withoutEglAndDisplayPlainFramesAreTheSource() throws Exception {
    try (Child child = Child.java(folder, NO_EGL, Source.class)) {
      String line = child.await("320 x ");
      assertTrue(line.contains("plain frames with a caption, because OpenGL cannot"), line);
      assertTrue(line.contains("with EGL: "), line);
      assertTrue(line.contains("with a hidden window: Failed to detect any"), line);
    }
  }

  @Test
  void withoutADisplayEglDraws() throws Exception {
    try (Child child = Child.java(folder, Map.of(), Source.class)) {
      String line = child.await("");
      Display.need(line.startsWith("640 x 480 drawn out of sight by OpenGL "), line);
      assertTrue(!line.contains("hidden window"), line);
    }
  }

  @Test
  void withoutEglAHiddenWindowDraws() throws Exception {
    try (Display display = Display.open(folder)) {
      Map<String, String> variables =
          Map.of("__EGL_VENDOR_LIBRARY_DIRS", "/nonexistent", "DISPLAY", display.name);
      try (Child child = Child.java(folder, variables, Source.class)) {
        String line = child.await("640 x 480 drawn out of sight by OpenGL ");
        assertTrue(line.contains("so this is a hidden window"), line);
      }
    }
  }

  /// Prints what the best source here draws, and what it says of itself.
  static final class Source {
    private Source() {}

    public static void main(String[] args) {
      Frame frame = new Frame();
      try (FrameSource source = FrameSource.open(640, 480)) {
        source.draw(Scenes.game(6), frame);
        System.out.println(frame.width() + " x " + frame.height() + " " + source.description());
      }
    }
  }
}
