package org.jarl.env.atari;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jarl.env.EnvironmentUnavailableException;
import org.jspecify.annotations.Nullable;

/// The folder that ROMs are imported into.
///
///     pong.bin                        the ROM of a game that ALE knows, by ALE's name
///     my-game.as.pong.<md5>.bin       one of the user's own: its name, the game whose memory
///                                     layout it follows, and the md5 that it was allowed with
///
/// Nothing but a whole ROM is ever seen under such a name, whoever imports at the same time.
final class RomFolder {
  /// Overrides the folder, as does the environment variable `JARL_ROMS`.
  static final String PROPERTY = "jarl.roms";

  static final String VARIABLE = "JARL_ROMS";

  private static final Pattern OWN =
      Pattern.compile("([a-z0-9][a-z0-9-]*)\\.as\\.([a-z0-9_]+)\\.([0-9a-f]{32})\\.bin");

  private final Path path;
  private final Games games;

  RomFolder(Path path, Games games) {
    this.path = path;
    this.games = games;
  }

  /// A ROM of the user's own.
  ///
  /// @param name in environment ids
  /// @param follows the game whose memory layout it follows
  /// @param md5 that it was allowed with
  record OwnRom(String name, Game follows, String md5, Path file) {}

  /// The user's folder; it may be missing.
  static RomFolder ofUser() {
    return new RomFolder(pathOfUser(), Games.ale());
  }

  private static Path pathOfUser() {
    String property = System.getProperty(PROPERTY);
    if (property != null && !property.isBlank()) {
      return Path.of(property);
    }
    String variable = System.getenv(VARIABLE);
    if (variable != null && !variable.isBlank()) {
      return Path.of(variable);
    }
    String data = System.getenv("XDG_DATA_HOME");
    // The specification wants paths that are not absolute to be left out.
    Path base =
        data != null && Path.of(data).isAbsolute()
            ? Path.of(data)
            : home().resolve(".local").resolve("share");
    return base.resolve("jarl").resolve("roms");
  }

  /// The user's home, or the folder of temporary files for a user of whom the system knows none:
  /// Java says `?` then, which would be a folder of that name.
  private static Path home() {
    String home = System.getProperty("user.home", "?");
    return Path.of(home.equals("?") ? System.getProperty("java.io.tmpdir") : home);
  }

  Path path() {
    return path;
  }

  /// The table that its ROMs are known by.
  Games games() {
    return games;
  }

  /// Where the ROM of a game lies, or will.
  Path file(Game game) {
    return path.resolve(game.name() + ".bin");
  }

  boolean has(Game game) {
    return Files.isRegularFile(file(game));
  }

  /// The user's own ROMs, by name; none when the folder is missing.
  List<OwnRom> own() {
    List<OwnRom> found = new ArrayList<>();
    if (!Files.isDirectory(path)) {
      return found;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path, "*.as.*.bin")) {
      for (Path file : files) {
        OwnRom rom = own(file);
        if (rom != null) {
          found.add(rom);
        }
      }
    } catch (IOException | DirectoryIteratorException _) {
      // Without rights to look there are none; importing will say so.
    }
    found.sort(Comparator.comparing(OwnRom::name).thenComparing(OwnRom::file));
    return found;
  }

  private @Nullable OwnRom own(Path file) {
    Matcher matcher = OWN.matcher(file.getFileName().toString());
    if (!matcher.matches()) {
      return null;
    }
    Game follows = games.named(matcher.group(2));
    return follows == null || taken(matcher.group(1))
        ? null
        : new OwnRom(matcher.group(1), follows, matcher.group(3), file);
  }

  /// Whether a name cannot be one of a user's own ROM, since a game has it.
  boolean taken(String name) {
    return games.named(name) != null;
  }

  /// Reads the ROM of a game.
  ///
  /// @throws EnvironmentUnavailableException if it is not there, or another
  byte[] read(Game game) {
    return read(file(game), game.md5(), "the ROM of " + game.title() + " that ALE knows");
  }

  /// Reads a ROM of the user's own.
  ///
  /// @throws EnvironmentUnavailableException if it is not there, or another than the one allowed
  byte[] read(OwnRom rom) {
    return read(rom.file(), rom.md5(), "the ROM that was imported");
  }

  private static byte[] read(Path file, String md5, String meant) {
    try {
      RomImage image = RomImage.read(file);
      if (image.md5().equals(md5)) {
        return image.bytes();
      }
      String problem = image.sizeProblem();
      throw new RefusedRomException(
          problem != null
              ? problem
              : "is not %s: its md5 is %s, must be %s".formatted(meant, image.md5(), md5));
    } catch (RefusedRomException e) {
      throw new EnvironmentUnavailableException(
          file + " " + e.getMessage() + "; import it anew with: jarl roms import PATH", e);
    }
  }

  /// Takes in the ROM of a game.
  ///
  /// @return false when it was there already
  /// @throws EnvironmentUnavailableException if the folder cannot be written
  boolean store(Game game, RomImage image) {
    return store(file(game), image);
  }

  /// Takes in a ROM of the user's own, in place of an older one of its name.
  ///
  /// @return false when it was there already
  /// @throws EnvironmentUnavailableException if the folder cannot be written
  boolean store(String name, Game follows, RomImage image) {
    Path file = path.resolve("%s.as.%s.%s.bin".formatted(name, follows.name(), image.md5()));
    for (OwnRom older : own()) {
      if (older.name().equals(name) && !older.file().equals(file)) {
        try {
          Files.delete(older.file());
        } catch (IOException e) {
          throw unwritable(e);
        }
      }
    }
    return store(file, image);
  }

  private boolean store(Path file, RomImage image) {
    try {
      if (RomImage.read(file).md5().equals(image.md5())) {
        return false;
      }
    } catch (RefusedRomException _) {
      // Not there yet, or not usable.
    }
    try {
      Files.createDirectories(path);
      Path temporary = Files.createTempFile(path, ".import", null);
      try {
        write(temporary, image.bytes());
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(temporary);
      }
      return true;
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer all = ByteBuffer.wrap(bytes);
      while (all.hasRemaining()) {
        channel.write(all);
      }
      channel.force(true);
    }
  }

  /// Fails early where nothing could be imported.
  ///
  /// @throws EnvironmentUnavailableException if the folder cannot be written
  void requireWritable() {
    try {
      Files.createDirectories(path);
      Files.delete(Files.createTempFile(path, ".import", null));
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private EnvironmentUnavailableException unwritable(IOException e) {
    return new EnvironmentUnavailableException(
        "the ROM folder %s cannot be written (%s); allow it, or name another folder with the environment variable %s"
            .formatted(path, e, VARIABLE),
        e);
  }
}
