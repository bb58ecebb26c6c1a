package org.jarl.viewer;

import java.util.Set;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jspecify.annotations.Nullable;

/// The window: the picture, the agent's thoughts beside it, and keys to steer with.
///
/// It draws the newest scene at most 60 times a second and leaves out what came in between; where
/// the processor has to draw, at most a quarter of the time goes into it. On macOS it must be
/// attended on the first thread of the process.
public final class Window implements Spectator {
  private static final long FIRST_SCENE_NANOS = 2_000_000_000L;
  private static final float LARGEST_WIDTH = 760;
  private static final float LARGEST_HEIGHT = 640;
  private static final int LEAST_ROOM = 600;
  private static final int MARGINS = 24;

  /// A window that is not open yet; no native library is touched.
  public Window() {}

  @Override
  public String name() {
    return "window";
  }

  @Override
  public Set<String> endings() {
    return Set.of();
  }

  /// Shows the stage in a window.
  ///
  /// @throws IllegalStateException if no window can be opened, saying why and what to do
  @Override
  public void attend(Stage stage, Show show) {
    try (Screen screen = open(show);
        WindowLoop loop = new WindowLoop(screen, stage)) {
      Scene first = stage.take(FIRST_SCENE_NANOS);
      screen.reveal(width(first), height(first));
      loop.run(first);
    } finally {
      stage.leave();
    }
  }

  private static Screen open(Show show) {
    try {
      return Screen.window(show.platform(), show.title(), LEAST_ROOM, LEAST_ROOM);
    } catch (IllegalStateException e) {
      throw new IllegalStateException(
          e.getMessage() + ". A film needs no window: --headless --record demo.apng", e);
    }
  }

  /// Whole steps of a small picture that fit a usual display; 1 for a large one.
  private static int steps(@Nullable Scene scene) {
    if (scene == null || scene.frame.width() == 0) {
      return 1;
    }
    float fits =
        Math.min(LARGEST_WIDTH / scene.frame.width(), LARGEST_HEIGHT / scene.frame.height());
    return Math.max(1, (int) fits);
  }

  /// Points of a window that suits a scene.
  static int width(@Nullable Scene scene) {
    int picture = scene == null ? 0 : scene.frame.width() * steps(scene);
    return Layout.windowWidth(room(picture));
  }

  /// The same downwards.
  static int height(@Nullable Scene scene) {
    int picture = scene == null ? 0 : scene.frame.height() * steps(scene);
    return room(picture);
  }

  /// A size that leaves room for the picture and is neither tiny nor huge.
  private static int room(int picture) {
    return Math.clamp((long) picture + MARGINS, LEAST_ROOM, 2 * LEAST_ROOM);
  }
}
