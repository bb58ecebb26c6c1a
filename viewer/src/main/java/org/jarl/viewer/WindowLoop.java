package org.jarl.viewer;

import static org.lwjgl.glfw.GLFW.*;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jarl.env.Frame;
import org.jarl.env.picture.Png;
import org.jarl.env.show.Command;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Stage;
import org.jspecify.annotations.Nullable;
import org.lwjgl.glfw.Callbacks;

/// Takes scenes, draws them, and sends what the keys say, until the show or the window ends.
final class WindowLoop implements AutoCloseable {
  private static final long PERIOD_NANOS = 1_000_000_000L / 60;
  private static final long NOTICE_NANOS = 4_000_000_000L;
  private static final int SOFTWARE_SHARE = 4;

  private static final int MOST_SCREENSHOTS = 10_000;

  private final Screen screen;
  private final Stage stage;
  private final Painter painter = new Painter();
  private final HeldKeys held = new HeldKeys();
  private final Frame shot = new Frame();
  private Scene scene = new Scene();
  private boolean help;

  /// Whether the window had the chance to take the size of its picture; it is the user's then.
  private boolean fitted;

  private boolean dirty = true;
  private String notice = "";
  private long noticeEnd;

  /// Listens to the window's keys from now on.
  WindowLoop(Screen screen, Stage stage) {
    this.screen = screen;
    this.stage = stage;
    long window = screen.window();
    glfwSetKeyCallback(window, (_, key, scancode, action, _) -> key(key, scancode, action));
    glfwSetWindowFocusCallback(
        window,
        (_, focused) -> {
          if (!focused && held.clear()) {
            stage.send(held.command());
          }
        });
    glfwSetFramebufferSizeCallback(window, (_, _, _) -> dirty = true);
    // While a border is dragged some systems call nothing but this.
    glfwSetWindowRefreshCallback(window, _ -> paint());
    if (!screen.detour().isEmpty()) {
      say(screen.detour());
    }
  }

  void run(@Nullable Scene first) {
    if (first != null) {
      scene = first;
      fitted = scene.frame.width() > 0;
    }
    long window = screen.window();
    long next = System.nanoTime();
    while (!glfwWindowShouldClose(window)) {
      look();
      long now = System.nanoTime();
      if (dirty && now - next >= 0) {
        paint();
        long end = System.nanoTime();
        next = now + Math.max(PERIOD_NANOS, screen.software() ? SOFTWARE_SHARE * (end - now) : 0);
      }
      if (stage.over() && !dirty) {
        return;
      }
      glfwWaitEventsTimeout(Math.max(1e-3, (next - System.nanoTime()) * 1e-9));
    }
    stage.send(Command.Plain.QUIT);
  }

  private void look() {
    Scene newest = stage.take();
    if (newest != null) {
      scene = newest;
      dirty = true;
      if (!fitted && scene.frame.width() > 0) {
        fitted = true;
        screen.resize(Window.width(scene), Window.height(scene));
      }
    }
    if (!notice.isEmpty() && System.nanoTime() - noticeEnd > 0) {
      notice = "";
      dirty = true;
    }
  }

  private void paint() {
    int width = screen.width();
    int height = screen.height();
    dirty = false;
    if (width == 0 || height == 0) {
      return; // an icon
    }
    String words = notice.isEmpty() ? scene.notice : notice;
    painter.paint(scene, width, height, screen.scale(), help, words);
    painter.show();
    glfwSwapBuffers(screen.window());
  }

  private void key(int key, int scancode, int action) {
    if (action == GLFW_RELEASE) {
      if (held.release(key)) {
        stage.send(held.command());
      }
      return;
    }
    boolean human = scene.player == Scene.Player.HUMAN;
    Shortcut shortcut = Shortcut.of(key, glfwGetKeyName(key, scancode));
    if (HeldKeys.isPlay(key) && (human || shortcut == null)) {
      if (held.press(key)) {
        stage.send(held.command());
      }
    } else if (shortcut != null && (action == GLFW_PRESS || shortcut.repeats())) {
      perform(shortcut);
    }
  }

  private void perform(Shortcut shortcut) {
    switch (shortcut) {
      case HELP -> help = !help;
      case SCREENSHOT -> screenshot();
      case FASTER -> stage.send(new Command.Speed(scene.speed * 2));
      case SLOWER -> stage.send(new Command.Speed(scene.speed / 2));
      case QUIT -> {
        if (help) {
          help = false;
        } else {
          glfwSetWindowShouldClose(screen.window(), true);
        }
      }
      case PAUSE, STEP, RESTART, NEXT_SEED, REWIND, TAKE_OVER, SALIENCY -> {
        if (shortcut.applies(scene) && shortcut.command != null) {
          stage.send(shortcut.command);
        }
      }
    }
    dirty = true;
  }

  private void screenshot() {
    try {
      Path file = newFile();
      painter.read(shot);
      Png.write(file, shot);
      say("saved " + file);
    } catch (IOException e) {
      say("no screenshot: " + e.getMessage());
    }
  }

  /// A name that is free in the working folder.
  private static Path newFile() throws IOException {
    for (int i = 1; i < MOST_SCREENSHOTS; i++) {
      Path file = Path.of("jarl-" + i + ".png");
      if (!Files.exists(file)) {
        return file;
      }
    }
    throw new IOException("the folder is full of screenshots");
  }

  private void say(String words) {
    notice = words;
    noticeEnd = System.nanoTime() + NOTICE_NANOS;
    dirty = true;
  }

  @Override
  public void close() {
    painter.close();
    Callbacks.glfwFreeCallbacks(screen.window());
  }
}
