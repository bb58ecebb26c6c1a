package org.jarl.env;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The game files that a family of environments needs, and that users bring themselves: the SPI
/// behind `jarl roms`, found through `ServiceLoader`.
///
/// Must be cheap to construct.
public interface RomLibrary {

  /// The folder that ROMs are imported into; it may be missing.
  Path folder();

  /// Every game that has an environment here once its ROM is there, and every ROM of the user's
  /// own.
  List<Rom> roms();

  /// Imports the ROMs that are recognised among a file, an archive, or a folder with all below it.
  /// A file that cannot be used is reported and does not stop the others.
  ///
  /// @return what was found, in the order it was looked at
  /// @throws IllegalArgumentException if the path does not exist
  /// @throws EnvironmentUnavailableException if the folder cannot be written
  List<Finding> importFrom(Path path);

  /// Imports a ROM of the user's own, one that keeps its score and lives where a known game does.
  ///
  /// @param file the ROM; its name without ending names the environment
  /// @param game name of the known game
  /// @return what became of it
  /// @throws IllegalArgumentException if the file cannot be used, its name is taken, or there is no
  ///   such game
  /// @throws EnvironmentUnavailableException if the folder cannot be written, or what must try the
  ///   ROM cannot run
  Finding importAs(Path file, String game);

  /// One game.
  ///
  /// @param environment id of its environment
  /// @param title for people
  /// @param here whether its ROM is there
  /// @param follows title of the game whose memory layout a ROM of the user's own follows; null for
  ///   others
  record Rom(String environment, String title, boolean here, @Nullable String follows) {}

  /// What became of one file.
  ///
  /// @param source the file; for one in an archive with the archive's name before it
  /// @param outcome whether it was taken
  /// @param text title of the game; else why not, to be read after the file's name
  record Finding(String source, Outcome outcome, String text) {}

  /// What became of a file.
  enum Outcome {
    /// Its ROM is there now.
    IMPORTED,
    /// Its ROM was there before.
    ALREADY_THERE,
    /// It looks like a ROM, but cannot be used.
    NOT_SUPPORTED,
    /// It lies beside ROMs and does not look like one.
    NO_ROM
  }
}
