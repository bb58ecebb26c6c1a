package org.jarl.experiments.show;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeSet;
import org.jarl.env.show.Spectator;
import org.jarl.experiments.base.UnavailableException;
import org.jarl.experiments.base.UserErrorException;

/// Those who can look at a session here: windows and recorders.
///
/// @param all in the order found
public record Spectators(List<Spectator> all) {
  public Spectators {
    all = List.copyOf(all);
  }

  /// Looks through the class path.
  ///
  /// @throws UnavailableException if one of them cannot be loaded
  public static Spectators discover() {
    List<Spectator> found = new ArrayList<>();
    try {
      ServiceLoader.load(Spectator.class).forEach(found::add);
    } catch (ServiceConfigurationError e) {
      throw new UnavailableException("a spectator cannot be loaded: " + e.getMessage(), e);
    }
    return new Spectators(found);
  }

  /// The window.
  ///
  /// @throws UnavailableException if there is none
  public Spectator window() {
    return all.stream()
        .filter(spectator -> spectator.endings().isEmpty())
        .findFirst()
        .orElseThrow(() ->
            new UnavailableException(
                "there is no window on the class path: add the jar of Jarl's viewer, or start"
                    + " through the launcher, which does"));
  }

  /// The recorder of a film.
  ///
  /// @throws UserErrorException if the name ends in what none of them writes
  /// @throws UnavailableException if there is no recorder
  public Spectator recorder(Path film) {
    TreeSet<String> known = new TreeSet<>();
    String ending = ending(film);
    for (Spectator spectator : all) {
      if (spectator.endings().contains(ending)) {
        return spectator;
      }
      known.addAll(spectator.endings());
    }
    if (known.isEmpty()) {
      throw new UnavailableException(
          "there is no recorder on the class path: add the jar of Jarl's viewer, or start through"
              + " the launcher, which does");
    }
    throw new UserErrorException(
        "--record must end in one of "
            + String.join(", ", known.stream().map(e -> "." + e).toList())
            + ", got "
            + film);
  }

  private static String ending(Path film) {
    String name = String.valueOf(film.getFileName());
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
