package org.jarl.experiments.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.show.Show;
import org.jarl.env.show.Spectator;
import org.jarl.env.show.Stage;
import org.jarl.experiments.base.UserErrorException;
import org.jarl.experiments.show.ShowThreads.Seat;
import org.jarl.experiments.show.Spectators;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Options of every command that shows something.
final class ShowOptions {
  @Option(
      names = "--record",
      paramLabel = "FILE",
      description = "Write a film; its ending says of which kind (.apng, .gif, .mp4, .webm).")
  private @Nullable Path film;

  @Option(
      names = "--platform",
      paramLabel = "auto|x11|wayland|null",
      defaultValue = "auto",
      description = "Window system; null draws out of sight (default: auto).")
  private Show.Platform platform = Show.Platform.AUTO;

  /// Whether a film shall be written.
  boolean records() {
    return film != null;
  }

  /// A seat for each who shall look: the window first, which sends commands.
  ///
  /// @param films how a recorder is handed its scenes
  /// @throws UserErrorException if the film has an unknown ending, or its folder is not there
  /// @throws org.jarl.experiments.base.UnavailableException if there is no such spectator
  List<Seat> seats(Spectators spectators, String title, boolean window, Stage.Handover films) {
    List<Seat> seats = new ArrayList<>();
    if (window) {
      Spectator found = spectators.window();
      seats.add(new Seat(found, new Show(title, platform, null), new Stage(Stage.Handover.LATEST)));
    }
    if (film != null) {
      Spectator recorder = spectators.recorder(film);
      Path folder = film.toAbsolutePath().getParent();
      if (folder == null || !Files.isDirectory(folder)) {
        throw new UserErrorException(
            "--record must name a file in a folder that is there, got " + film);
      }
      seats.add(new Seat(recorder, new Show(title, platform, film), new Stage(films)));
    }
    return seats;
  }
}
