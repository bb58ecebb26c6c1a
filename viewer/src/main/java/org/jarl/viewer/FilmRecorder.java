package org.jarl.viewer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jarl.env.Scene;
import org.jarl.env.Show;
import org.jarl.env.Spectator;
import org.jarl.env.Stage;
import org.jspecify.annotations.Nullable;

/// Records a session as a [Film] without a graphics driver: every scene that it takes becomes a
/// frame, as [PlainPicture] draws it. With [Stage.Handover#EVERY] none is left out.
public final class FilmRecorder implements Spectator {
  private static final long PATIENCE_NANOS = 100_000_000;

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
        record(first, stage, file);
      }
    } finally {
      stage.leave();
    }
  }

  private static void record(Scene first, Stage stage, Path file) {
    if (first.frame.width() == 0) {
      throw new IllegalStateException(
          "\"" + first.title + "\" draws no picture, so that there is nothing to record");
    }
    int rate = Math.clamp(Math.round(first.pace), 1, Film.MAX_RATE);
    PlainPicture picture = new PlainPicture();
    try (Film film = Film.create(file, new Film.Settings(rate, 1, true))) {
      for (Scene scene = first; scene != null; scene = next(stage)) {
        if (scene.frame.width() > 0) {
          film.add(picture.draw(scene));
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
