package org.jarl.env.atari;

import java.util.List;

/// Something that an environment can be made of.
///
/// @param id of the environment, for example `atari/space-invaders-v5`
/// @param title for people
/// @param game whose memory layout its ROM follows
/// @param modes that can be played, the default first: a ROM that only follows a game's layout has
///   no others, and waiting for one would never end
/// @param source where its ROM is
record Playable(String id, String title, Game game, List<Integer> modes, Source source) {

  /// Where a ROM is.
  sealed interface Source {
    /// In our jar: a cartridge of this project.
    ///
    /// @param name of the cartridge
    record BuiltIn(String name) implements Source {}

    /// In the ROM folder, or still to be imported: one that ALE knows.
    record Known() implements Source {}

    /// In the ROM folder: one of the user's own.
    record Own(RomFolder.OwnRom rom) implements Source {}
  }
}
