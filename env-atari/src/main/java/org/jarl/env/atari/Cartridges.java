package org.jarl.env.atari;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jarl.env.EnvironmentUnavailableException;
import org.jarl.env.atari.Playable.Source;
import org.jarl.env.atari.RomFolder.OwnRom;
import org.jspecify.annotations.Nullable;

/// Everything that can be played, and the ROMs of it: cartridges of this project, games that ALE
/// knows, and ROMs of the user's own.
///
/// Every ROM is checked here before the emulator sees it, since the emulator ends the process over
/// a wrong one.
final class Cartridges {
  private static final String FAMILY = "atari/";

  private final RomFolder folder;

  Cartridges(RomFolder folder) {
    this.folder = folder;
  }

  /// All of them: those of this project, then the games of the table, then the user's own.
  List<Playable> all() {
    List<Playable> all = new ArrayList<>();
    all.add(builtIn("wallball", "Wall Ball", "breakout"));
    all.add(builtIn("duel", "Duel", "pong"));
    for (Game game : folder.games().all()) {
      all.add(
          new Playable(
              FAMILY + game.id() + "-v5", game.title(), game, game.modes(), new Source.Known()));
    }
    for (OwnRom rom : folder.own()) {
      all.add(
          new Playable(
              FAMILY + rom.name() + "-v5",
              rom.name(),
              rom.follows(),
              List.of(rom.follows().modes().getFirst()),
              new Source.Own(rom)));
    }
    return all;
  }

  private static Playable builtIn(String name, String title, String follows) {
    Game game = Games.ale().named(follows);
    if (game == null) {
      throw new IllegalStateException("the table lacks " + follows);
    }
    List<Integer> modes = List.of(game.modes().getFirst());
    return new Playable(FAMILY + name + "-v1", title, game, modes, new Source.BuiltIn(name));
  }

  /// What must be brought before something can be played; null when its ROM is here.
  @Nullable String missing(Playable played) {
    return switch (played.source()) {
      case Source.BuiltIn _, Source.Own _ -> null;
      case Source.Known _ ->
          folder.has(played.game())
              ? null
              : "the ROM of "
                  + played.title()
                  + " is not here: import yours with: jarl roms import DIR";
    };
  }

  /// Reads and checks a ROM.
  ///
  /// @throws EnvironmentUnavailableException if it is not there, or not the right one
  Cartridge load(Playable played) {
    String missing = missing(played);
    if (missing != null) {
      throw new EnvironmentUnavailableException(missing);
    }
    String name = played.id().substring(FAMILY.length(), played.id().lastIndexOf('-'));
    byte[] bytes =
        switch (played.source()) {
          case Source.BuiltIn(String resource) -> builtIn(resource);
          case Source.Known _ -> folder.read(played.game());
          case Source.Own(OwnRom rom) -> folder.read(rom);
        };
    return new Cartridge(name, played.game().name(), bytes);
  }

  private static byte[] builtIn(String name) {
    try (InputStream in = Cartridges.class.getResourceAsStream(name + ".bin")) {
      if (in == null) {
        throw new IllegalStateException("this build lacks the cartridge " + name + ".bin");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
