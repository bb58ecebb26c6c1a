package org.jarl.viewer;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import org.jarl.env.Frame;
import org.jarl.env.Scene;
import org.jarl.env.Show;
import org.jarl.env.Spectator;
import org.jarl.env.Stage;
import org.jspecify.annotations.Nullable;

/// Records a session as a [Film], with or without a display: every scene that it takes becomes a
/// frame, drawn by the best [FrameSource]. With [Stage.Handover#EVERY] none is left out.
public final class FilmRecorder implements Spectator {
  private static final long PATIENCE_NANOS = 100_000_000;

  private final Function<Scene, FrameSource> sources;

  /// For `ServiceLoader`.
  public FilmRecorder() {
    this(first -> FrameSource.open(Window.width(first), Window.height(first)));
  }

  /// @param sources what draws a session that begins with a scene
  FilmRecorder(Function<Scene, FrameSource> sources) {
    this.sources = sources;
  }

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

  private void record(Scene first, Stage stage, Path file) {
    if (first.frame.width() == 0) {
      throw new IllegalStateException(
          "\"" + first.title + "\" draws no picture, so there is nothing to record");
    }
    int rate = Math.clamp(Math.round(first.pace), 1, Film.MAX_RATE);
    Frame picture = new Frame();
    try (Film film = Film.create(file, new Film.Settings(rate, 1, true));
        FrameSource source = sources.apply(first)) {
      System.getLogger(FilmRecorder.class.getName())
          .log(System.Logger.Level.INFO, "the film " + file + " is " + source.description());
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
