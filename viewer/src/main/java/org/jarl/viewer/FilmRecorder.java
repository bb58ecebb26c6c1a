package org.jarl.viewer;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jarl.env.Frame;
import org.jarl.env.show.Scene;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jspecify.annotations.Nullable;

/// Records a session as a [Film]: every scene that it takes becomes a frame, drawn without a
/// graphics driver; on [Show.Platform#NULL] as a window would show it, if that can be done out of
/// sight. With [Stage.Handover#EVERY] none is left out.
public final class FilmRecorder implements Spectator {
  private static final long PATIENCE_NANOS = 100_000_000;

  /// Size of a film of the window; even, as some players want it.
  private static final int WIDTH = 910;

  private static final int HEIGHT = 654;

  /// For `ServiceLoader`.
  public FilmRecorder() {}

  @Override
  public String name() {
    return "film";
  }

  @Override
  public Set<String> endings() {
    return Collections.unmodifiableSet(
        new LinkedHashSet<>(Arrays.asList("apng", "png", "gif", "mp4", "webm")));
  }

  /// {@inheritDoc}
  ///
  /// @throws IllegalArgumentException if the show names no film, or one of another ending
  @Override
  public void attend(Stage stage, Show show) {
    try {
      Path file = show.film();
      if (file == null) {
        throw new IllegalArgumentException("a film needs the name of a file: Show.film is null");
      }
      Film.check(file);
      Scene first = next(stage);
      if (first != null) {
        record(first, stage, file, show.platform() == Show.Platform.NULL);
      }
    } finally {
      stage.leave();
    }
  }

  private static void record(Scene first, Stage stage, Path file, boolean asWindow) {
    if (first.frame.width() == 0) {
      throw new IllegalStateException(
          "\"" + first.title + "\" draws no picture, so that there is nothing to record");
    }
    int rate = Math.clamp(Math.round(first.pace), 1, Film.MAX_RATE);
    Frame picture = new Frame();
    try (FrameSource source = asWindow ? FrameSource.open(WIDTH, HEIGHT) : FrameSource.plain();
        Film film = Film.create(file, new Film.Settings(rate, 1, true))) {
      System.getLogger(FilmRecorder.class.getName())
          .log(asWindow ? Level.INFO : Level.DEBUG, file + ": " + source.description());
      for (Scene scene = first; scene != null; scene = next(stage)) {
        if (scene.frame.width() > 0) {
          source.draw(scene, picture);
          film.add(picture);
        }
      }
    }
  }

  /// @return null when the show is over, or the thread is interrupted
  private static @Nullable Scene next(Stage stage) {
    while (!stage.over() && !Thread.currentThread().isInterrupted()) {
      Scene scene = stage.take(PATIENCE_NANOS);
      if (scene != null) {
        return scene;
      }
    }
    return null;
  }
}
